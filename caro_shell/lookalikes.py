"""Words whose letters are not what they seem: `сurl` with a Cyrillic с, `‐i` with a hyphen that is no minus.

Judged is what decides what a line does: the names of programs, options, variables and hosts. Arguments, file
names and quoted strings may be in any script. The line is read as the shells have it in common, which is
enough to know where a command begins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain

# Letter for letter what a person takes for the ASCII beside it; small ones that are drawn like capitals, as
# т, are left out: no program's name is taken for them. Compatibility forms (full-width, mathematical, Roman
# numerals, ligatures) are Unicode's own business.
_SEEMING = (
    ("асԁеҽһіјӏорԛѕуүԝхѵьгвкА", "acdeehijlopqsyywxvbrbkA"),
    ("ВСЕНІЈКМОРЅТУХҮѴԚԜԌԍ", "BCEHIJKMOPSTYXYVQWGG"),
    ("αγεικνορτυχϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "ayeikvoptuxcjABEZHIKMNOPTYXC"),
    ("ոսօհցզյքՏՕԼ", "nuohgqjpSOL"),
    ("ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃ", "ABCDEGHiJKLMPRSTVWZ"),
    ("ıȷɑɡɩʋꜱʀɴʟᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢ", "ijagivsrnlacdejkmoptuvwz"),
    ("‐‑‒–—−⁃∕⁄⧸․․ˍ‚ǃ∣∖", "-------///.._,!|\\"),
)
_TABLE = str.maketrans("".join(pair[0] for pair in _SEEMING), "".join(pair[1] for pair in _SEEMING))
#: Scripts that people write beside Latin letters within one word, none of whose letters look like those.
_APART = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC")
#: Classes of marks that a reader overlooks: through the letter, below it. A cedilla is a part of many a name.
_FAINT = (1, 220, 240)

#: Most marks on one letter; more cover what stands above and below.
_MOST_MARKS = 5

_DASHES = "-‐‑‒–—−⁃﹣－"
#: An option as a person reads it: that of one letter may have its value behind it, in any script.
_OPTION = re.compile(rf"[{_DASHES}][A-Za-z]|[{_DASHES}]{{2}}[^\W\d][{_DASHES}\w]*")
_VARIABLE = re.compile(r"\$\{?(?:\([^)]*\))?[#!^=~+]*([^\W\d]\w*)")
#: What a URL has before its path, and where `me@host:file` leads.
_HOST = re.compile(r"://([^/?#\s]+)|^[\w.-]+@([^:/\s]+)")

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^]]*\])?\+?=", re.ASCII)
#: Words behind which a command comes, or still comes.
_BEFORE = frozenset(
    (
        *("#", "!", "{", "if", "then", "elif", "else", "do", "while", "until", "and", "or", "not", "begin"),
        *("eval", "coproc"),
    )
)
#: Programs that run what stands behind their options, and those of the options that take a value.
_RUNNERS = {
    "sudo": "ughpCrtTUDR", "doas": "uC", "env": "uSC", "nice": "n", "ionice": "cnp", "nohup": "",
    "setsid": "", "stdbuf": "ioe", "timeout": "sk", "time": "fo", "xargs": "InPLdasE", "watch": "n",
    "parallel": "jIa", "strace": "oeps", "exec": "a", "chroot": "", "command": "", "builtin": "",
    "noglob": "", "nocorrect": "", "pkexec": "",
}  # fmt: skip
_LONG = frozenset(("--user", "--group", "--chdir", "--unset", "--signal", "--kill-after", "--max-args"))
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh", "fish", "su"))
_RUN_BY_FIND = ("-exec", "-execdir", "-ok", "-okdir")
_DEEPEST = 30

_SHARED = r"""\\(?P<escaped>.?) | `(?P<inner>[^`]*)`? | "(?P<quote>) | """
_PLAIN = re.compile(
    _SHARED
    + r"""\$?'(?P<single>[^']*)'? | [$<>]\((?P<opening>) | (?P<blank>[ \t]+) | (?P<redirect>[<>]+[&|]?)
    | (?P<end>[\n;|&()]) | (?P<text>[^\\'"`$<>\s;|&()]+|.)""",
    re.DOTALL | re.VERBOSE,
)
_QUOTED = re.compile(
    _SHARED + r"""\$\((?P<opening>) | (?P<text>[^\\"`$]+|.)""",
    re.DOTALL | re.VERBOSE,
)


def first(line: str) -> str:
    """Return the first name in `line` that is not what it seems to be, or nothing."""
    if line.isascii():
        return ""
    names = chain(_names(line, 0), (found[1] for found in _VARIABLE.finditer(line)))
    return next((name for name in names if _deceives(name)), "")


def covering(line: str) -> str:
    """Return the first mark in `line` that stands on no letter, or on a heap of others, or nothing."""
    base, marks = "", 0
    for char in line:
        if unicodedata.category(char) not in ("Mn", "Me"):
            base, marks = char, 0
            continue
        marks += 1
        if marks > _MOST_MARKS or (base.isascii() and not base.isalnum()):
            return char
    return ""


def _deceives(name: str) -> bool:
    """Say whether `name` looks like ASCII and is not, or mixes Latin letters with others that look so."""
    if name.isascii():
        return False
    whole = unicodedata.normalize("NFKD", name.translate(_TABLE))
    seeming = "".join(char for char in whole if unicodedata.combining(char) not in _FAINT)
    if seeming.translate(_TABLE).isascii():
        return True
    return any(_mixes(letters) for letters in re.findall(r"[^\W\d_]+", name))


def _mixes(letters: str) -> bool:
    scripts = {unicodedata.name(letter, "").split(" ")[0].split("-")[0] for letter in letters}
    scripts -= {"MODIFIER", "COMBINING", *_APART}
    return "LATIN" in scripts and len(scripts) > 1


def _names(line: str, depth: int) -> Iterator[str]:
    """Yield what names a program, an option or a host, also in substitutions and in `sh -c '...'`."""
    if depth > _DEEPEST:
        yield line  # as a whole, which is stricter
        return
    place = _Place()
    for word, inner in _words(line):
        for text in inner:
            yield from _names(text, depth + 1)
        if word is None:
            place = _Place()
            continue
        if place.is_script:
            yield from _names(word, depth + 1)
        if word and place.take(word):
            yield word
        elif word:
            option = _OPTION.match(word)
            yield from [option[0]] if option else ()
            yield from (found[1] or found[2] for found in _HOST.finditer(word))


class _Place:
    """Where in a simple command the next word stands."""

    def __init__(self) -> None:
        self._awaits = True  # the name of a program
        self._program = ""
        self._values = ""  # the options of the runner before it that take a value
        self._is_value = False
        self.is_script = False  # the next word is one: it stands behind `sh -c`, or `eval`

    def take(self, word: str) -> bool:
        """Go one word on; say whether it names a program."""
        is_value, self._is_value = self._is_value, False
        if not self._awaits:
            self.is_script = self._program == "eval" or (
                self._program in _SHELLS and word.startswith("-") and word.endswith("c")
            )
            self._awaits = self._program == "find" and word in _RUN_BY_FIND
            return False
        if word in _BEFORE or _ASSIGNMENT.match(word):
            if word == "eval":
                self._awaits, self._program, self.is_script = False, word, True
            return False
        if self._program:  # a runner: its options, and bare numbers such as the seconds of `timeout`
            if word.startswith("-"):
                takes = [at for at, letter in enumerate(word) if letter in self._values]
                self._is_value = word in _LONG or takes[:1] == [len(word) - 1]
                return False
            if is_value or word[:1].isdecimal():
                return False
        self._program = word.rpartition("/")[2]
        self._awaits = self._program in _RUNNERS
        self.is_script = self._program == "trap"
        self._values = _RUNNERS.get(self._program, "")
        return True


def _words(line: str) -> Iterator[tuple[str | None, list[str]]]:
    """Yield each word of `line` without its quotes, with the substitutions in it; None where a command ends.

    The target of a redirect is no word, but "" where there are substitutions in it.
    """
    word: str | None = None
    inner: list[str] = []
    is_target = is_list = False
    for kind, text in (*_pieces(line), ("end", "")):
        if kind in ("blank", "redirect", "end"):
            was_list = is_list  # the words of an array are no commands
            if kind == "end" and text in ("(", ")"):
                is_list = text == "(" and word is not None and word.endswith("=")
            if word is not None:
                is_no_word = is_target or was_list or (kind == "redirect" and word.isdecimal())
                yield "" if is_no_word else word, inner
            is_target = kind == "redirect" or (kind == "blank" and is_target and word is None)
            word, inner = None, []
            if kind == "end" and not (was_list or is_list):
                yield None, []
        elif kind == "inner":
            inner.append(text)
            word = (word or "") + "$"
        else:
            word = (word or "") + text


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    """Yield what `line` is made of, as kind and text: `inner` is a substitution, `end` ends a command."""
    at, is_quoted = 0, False
    while at < len(line):
        found = (_QUOTED if is_quoted else _PLAIN).match(line, at)
        kind, at = (found.lastgroup or "", found.end()) if found else ("", len(line))
        if kind == "opening":
            end = _closing(line, at)
            yield "inner", line[at:end]
            at = end + 1
        elif found:
            is_quoted = is_quoted != (kind == "quote")
            yield kind, found[kind]


def _closing(line: str, at: int) -> int:
    """Return the place of the parenthesis that closes the one before `at`, quotes and all."""
    depth, quote = 1, ""
    while at < len(line):
        char = line[at]
        if char == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if not depth:
                break
        at += 1
    return at
