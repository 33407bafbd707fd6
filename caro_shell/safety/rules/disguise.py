"""Text that nobody can read as it stands: who makes it, and what makes it text again."""

from __future__ import annotations

import re

from caro_shell.safety.call import Call
from caro_shell.safety.snippets import snippets

#: What puts text into a form that nobody can read; packed files are told apart.
DECODERS = frozenset(
    [
        "base64",
        "base32",
        "basenc",
        "gbase64",
        "xxd",
        "uudecode",
        "openssl",
        "rev",
        "gpg",
        "gpg2",
        "ccrypt",
        "age",
        "hexdump",
        "od",
        "basez",
        "base58",
        "sops",
        "ansible-vault",
        "steghide",
        "zbarimg",
        "exiftool",
        "strings",
        "qprint",
    ]
)
PACKED = frozenset(
    [
        "gunzip",
        "zcat",
        "bunzip2",
        "xz",
        "gzip",
        "bzip2",
        "zstd",
        "unzstd",
        "zstdcat",
        "lz4",
        "bzcat",
        "xzcat",
        "uncompress",
        "unzip",
        "brotli",
    ]
)

DECODES = re.compile(
    r"(?i)b64decode|base64_decode|decode_base64|decode64|unpack1?\s*\(?\s*['\"]m|\batob\s*\(|from\([^)]*['\"](?:base64|hex)|fromhex|unhexlify|rot.?13|a2b_|zlib\.decompress|gzinflate|gzuncompress|strrev|\[::-1\]|\breverse\b|\.reversed?\b"
    r"|FromBase64String|fromCharCode|marshal\.loads|pack\s*\(?\s*['\"](?:H|C|u|m)|(?:\bchr\s*\(?\s*\d+\)?\s*[+.,]\s*)+chr|codecs\.decode|hex2bin|\bunpack\s*\(?\s*['\"]?u\b|(?:\\[01]\d\d){2}|(?:\\x[0-9a-f]{2}){3}|(?:%c){2}|chr\s*\(.*\bfor\b|map\s*\(?\s*\{?\s*chr|-EncodedCommand|\bchr\s*\(\s*hex"
)
_ESCAPED = re.compile(r"(?:\\(?:x[0-9a-fA-F]{1,2}|0?[0-7]{2,3}|u[0-9a-fA-F]{4})){2}")


def disguises(call: Call) -> bool:
    """Say whether `call` prints text that does not stand there in clear: escapes, or letters put for others."""
    if call.program == "printf" or (
        call.program == "echo" and any("e" in text for text in call.texts if text.startswith("-"))
    ):
        return any(map(_ESCAPED.search, call.texts))
    if call.program in ("jq", "yq", "gojq"):
        return "@base64d" in " ".join(call.texts)
    if call.program == "sed":
        return re.search(r"\\\\x(?:&|\\1)", " ".join(call.texts)) is not None
    if re.match(r"python|perl|ruby|node|php|lua|g?awk|mawk", call.program):
        unpacks = call.program.startswith("python") and re.search(
            r"-m ?(?:base64|codecs|binascii)\b", " ".join(call.texts)
        )
        return bool(unpacks) or any(DECODES.search(one.text) for one in snippets(call))
    if call.program == "tr":
        sets = [text for text in call.texts if not text.startswith("-")]
        spelt = len(sets) == 2 and (len(sets[0]) >= 6 or bool(re.search(r"[a-yA-Y]-[b-zB-Z]", sets[0])))
        return spelt and "[:" not in sets[0] and len(sets[1]) >= 3 and sets[0].lower() != sets[1].lower()
    return False
