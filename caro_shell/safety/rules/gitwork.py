"""Uncommitted work of git that is thrown away: changed files, files that git does not keep, stashes."""

from __future__ import annotations

from collections.abc import Iterator

from caro_shell.safety.arguments import Arguments, split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.gitpaths import LOST, all_changed, every_file, names_files, taken_back
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason


def _reset(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words)
    if found.has("--hard"):
        yield said(Level.DANGER, f"throws away all changes since the last commit: {LOST}", call)
    elif found.has("--merge"):
        yield said(Level.DANGER, f"throws away what is staged: {LOST}", call)
    elif found.has("--keep"):
        yield said(Level.CAUTION, "moves the branch and the files to another commit", call)


def cleaned(call: Call, home: str, words: list[Word], settings: dict[str, str]) -> Iterator[Reason]:
    """Yield what `git clean` with `words` deletes, under the `settings` that the call makes."""
    found = split(words, "-e --exclude")
    asks = found.has("-i", "--interactive") and not call.stdin.calls
    if found.has("-n", "--dry-run") or asks:
        return
    if not found.has("-f", "--force", "-i") and settings.get("clean.requireforce") not in (
        "false",
        "0",
        "no",
    ):
        return
    places = {locate(word, home, call.cwd) for word in found.operands}
    if places and places <= {Place.BUILT, Place.TEMPORARY}:
        return
    narrow = (
        places and places <= {Place.PLAIN, Place.BUILT, Place.TEMPORARY} and not every_file(found.operands)
    )
    level = Level.CAUTION if narrow else Level.DANGER
    yield said(level, "deletes files that git does not keep: they are not recoverable", call)


def _discarded(call: Call, found: Arguments, paths: tuple[Word, ...]) -> Iterator[Reason]:
    if every_file(paths) or all_changed(call, paths):
        yield said(Level.DANGER, f"puts every file back as it was: {LOST}", call)
    elif paths or found.has("--pathspec-from-file"):
        yield said(Level.CAUTION, f"puts files back as they were: their {LOST}", call)


def _checkout(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-b -B --orphan --pathspec-from-file --conflict")
    if found.has("-p", "--patch"):
        return
    if found.has("-f", "--force"):
        yield said(Level.DANGER, f"changes the branch over changed files: {LOST}", call)
        return
    if found.has("-B"):
        yield said(Level.CAUTION, "moves a branch away from its commits", call)
    if found.has("-b", "--orphan", "-t", "--track", "--detach", "-d"):
        return
    texts = [word.text for word in words]
    if "--" in texts:
        paths = tuple(words[texts.index("--") + 1 :])
    elif len(found.operands) > 1:
        paths = found.operands[1:] if not every_file(found.operands[:1]) else found.operands
    else:
        paths = tuple(word for word in found.operands if names_files(word.text))
    if not (found.has("--ours", "--theirs") and not every_file(paths)):
        yield from _discarded(call, found, paths)


def _restore(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-s --source --pathspec-from-file --conflict")
    staged = found.has("-S", "--staged") and not found.has("-W", "--worktree")
    if not staged and not found.has("-p", "--patch", "--ours", "--theirs"):
        yield from _discarded(call, found, found.operands)


def _switch(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-c -C --create --force-create --orphan")
    if "--force" in found.options or found.has("-f", "--discard-changes"):
        yield said(Level.DANGER, f"changes the branch over changed files: {LOST}", call)
    elif found.has("-C", "--force-create"):
        yield said(Level.CAUTION, "moves a branch away from its commits", call)


def _stash(call: Call, words: list[Word]) -> Iterator[Reason]:
    verb = words[0].text if words else ""
    if verb == "clear":
        yield said(Level.DANGER, "throws away everything that was stashed, not recoverable", call)
    elif verb == "drop":
        wide = any(not word.known for word in words) or any("list" in one.texts for one in call.stdin.calls)
        yield said(Level.DANGER if wide else Level.CAUTION, "throws away what was stashed", call)


def _remove(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "--pathspec-from-file")
    if found.has("--cached", "-n", "--dry-run") or not found.has("-r", "-f", "--force"):
        return
    force = found.has("-f", "--force")
    if every_file(found.operands) and found.has("-r"):
        yield said(Level.DANGER if force else Level.CAUTION, "deletes every file of the repository", call)
    elif force:
        yield said(Level.CAUTION, f"deletes files that may have changed: their {LOST}", call)


def _worktree(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-b -B --reason")
    verb = found.operands[0].text if found.operands else ""
    if verb == "remove" and found.has("-f", "--force"):
        yield said(Level.DANGER, f"removes a worktree with changes in it: {LOST}", call)
    elif verb == "add" and found.has("-B"):
        yield said(Level.CAUTION, "moves a branch away from its commits", call)


def _index(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words)
    if found.has("--reset", "-f", "--force") and found.has("-u", "-a", "--all"):
        yield said(Level.DANGER, f"writes over every file: {LOST}", call)


def _applied(call: Call, words: list[Word]) -> Iterator[Reason]:
    if not split(words, "-p -C --directory --include --exclude").has("--check", "--stat", "--cached"):
        yield from taken_back(call, "")


#: What is said of each subcommand that is about files.
WORK = {
    "reset": _reset, "checkout": _checkout, "co": _checkout, "restore": _restore, "switch": _switch, "stash": _stash, "rm": _remove,
    "worktree": _worktree, "read-tree": _index, "checkout-index": _index, "apply": _applied,
}  # fmt: skip
