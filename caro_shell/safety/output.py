"""What some calls print, where that can be said without running them."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import warnings
from collections.abc import Sequence

from caro_shell.safety import filters, fishstrings
from caro_shell.safety.arguments import split
from caro_shell.safety.call import SOMETHING, UNKNOWN, Call

#: Programs that print text from elsewhere in another form, so that nobody could read what they make of it.
_DECODERS = (
    "base64 base32 basenc xxd uudecode openssl rev tr gunzip zcat bunzip2 xz gpg hexdump od uncompress bzcat"
    " xzcat gzip bzip2 zstd unzstd zstdcat lz4 ccrypt age"
)
DECODERS = frozenset(_DECODERS.split())


def output_of(calls: Sequence[Call], cwd: str) -> str:
    """Return what the last of `calls` prints, without line breaks at its end; UNKNOWN where that is open."""
    if not calls:
        return UNKNOWN
    last = calls[-1]
    text = printed(last)
    if text is not None:
        return text.rstrip("\n")
    if last.program == "pwd" or (last.program == "git" and "--show-toplevel" in last.texts):
        return cwd
    if last.program == "psub":  # fish
        return "/dev/fd/" + SOMETHING
    if last.program == "mktemp":
        return "/tmp/" + SOMETHING
    if last.program in ("which", "command", "type", "whence", "where", "realpath", "readlink") and last.words:
        text = last.words[-1].text
        return f"/usr/bin/{text}" if re.fullmatch(r"[\w.+-]+", text) and last.program[0] != "r" else text
    if last.program == "basename" and last.words and last.words[0].known:
        return last.words[0].text.rstrip("/").rpartition("/")[2]
    if last.program in ("whoami", "hostname", "date", "uname", "nproc", "id", "tty", "basename", "wc", "seq"):
        return SOMETHING
    if (last.program == "dirname" or last.texts[:1] == ("dirname",)) and last.words and last.words[-1].known:
        return last.words[-1].text.rpartition("/")[0] or "."
    return UNKNOWN


#: Programs that print nothing.
_SILENT = frozenset(": true false cd test [ [[ export set sleep mkdir touch unset shift pushd".split())


def outputs_of(calls: Sequence[Call], cwd: str, *, either: bool) -> list[str]:
    """Return what `calls` print: all of them together, or one by one if only one of them would run (`either`).

    Where that is not known of each, what the last one prints stands for it.
    """
    passed = {id(one) for call in calls for one in call.stdin.calls}
    ends = [one for one in calls if id(one) not in passed and one.program not in _SILENT]
    ends = [
        one for one in ends if not any(to.operator[:1] == ">" and to.fd in ("", "1") for to in one.redirects)
    ]
    texts = [printed(one) for one in ends]
    known = [text.rstrip("\n") for text in texts if text is not None]
    if len(ends) < 2 or len(known) < len(ends):
        return [output_of(calls, cwd)]
    return known if either else ["\n".join(known)]


def printed(call: Call) -> str | None:
    """Return what `call` prints, line breaks and all; None where that cannot be told."""
    if call.program in ("echo", "print"):
        return _echoed(call)
    if call.program == "printf" and call.words:
        return _formatted(call.texts)
    if call.program == "string":
        return fishstrings.printed(call, read_text)
    if call.program == "tee" or (call.program in ("cat", "sort") and not split(call.words).operands):
        return read_text(call)
    if call.program == "yes":
        return " ".join(call.texts or ("y",)) + "\n"
    if call.program in ("head", "uniq", "fold", "expand") and not split(call.words, "-n -c -w").operands:
        return read_text(call)
    if call.program in ("base64", "base32", "xxd", "rev", "tr", "sed"):
        return _decoded(call)
    return filters.printed(call, read_text)


def read_text(call: Call) -> str | None:
    """Return what `call` reads on its standard input, where that is known."""
    if call.stdin.text is not None:
        return call.stdin.text
    return printed(call.stdin.calls[-1]) if call.stdin.calls else None


def _echoed(call: Call) -> str | None:
    words = list(call.texts)
    escapes, newline = False, True
    if call.program == "print":
        return _put(call)
    while words and re.fullmatch(r"-[neE]+", words[0]):
        option = words.pop(0)
        escapes, newline = escapes or "e" in option, newline and "n" not in option
    if any(word.made_by and not word.known for word in call.words):
        return None
    text = " ".join(words)
    if escapes:
        text = _escapes(text)
    return text + "\n" * newline


def _put(call: Call) -> str | None:
    """Return what zsh's print makes of its words; nothing where it goes to the line that is edited."""
    found = split(call.words, "-f -u -C", ends=True)
    texts = [word.text for word in found.operands]
    if any(word.made_by and not word.known for word in found.operands):
        return None
    if found.has("-z", "-s"):
        return ""
    if "-f" in found.values:
        return _formatted((found.values["-f"].text, *texts))
    text = ("\n" if found.has("-l", "-N") else " ").join(texts)
    return (text if found.has("-r", "-R") else _escapes(text)) + "\n" * (not found.has("-n"))


def _formatted(texts: tuple[str, ...]) -> str | None:
    if texts[0] == "--":
        texts = texts[1:]
    form, *values = texts or ("",)
    if UNKNOWN in form:
        return None
    form = _escapes(form)
    if not values:
        return form.replace("%%", "%")
    out, rest = "", list(values)
    while rest or not out:
        before = len(rest)

        def put(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%"
            value = rest.pop(0) if rest else ""
            return _escapes(value) if found[0].endswith("b") else value

        out += re.sub(r"%%|%[-+ #0]*\d*(?:\.\d+)?[sdbqxofcu]", put, form)
        if len(rest) == before:
            break
    return out


def _escapes(text: str) -> str:
    text = re.sub(r"\\0?([0-7]{1,3})", lambda found: chr(int(found[1], 8) % 256), text)
    try:
        text = re.sub(r"(\\[abfnrtvxuU\\'\"])|\\", lambda one: one[1] or r"\\", text)
        with warnings.catch_warnings():  # of escapes that there are not
            warnings.simplefilter("ignore")
            plain = codecs.decode(text.encode("latin-1", "backslashreplace"), "unicode_escape")
        return plain.replace("\0", "\n")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return text


def _decoded(call: Call) -> str | None:
    """Return what a decoder makes of a known text. `cat file | rev` and the like stay open."""
    text = read_text(call)
    if text is None or UNKNOWN in text:
        return None
    texts = call.texts
    try:
        if call.program == "base64" and any(one in ("-d", "-D", "--decode", "-di") for one in texts):
            return base64.b64decode(text.encode(), validate=False).decode("utf-8", "replace")
        if call.program == "base32" and any(one in ("-d", "--decode") for one in texts):
            return base64.b32decode(text.strip().encode()).decode("utf-8", "replace")
        if call.program == "xxd" and any("r" in one for one in texts if one.startswith("-")):
            return bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", text)).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return None
    if call.program == "rev":
        return "\n".join(line[::-1] for line in text.split("\n"))
    if call.program == "tr" and len(texts) == 2:
        return _translated(text, *texts)
    if call.program == "sed" and len(texts) == 1:
        put = re.fullmatch(r"s(\W)([\w ./-]*)\1([\w ./-]*)\1(g?)", texts[0])
        return (
            text
            if not texts[0]
            else text.replace(put[2], put[3], -1 if put[4] else 1)
            if put and put[2]
            else None
        )
    return None


def _translated(text: str, old: str, new: str) -> str | None:
    sets = [
        re.sub(r"(.)-(.)", lambda found: "".join(map(chr, range(ord(found[1]), ord(found[2]) + 1))), one)
        for one in (old, new)
    ]
    if not all(sets) or any(one.startswith(("-", "[")) for one in (old, new)):
        return None
    last = sets[1][-1]
    table = {ord(char): (sets[1] + last * len(sets[0]))[at] for at, char in enumerate(sets[0])}
    return text.translate(table)
