"""Why llama.cpp did not load a file: its own log lines, as a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from caro_shell.backends.embedded.modelfile import CHOOSE, FETCH

_UPDATE = f"update caro, or {CHOOSE}"

#: What llama.cpp complains of, and what that means, to be read behind the file's name. In the first row
#: whose pattern is found, `{0}` is what its group matched.
_MEANINGS = (
    (r"unknown model architecture: ''", f"does not say what kind of model it is; {FETCH}"),
    (r"unknown model architecture: '(.+)'", f"is of a kind that llama.cpp does not know ({{0}}); {_UPDATE}"),
    (r"CLIP cannot be used", f"is only the part of a model that sees pictures; {CHOOSE}"),
    (r"mismatch between the host and model endianness", f"was made for big-endian machines; {CHOOSE}"),
    (r"is version (\d+) but this software", f"is in version {{0}} of GGUF, newer than llama.cpp; {_UPDATE}"),
    (r"GGUFv1 is no longer|bad GGUF version", f"is in an old version of GGUF that is read no more; {FETCH}"),
    (
        r"not within the file bounds|failed to (read (magic|header|key-value|tensor)|seek)",
        f"is cut off; {FETCH}",
    ),
    (
        r"cannot find tokenizer vocab|key not found in model: tokenizer|'token_embd\.weight' .*, +0, got",
        f"holds no vocabulary; {CHOOSE}",
    ),
    (
        r"unknown (?:pre-)?tokenizer(?: type)?: '(.*)'",
        f"cuts text into tokens in a way that llama.cpp does not know ({{0}}); {_UPDATE}",
    ),
    (
        r"GGUF split|split file",
        "is one of several parts; keep all of them in one directory, and name the first",
    ),
    (
        r"key not found in model: (.*)",
        f"holds only a part of a model, an adapter perhaps ({{0}} is missing); {CHOOSE}",
    ),
    (
        r"(?:unable|failed) to (?:allocate|map)|mmap failed|bad_alloc",
        "needs more memory than is free; close something, or use a smaller model: caro model list",
    ),
)

#: What stands in front of a complaint: the names of functions that passed it on.
_PASSED_ON = re.compile(r"^(\w+: |error loading \w+( \w+)?: )+")
#: Lines that say only that it did not work.
_EMPTY = re.compile(r"failed to load model($| from)")


def meaning(complaints: Iterable[str]) -> str:
    """Return what llama.cpp's `complaints` mean and what to do, to be read behind the file's name.

    The first of them is nearest to the cause. One that is in no row of the table is quoted.
    """
    cause = next((_PASSED_ON.sub("", line) for line in complaints if not _EMPTY.search(line)), "")
    for pattern, what in _MEANINGS:
        found = re.search(pattern, cause)
        if found:
            return what.format(*found.groups())
    reason = f" ({' '.join(cause.split())})" if cause else ""
    return f"is damaged, or not made for this llama.cpp{reason}; {FETCH}"
