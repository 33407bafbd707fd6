"""Programs in other languages that a line gives to their interpreters: `python -c ..`, `perl -e ..`, `awk '..'`."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from caro_shell.safety.call import Call, Word
from caro_shell.safety.output import read_text


@dataclass(frozen=True)
class Snippet:
    """A program: its language, its text as the interpreter sees it, and the word that it is in."""

    language: str
    text: str
    word: Word


@dataclass(frozen=True)
class _Interpreter:
    """How one is given a text: `texts` are the options for it, `valued` others that take a word."""

    language: str
    texts: str
    valued: str = ""
    reads: bool = True


_AWK = _Interpreter("awk", "", "-F -v -f", reads=False)
_INTERPRETERS = {
    "python": _Interpreter("python", "-c", "-m -W -X"),
    "perl": _Interpreter("perl", "-e -E", "-M -m -I -F"),
    "ruby": _Interpreter("ruby", "-e", "-r -I -F"),
    "irb": _Interpreter("ruby", "-e", "-r -I"),
    "pry": _Interpreter("ruby", "-e --exec", "-r -I"),
    "node": _Interpreter("node", "-e -p -pe --eval --print", "-r --require"),
    "nodejs": _Interpreter("node", "-e -p -pe --eval --print", "-r --require"),
    "bun": _Interpreter("node", "-e -p --eval --print", "-r", reads=False),
    "php": _Interpreter("php", "-r -B -R -E", "-d -c -f"),
    "lua": _Interpreter("lua", "-e", "-l"),
    "luajit": _Interpreter("lua", "-e", "-l"),
    "osascript": _Interpreter("osascript", "-e", "-l -s"),
    "Rscript": _Interpreter("R", "-e"),
    "R": _Interpreter("R", "-e", "-f"),
    "julia": _Interpreter("julia", "-e -E --eval", "-p -t"),
    "groovy": _Interpreter("groovy", "-e", "-cp"),
    "expect": _Interpreter("expect", "-c", "-f"),
    "tclsh": _Interpreter("expect", ""),
    "emacs": _Interpreter("emacs", "--eval --execute -eval", "-l", reads=False),
    "guile": _Interpreter("emacs", "-c"),
    "pwsh": _Interpreter(
        "powershell", "-c -Command -command -C -e -enc -EncodedCommand -encodedcommand -Enc", "-File"
    ),
    "powershell": _Interpreter(
        "powershell", "-c -Command -command -C -e -enc -EncodedCommand -encodedcommand -Enc", "-File"
    ),
    "powershell.exe": _Interpreter(
        "powershell", "-c -Command -command -C -e -enc -EncodedCommand -encodedcommand -Enc", "-File"
    ),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk", "original-awk"), _AWK),
}


def snippets(call: Call) -> list[Snippet]:
    """Return the programs in the words of `call`, or in what it reads."""
    name = re.sub(r"^(python|pypy|perl|ruby|php|lua|tclsh)[\d.]+$", r"\1", call.program).replace(
        "pypy", "python"
    )
    known = _INTERPRETERS.get(name)
    if known is None:
        if name == "deno" and call.texts[:1] == ("eval",) and len(call.words) > 1:
            return [Snippet("node", call.words[-1].text, call.words[-1])]
        return []
    given, operands = _given(call, known)
    if known.language == "awk":
        scripted = any(text.startswith("-f") for text in call.texts)
        return (
            [Snippet("awk", _held(call, operands[0].text), operands[0])] if operands and not scripted else []
        )
    if known.language == "powershell":
        return [Snippet("powershell", _clear(option, word.text), word) for option, word in given] or _read(
            call, known, operands
        )
    found = [Snippet(known.language, word.text, word) for _, word in given]
    return found or _read(call, known, operands)


def _held(call: Call, text: str) -> str:
    """Return the awk program `text` with what its variables hold in the place of those that it runs."""
    held = dict(re.findall(r'(?<![\w$])([A-Za-z_]\w*)\s*=\s*"([^"\\]*)"', text))
    held |= {one[0]: one[2] for word in call.words if (one := word.text.partition("="))[1]}
    return re.sub(
        r"\bsystem\s*\(\s*([A-Za-z_]\w*)\s*\)",
        lambda found: f'system("{held[found[1]]}")' if found[1] in held else found[0],
        text,
    )


def _given(call: Call, known: _Interpreter) -> tuple[list[tuple[str, Word]], list[Word]]:
    texts, valued = known.texts.split(), known.valued.split()
    given: list[tuple[str, Word]] = []
    operands: list[Word] = []
    words = list(call.words)
    while words:
        word = words.pop(0)
        text = word.text
        name, equals, value = text.partition("=")
        if not text.startswith("-") or text == "-" or (operands and known.language == "awk"):
            operands.append(word)
            if known.language not in ("awk", "R", "emacs"):
                break
        elif equals and name in texts and name.startswith("--"):
            given.append((name, Word(value, word.start, word.end, made_by=word.made_by)))
        elif text in texts:
            if words:
                given.append((text, words.pop(0)))
        elif text in valued:
            words = words[1:]
        elif not text.startswith("--") and known.language != "powershell":
            _bundled(text, word, words, texts, valued, given)
    return given, operands


def _bundled(  # noqa: PLR0913, PLR0917
    text: str,
    word: Word,
    words: list[Word],
    texts: list[str],
    valued: list[str],
    given: list[tuple[str, Word]],
) -> None:
    """Read letters behind one dash: `-lne`, `-i.bak`, `-Mstrict`, `-c'text'`."""
    for at, letter in enumerate(text[1:], 2):
        if f"-{letter}" in texts:
            if text[at:]:
                given.append((f"-{letter}", Word(text[at:], word.start, word.end, made_by=word.made_by)))
            elif words:
                given.append((f"-{letter}", words.pop(0)))
            return
        if f"-{letter}" in valued or (letter == "i" and text[at : at + 1] == "."):
            return


def _read(call: Call, known: _Interpreter, operands: list[Word]) -> list[Snippet]:
    if not known.reads or (operands and operands[0].text not in ("-", "/dev/stdin")) or "-m" in call.texts:
        return []
    text = read_text(call)
    return [Snippet(known.language, text, Word(text))] if text is not None else []


def _clear(option: str, text: str) -> str:
    if option.lower() not in ("-e", "-enc", "-encodedcommand"):
        return text
    try:
        return base64.b64decode(text).decode("utf-16-le")
    except (ValueError, binascii.Error):
        return text
