"""What the paths that git is given leave out, and files that git lists and another program deletes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from caro_shell.safety.arguments import split
from caro_shell.safety.call import UNKNOWN, Call, Word
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

LOST = "uncommitted changes are lost"
_ALL = frozenset(". ./ / * /* ./* .. ../ ** **/* :(top) -A --all *.* ./** !".split())
_FILE = re.compile(
    r"(?:.*/)?[\w.-]*[A-Za-z_-]\.[a-z]{1,5}|.*/|.*[*?].*|(?:\./|\.\./).+|Makefile|Dockerfile|README|LICENSE"
)
_FILTERS = ("grep", "egrep", "fgrep", "rg", "head", "tail", "fzf", "comm")


def every(text: str) -> bool:
    """Say whether the path `text` of git, with its magic (`:/`, `:(top)x`, `:!x`), leaves (nearly) nothing out."""
    bare = re.sub(r"^:(?:\([\w,:=]*\)|/)?", "", text)
    return (
        text in _ALL
        or (text.startswith(":") and (bare in _ALL or not bare))
        or bool(re.match(r":(?:!|\^|\(exclude\))", text))
    )


def every_file(words: Sequence[Word]) -> bool:
    """Say whether one of the paths `words` leaves nothing out, as far as is known."""
    return any(every(word.text) or UNKNOWN in word.text for word in words)


def names_files(text: str) -> bool:
    """Say whether `text` is rather a path than a branch."""
    return every(text) or bool(_FILE.fullmatch(text))


def all_changed(call: Call, paths: Sequence[Word]) -> bool:
    """Say whether `paths` are what git lists as changed, all of it."""
    return any(word.some for word in paths) and _listed(call) in ("diff", "status", "-m")


def _listed(call: Call) -> str:
    """Return what of git's lists `call` is given, unfiltered: a subcommand, or the option of `ls-files`; else ""."""
    made = [one for word in call.words for one in word.made_by] or list(call.stdin.calls)
    if any(map(_picks, made)):
        return ""
    for one in made:
        if one.program != "git":
            continue
        found = split(one.words, "-C -c --git-dir -x -X --exclude --exclude-from --format", whole=False)
        verb, *paths = [word.text for word in found.operands] or [""]
        if verb == "ls-files" and not paths and not found.has("-i", "--ignored", "-d", "--deleted"):
            return "-o" if found.has("-o", "--others") else "-m" if found.has("-m", "--modified") else "-c"
        if (
            verb in ("diff", "status")
            and {*paths} <= {"HEAD", "@"}
            and not any("diff-filter" in option for option in found.options)
        ):
            return verb
    return ""


def _picks(call: Call) -> bool:
    """Say whether `call` lets only some files through; the mark of those that git does not know picks none."""
    words = " ".join(call.texts)
    return (
        call.program in _FILTERS or (call.program == "awk" and "/" in words)
    ) and "??" not in words.replace("\\", "")


def _repositories(call: Call, home: str) -> Iterator[Reason]:
    """`find . -name .git -exec rm -rf {} +`."""
    del home
    if _finds_repositories(call) and re.search(
        r" -(?:exec|execdir|ok|okdir) (?:sudo )?rm | -delete\b", " ".join(call.texts)
    ):
        yield said(Level.DANGER, "deletes repositories with all of their history", call)


def _finds_repositories(call: Call) -> bool:
    words = " ".join(call.texts)
    found = re.search(r"(?<!-not )(?<!! )-(?:name|path|wholename) (?:\*/)?\.git(?: (?!.* -o )|$)", words)
    return call.program in ("find", "gfind") and bool(found)


def _deleted(call: Call, home: str) -> Iterator[Reason]:
    """`git ls-files -o | xargs rm`: as `git clean` would, or worse."""
    del home
    if call.program in ("rm", "unlink", "shred", "srm") and any(
        word.some or word.made_by for word in call.words
    ):
        if any(map(_finds_repositories, call.stdin.calls)) and not any(map(_picks, call.stdin.calls)):
            yield said(Level.DANGER, "deletes repositories with all of their history", call)
        listed = _listed(call)
        if listed == "-o":
            yield said(Level.DANGER, "deletes files that git does not keep: they are not recoverable", call)
        elif listed:
            yield said(Level.DANGER, f"deletes every file that git lists: {LOST}", call)


def taken_back(call: Call, home: str) -> Iterator[Reason]:
    """`git diff | patch -R`: the changes are taken back, and are nowhere else."""
    del home
    if split(call.words, "-p -i -d").has("-R", "--reverse") and _listed(call) == "diff":
        yield said(Level.DANGER, f"takes every change back: {LOST}", call)


RULES = {
    **dict.fromkeys(("rm", "unlink", "shred", "srm"), _deleted),
    "find": _repositories,
    "patch": taken_back,
}
