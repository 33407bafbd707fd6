"""The lines that the own words of a shell keep, or run: aliases, keys, sourced text, zsh's emulate, fish's bind."""

from __future__ import annotations

from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import UNKNOWN, Call, Word
from caro_shell.safety.output import printed, read_text

#: Words whose lines are in the language of the shell that they are in.
OWN = frozenset(["eval", "source", ".", "alias", "abbr", "trap", "bind", "bindkey"])


_ABBR = "-p --position -r --regex -c --command"


def shell(call: Call, around: str) -> str:
    """Return the shell that reads the lines which `call` gives away in the shell `around` it."""
    if call.program == "emulate":
        return "zsh" if "zsh" in call.texts else "bash"
    return call.program if call.program in ("fish", "zsh") else around if call.program in OWN else "bash"


def expanded(call: Call, text: str) -> Call:
    """Return `call` with the words of its alias in the place of its name."""
    name, *words = [Word(part, call.start, call.end) for part in text.split()] or [Word(":")]
    return replace(call, name=name, words=(*words, *call.words))


def alias(call: Call) -> tuple[str, str] | None:
    """Return the name and the text of the alias that is made: `x=text`, and in fish `x text`."""
    if call.program not in ("alias", "abbr"):
        return None
    name, *words = split(call.words, _ABBR, ends=True).operands or [Word("")]
    if "=" in name.text:
        return name.text.partition("=")[0], name.text.partition("=")[2]
    words = list(split(words, _ABBR, ends=True).operands)
    return (name.text, " ".join(word.text for word in words)) if words else None


def lines(call: Call) -> list[tuple[str, Word]]:
    """Return the lines in the words of `call`, each with the word that it is in."""
    whole = Word("", call.start, call.end)
    if (made := alias(call)) and not any("=" in text for text in call.texts[:1]):
        return [(made[1], whole)]
    if call.program == "bind" and "-x" in call.texts:  # of bash: '"key": line'
        return [(word.text.partition(":")[2], word) for word in call.words if ":" in word.text]
    if call.program in ("bind", "bindkey") and len(call.words) > 1:
        return [(word.text, word) for word in split(call.words, "-M -m").operands[1:]]
    if call.program == "emulate":
        word = split(call.words, "-c").values.get("-c")
        return [(word.text, word)] if word else []
    if call.program in ("fish", "zsh", "sh", "bash"):
        values = split(call.words, "-C --init-command -o").values
        early = values.get("-C") or values.get("--init-command") or values.get("--command")
        return [(early.text, early)] if early else []
    if call.program in ("source", "."):
        return _sourced(call, whole)
    return []


def _sourced(call: Call, whole: Word) -> list[tuple[str, Word]]:
    """Return the text that is sourced, where another program of the line prints it: `source (echo x | psub)`."""
    if not call.words or call.texts[0] in ("-", "/dev/stdin"):
        text = read_text(call)
    else:
        makers = call.words[0].made_by
        text = printed(makers[-1]) if makers else None
    return [(text, whole)] if text and UNKNOWN not in text else []
