"""Files that are encrypted one after the other while the originals are deleted, as ransomware does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_TEXT = "encrypts many files and deletes the originals: without the key they are lost"
#: Encryptors that leave the original, by what tells them to encrypt.
_ENCRYPTS = {
    "openssl": r"^(?:enc|aes\S*|cms|smime|rsautl|pkeyutl)\b(?!.*\s-d(?:ecrypt)?\b)",
    "gpg": r"(?:^|\s)(?:-\w*[ce]|--symmetric|--encrypt)\b(?!.*(?:-d|--decrypt)\b)",
    "age": r"^(?!.*(?:^|\s)(?:-d|--decrypt)\b)", "rage": r"^(?!.*(?:^|\s)(?:-d|--decrypt)\b)",
    "7z": r"^a\b.*\s-p", "7za": r"^a\b.*\s-p", "zip": r"(?:^|\s)(?:-\w*[eP]|--encrypt|--password)\b", "scrypt": r"^enc\b",
}  # fmt: skip
_ENCRYPTS["gpg2"] = _ENCRYPTS["gpg"]
_DELETERS = frozenset("rm shred unlink srm wipe trash truncate".split())


def _taken_away(calls: Sequence[Call], home: str) -> Iterator[Reason]:
    """An encryptor that is given many files, and a deleter behind it that is given the same ones."""
    del home
    given: set[str] = set()
    for call in calls:
        pattern = _ENCRYPTS.get(call.program)
        if pattern and re.search(pattern, " ".join(call.texts)):
            given.update(word.text for word in call.words if _many(word))
        elif call.program in _DELETERS and any(_many(word) and word.text in given for word in call.words):
            yield said(Level.DANGER, _TEXT, call)


def _many(word: Word) -> bool:
    """Say whether `word` stands for files that a pattern or a search finds."""
    return word.glob or word.some or (bool(word.made_by) and not word.known)


def _in_place(call: Call, home: str) -> Iterator[Reason]:
    """`ccrypt`, which writes over what it encrypts."""
    found = split(call.words, "-K -k -E -S -P -H")
    if found.has("-d", "--decrypt", "-c", "--cat", "-x", "--keychange", "--help", "-h", "-V", "-L"):
        return
    for word in found.operands:
        wide = locate(word, home, call.cwd) in (Place.HOME, Place.ROOT, Place.SYSTEM, Place.PRECIOUS)
        if wide or (_many(word) and "." not in word.text) or found.has("-r", "--recursive", "-R"):
            yield said(Level.DANGER, "encrypts many files in place: without the key they are lost", call)


LINES = (_taken_away,)
RULES = {"ccrypt": _in_place, "ccencrypt": _in_place}
