"""Git's history: branches, tags and commits that would be gone or different."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.gitremotes import REMOTES
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_SHARED = re.compile(
    r"(?:.*/)?(?:main|master|trunk|develop|development|dev|production|prod|staging|release|stable)"
)
_NOW = re.compile(r"(?:now|all|0|0\.seconds?(?:\.ago)?)")


def _branch(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-u --set-upstream-to --contains --merged --no-merged --sort --format --points-at")
    force = "--force" in found.options or found.has("-f")
    if found.has("-r", "--remotes"):
        return
    if found.has("-D") or (found.has("-d", "--delete") and force):
        wide = len(found.operands) > 3 or any(
            not word.known or word.glob or word.made_by for word in found.operands
        )
        shared = any(_SHARED.fullmatch(word.text) for word in found.operands)
        level = Level.DANGER if wide or shared else Level.CAUTION
        yield said(level, "deletes branches, even with commits that are nowhere else", call)
    elif found.has("-M", "-C") or (force and found.operands):
        yield said(Level.CAUTION, "writes over a branch, if there is one of that name", call)


def _tag(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-m -F -u --message --file --local-user --sort --contains --points-at")
    if found.has("-d", "--delete"):
        wide = any(not word.known or word.made_by for word in found.operands)
        yield said(Level.DANGER if wide else Level.CAUTION, "deletes tags", call)
    elif found.has("-f", "--force"):
        yield said(Level.CAUTION, "moves a tag away from its commit", call)


def _reflog(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "--expire --expire-unreachable", ends=False)
    verb = found.operands[0].text if found.operands else ""
    if found.has("-n", "--dry-run"):
        return
    if verb == "expire":
        times = [word.text for name, word in found.values.items() if name.startswith("--expire")]
        wide = found.has("--all") or any(map(_NOW.fullmatch, times))
        yield said(
            Level.DANGER if wide else Level.CAUTION,
            "forgets where branches have been: lost commits cannot be found again",
            call,
        )
    elif verb in ("delete", "drop"):
        yield said(Level.CAUTION, "forgets where a branch has been", call)


def _gc(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words)
    given = found.values.get("--prune") or found.values.get("--expire")
    if (given and _NOW.fullmatch(given.text)) or (
        "-c" in call.texts
        and re.search(r"gc\.\S*(?:expire|prune)\S*=\W*(?:now|0|all)\b", " ".join(call.texts), re.IGNORECASE)
    ):
        yield said(Level.DANGER, "deletes commits that no branch leads to, not recoverable", call)


def _prune(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "--expire")
    if not found.has("-n", "--dry-run"):
        given = found.values.get("--expire")
        level = Level.DANGER if given and _NOW.fullmatch(given.text) else Level.CAUTION
        yield said(level, "deletes commits that no branch leads to, not recoverable", call)


def _rewritten(call: Call, words: list[Word]) -> Iterator[Reason]:
    if not split(words).has("--analyze", "--dry-run", "--version"):
        yield said(Level.DANGER, "rewrites the whole history", call)


def _reference(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-m")
    if found.has("-d", "--delete", "--stdin"):
        yield said(Level.DANGER, "deletes references: commits may not be found again", call)
    elif found.operands:
        yield said(Level.CAUTION, "moves a branch without asking", call)


def _rebase(call: Call, words: list[Word]) -> Iterator[Reason]:
    if split(words, "-x --exec -s -X --onto").has("--root"):
        yield said(Level.CAUTION, "rewrites every commit of the branch", call)


def _config(call: Call, words: list[Word]) -> Iterator[Reason]:
    text = " ".join(word.text for word in words)
    if re.search(r"alias\.\S+ !.*(?:\brm -\w*r|\bdd |(?:curl|wget) .*\|)", text):
        yield said(Level.CAUTION, "makes an alias of something that destroys", call)
    elif re.search(r"clean\.requireforce (?:false|no|off|0)", text, re.IGNORECASE):
        yield said(Level.CAUTION, "lets git delete files without being asked twice", call)
    elif re.search(r"core\.hookspath (?:/tmp|/var/tmp|/dev/shm|//)", text, re.IGNORECASE):
        yield said(Level.CAUTION, "runs whatever hooks are in another directory", call)
    elif re.search(r"http\.\S*sslverify (?:false|0)", text, re.IGNORECASE):
        yield said(Level.CAUTION, "no longer checks whom git speaks to", call)
    elif "safe.directory *" in text:
        yield said(Level.CAUTION, "trusts the repositories of everybody on this machine", call)


def _imported(call: Call, words: list[Word]) -> Iterator[Reason]:
    if split(words).has("--force"):
        yield said(Level.DANGER, "writes over branches: their commits may be lost", call)


def _symbolic(call: Call, words: list[Word]) -> Iterator[Reason]:
    if split(words, "-m").has("-d", "--delete"):
        yield said(Level.CAUTION, "deletes the name of a branch", call)


def _searched(call: Call, words: list[Word]) -> Iterator[Reason]:
    """`git grep -O'rm -f' x`: a program that is given the files that match."""
    for word in words:
        opens = re.match(r"(?:-O|--open-files-in-pager=)\W*(?:sudo )?(?:\S*/)?([\w-]+)", word.text)
        if opens and opens[1] in ("rm", "shred", "unlink", "truncate", "srm"):
            yield said(Level.DANGER, "deletes every file in which something is found", call)
        elif opens and opens[1] in ("sh", "bash", "zsh", "dash", "eval", "xargs", "env", "perl", "sed"):
            yield said(Level.UNKNOWN, "runs a command on the files in which something is found", call)


def _emptied(call: Call, words: list[Word]) -> Iterator[Reason]:
    del words
    yield said(Level.DANGER, "throws away work that is nowhere else", call)


#: What is said of each subcommand that is about history.
HISTORY = {
    "branch": _branch, "tag": _tag, "reflog": _reflog, "gc": _gc, "prune": _prune, "filter-branch": _rewritten, "filter-repo": _rewritten,
    "update-ref": _reference, "rebase": _rebase, "config": _config, "obliterate": _emptied, "clear": _emptied, "clear-soft": _emptied,
    "force-clone": _emptied, "fast-import": _imported, "symbolic-ref": _symbolic, "grep": _searched, **REMOTES,
}  # fmt: skip
