"""Git: uncommitted work thrown away, and history that others build on rewritten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import Arguments, split
from caro_shell.safety.call import UNKNOWN, Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.githistory import HISTORY
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

#: Git's own options with a value, which stand before the subcommand.
_VALUED = frozenset(
    "-C -c --git-dir --work-tree --namespace --super-prefix --config-env --attr-source --exec-path".split()
)
_ALL = frozenset(". ./ :/ * :/* ./* .. ../ ** :(top) -A --all *.* ./** :!".split())
_FILE = re.compile(
    r"(?:.*/)?[\w.-]*[A-Za-z_-]\.[a-z]{1,5}|.*/|.*[*?].*|(?:\./|\.\./).+|Makefile|Dockerfile|README|LICENSE"
)
_LOST = "uncommitted changes are lost"


def _git(call: Call, home: str) -> Iterator[Reason]:
    settings, words = _after_options(call.words)
    if not words or any(word.text in ("--help", "-h") for word in words):
        return
    verb, *rest = words
    aliases = {key[6:]: value for key, value in settings.items() if key.startswith("alias.")}
    name = verb.text
    if name in aliases:
        if aliases[name].startswith("!"):
            yield said(Level.UNKNOWN, "runs a command that an alias of git hides", call)
            return
        name, *more = aliases[name].split() or [""]
        rest = [*(Word(text, verb.start, verb.end) for text in more), *rest]
    yield from _settings(call, settings)
    if name == "clean":
        yield from _clean(call, home, rest, {**settings})
    elif name in _WORK:
        yield from _WORK[name](call, rest)
    elif name in HISTORY:
        yield from HISTORY[name](call, rest)
    elif name == "submodule":
        yield from _submodule(call, home, rest)


def _after_options(words: tuple[Word, ...]) -> tuple[dict[str, str], list[Word]]:
    """Return the settings that `-c` makes, and the words from the subcommand on."""
    settings: dict[str, str] = {}
    rest = list(words)
    while rest and rest[0].text.startswith("-"):
        option = rest.pop(0).text
        value = rest.pop(0).text if option in _VALUED and rest else ""
        if option == "-c":
            key, _, setting = value.partition("=")
            settings[key.lower() if not key.startswith("alias.") else key] = setting
    return settings, rest


def _settings(call: Call, settings: dict[str, str]) -> Iterator[Reason]:
    """Settings that name a program: it runs, whatever the subcommand."""
    for key, value in settings.items():
        runs = key.endswith(
            (
                "pager",
                "editor",
                "sshcommand",
                "fsmonitor",
                "external",
                "helper",
                "textconv",
                "askpass",
                "proxy",
            )
        )
        runs = runs or key.startswith("pager.")
        if runs and re.search(r"(?:^|[\s;&|!/])(?:rm|sh|bash|curl|wget|nc|dd|python3?|perl|eval)\s", value):
            yield said(Level.UNKNOWN, f"runs a command that the setting {key} hides", call)
        elif key == "core.hookspath":
            yield said(Level.UNKNOWN, "runs whatever hooks are in another directory", call)
        elif key == "http.sslverify" and value in ("false", "0", "no"):
            yield said(Level.CAUTION, "does not check whom it speaks to", call)


def _everything(words: tuple[Word, ...]) -> bool:
    return any(word.text in _ALL or UNKNOWN in word.text for word in words)


def _reset(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words)
    if found.has("--hard"):
        yield said(Level.DANGER, f"throws away all changes since the last commit: {_LOST}", call)
    elif found.has("--merge"):
        yield said(Level.DANGER, f"throws away what is staged: {_LOST}", call)
    elif found.has("--keep"):
        yield said(Level.CAUTION, "moves the branch and the files to another commit", call)


def _clean(call: Call, home: str, words: list[Word], settings: dict[str, str]) -> Iterator[Reason]:
    found = split(words, "-e --exclude")
    if found.has("-n", "--dry-run", "-i", "--interactive"):
        return
    if not found.has("-f", "--force") and settings.get("clean.requireforce") not in ("false", "0", "no"):
        return
    places = {locate(word, home, call.cwd) for word in found.operands}
    if places and places <= {Place.BUILT, Place.TEMPORARY}:
        return
    narrow = (
        places and places <= {Place.PLAIN, Place.BUILT, Place.TEMPORARY} and not _everything(found.operands)
    )
    level = Level.CAUTION if narrow else Level.DANGER
    yield said(level, "deletes files that git does not keep: they are not recoverable", call)


def _discarded(call: Call, found: Arguments, paths: tuple[Word, ...]) -> Iterator[Reason]:
    if _everything(paths):
        yield said(Level.DANGER, f"puts every file back as it was: {_LOST}", call)
    elif paths or found.has("--pathspec-from-file"):
        yield said(Level.CAUTION, f"puts files back as they were: their {_LOST}", call)


def _checkout(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-b -B --orphan --pathspec-from-file --conflict")
    if found.has("-p", "--patch"):
        return
    if found.has("-f", "--force"):
        yield said(Level.DANGER, f"changes the branch over changed files: {_LOST}", call)
        return
    if found.has("-B"):
        yield said(Level.CAUTION, "moves a branch away from its commits", call)
    if found.has("-b", "--orphan", "-t", "--track", "--detach", "-d"):
        return
    texts = [word.text for word in words]
    if "--" in texts:
        paths = tuple(words[texts.index("--") + 1 :])
    elif len(found.operands) > 1:
        paths = found.operands[1:] if not _everything(found.operands[:1]) else found.operands
    else:
        paths = tuple(word for word in found.operands if word.text in _ALL or _FILE.fullmatch(word.text))
    if not (found.has("--ours", "--theirs") and not _everything(paths)):
        yield from _discarded(call, found, paths)


def _restore(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-s --source --pathspec-from-file --conflict")
    staged = found.has("-S", "--staged") and not found.has("-W", "--worktree")
    if not staged and not found.has("-p", "--patch", "--ours", "--theirs"):
        yield from _discarded(call, found, found.operands)


def _switch(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-c -C --create --force-create --orphan")
    if "--force" in found.options or found.has("-f", "--discard-changes"):
        yield said(Level.DANGER, f"changes the branch over changed files: {_LOST}", call)
    elif found.has("-C", "--force-create"):
        yield said(Level.CAUTION, "moves a branch away from its commits", call)


def _stash(call: Call, words: list[Word]) -> Iterator[Reason]:
    verb = words[0].text if words else ""
    if verb == "clear":
        yield said(Level.DANGER, "throws away everything that was stashed, not recoverable", call)
    elif verb == "drop":
        wide = any(not word.known for word in words)
        yield said(Level.DANGER if wide else Level.CAUTION, "throws away what was stashed", call)


def _remove(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "--pathspec-from-file")
    if found.has("--cached", "-n", "--dry-run") or not found.has("-r", "-f", "--force"):
        return
    force = found.has("-f", "--force")
    if _everything(found.operands) and found.has("-r"):
        yield said(Level.DANGER if force else Level.CAUTION, "deletes every file of the repository", call)
    elif force:
        yield said(Level.CAUTION, f"deletes files that may have changed: their {_LOST}", call)


def _worktree(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-b -B --reason")
    verb = found.operands[0].text if found.operands else ""
    if verb == "remove" and found.has("-f", "--force"):
        yield said(Level.DANGER, f"removes a worktree with changes in it: {_LOST}", call)
    elif verb == "add" and found.has("-B"):
        yield said(Level.CAUTION, "moves a branch away from its commits", call)


def _index(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words)
    if found.has("--reset", "-f", "--force") and found.has("-u", "-a", "--all"):
        yield said(Level.DANGER, f"writes over every file: {_LOST}", call)


def _submodule(call: Call, home: str, words: list[Word]) -> Iterator[Reason]:
    found = split(words, ends=True)
    verb, *rest = found.operands or (Word(""),)
    inner = split(rest)
    if verb.text == "foreach":
        command = [word for word in rest if word.text not in ("--recursive", "-q", "--quiet")]
        parts = [
            Word(text, word.start, word.end) for word in command for text in re.split(r"[\s;&|]+", word.text)
        ]
        if parts and parts[0].text == "git" and call.program != "foreach":
            yield from _git(Call(parts[0], tuple(parts[1:]), call.start, call.end, call.cwd), home)
    elif verb.text == "deinit" and inner.has("-f", "--force"):
        wide = inner.has("--all") or _everything(inner.operands)
        level = Level.DANGER if wide else Level.CAUTION
        yield said(level, f"empties submodules with changes in them: {_LOST}", call)
    elif verb.text == "update" and inner.has("-f", "--force"):
        yield said(Level.CAUTION, f"writes over submodules: their {_LOST}", call)


_WORK = {
    "reset": _reset, "checkout": _checkout, "co": _checkout, "restore": _restore, "switch": _switch, "stash": _stash, "rm": _remove,
    "worktree": _worktree, "read-tree": _index, "checkout-index": _index,
}  # fmt: skip
RULES = {"git": _git}
