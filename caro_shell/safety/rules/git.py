"""Git: which of its subcommands a call runs, with what settings; what an alias or a setting hides in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.githistory import HISTORY
from caro_shell.safety.rules.gitpaths import LOST, every_file
from caro_shell.safety.rules.gitwork import WORK, cleaned
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

#: Git's own options with a value, which stand before the subcommand.
_VALUED = frozenset(
    "-C -c --git-dir --work-tree --namespace --super-prefix --config-env --attr-source --exec-path".split()
)


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
        yield from cleaned(call, home, rest, {**settings})
    elif name in WORK:
        yield from WORK[name](call, rest)
    elif name in HISTORY:
        yield from HISTORY[name](call, rest)
    elif name == "for-each-repo":
        own = split(rest, "--config", ends=True).operands
        yield from _git(replace(call, words=own), home)
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
        wide = inner.has("--all") or every_file(inner.operands)
        level = Level.DANGER if wide else Level.CAUTION
        yield said(level, f"empties submodules with changes in them: {LOST}", call)
    elif verb.text == "update" and inner.has("-f", "--force"):
        yield said(Level.CAUTION, f"writes over submodules: their {LOST}", call)


def _within(call: Call, home: str) -> Iterator[Reason]:
    """`pass git ..`, `etckeeper vcs ..`, `vcsh dotfiles ..`: git, with what stands before it left out."""
    if call.texts[:1] in (("git",), ("vcs",)) or (call.program == "vcsh" and len(call.words) > 1):
        yield from _git(replace(call, words=call.words[1:]), home)


def _stashed(calls: tuple[Call, ...], home: str) -> Iterator[Reason]:
    """`git stash; git stash drop`: what was changed a moment ago is gone."""
    del home
    put = False
    for call in calls:
        words = [word.text for word in _after_options(call.words)[1]] if call.program == "git" else []
        if words[:1] != ["stash"]:
            continue
        if put and words[1:2] == ["drop"]:
            yield said(Level.DANGER, f"stashes what was changed and throws it away: {LOST}", call)
        put = not words[1:] or words[1] in ("push", "save", "create") or words[1].startswith("-")


def _aliased(calls: tuple[Call, ...], home: str) -> Iterator[Reason]:
    """`git config alias.x 'reset --hard' && git x`: what the line itself has named so."""
    named: dict[str, list[Word]] = {}
    for call in calls:
        words = _after_options(call.words)[1] if call.program == "git" else []
        if words and words[0].text in named:
            yield from _git(replace(call, words=(*named[words[0].text], *words[1:])), home)
        elif words and words[0].text == "config":
            operands = split(words[1:], "-f --file").operands
            for name, value in zip(operands, operands[1:]):
                if name.text.startswith("alias.") and not value.text.startswith("!"):
                    named[name.text[6:]] = [replace(value, text=text) for text in value.text.split()]


RULES = {
    **dict.fromkeys(("git", "git.exe", "yadm", "hub"), _git), **dict.fromkeys(("pass", "gopass", "etckeeper", "vcsh"), _within),
}  # fmt: skip
LINES = (_stashed, _aliased)
ROWS = (
    Row(r"python[\d.]*", Level.DANGER, "rewrites the whole history", words=r"\bgit[_-]filter[_-]repo(?:\.py)?\b(?!.*(?:--analyze|--help|--dry-run))"),
)  # fmt: skip
