"""Files that are written because an option or the last word names them, and archives that are unpacked over others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.deleting import deleted, shown_path
from caro_shell.safety.rules.overwriting import written
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason


def _unpacked(call: Call) -> tuple[bool, Word | None]:
    """Return whether `cpio`, `unsquashfs` or `7z` unpacks, and where."""
    found = split(call.words, "-D --directory -d -dest -F -I -H", whole=call.program == "unsquashfs")
    if call.program == "cpio":
        return found.has("-i", "--extract"), found.values.get("-D") or found.values.get("--directory")
    if call.program == "unsquashfs":
        return True, found.values.get("-d") or found.values.get("-dest")
    named = next(
        (replace(word, text=word.text[2:]) for word in call.words if re.match(r"-o.", word.text)), None
    )
    return bool(call.texts) and call.texts[0] in ("x", "e"), named


#: Programs that write into the file behind an option, and their options with a value, that one among them.
_PUT = {
    "sort": ("-o --output", "-o --output -k -t -S -T"),
    "pv": ("-o --output", "-o --output -s -L -N -B"),
    **dict.fromkeys(("gpg", "gpg2", "age"), ("-o --output", "-o --output -u -r -d -i")),
    **dict.fromkeys(("tcpdump", "dumpcap"), ("-w", "-w -i -c -s")),
    "base64": ("-o --output", "-o --output -i"),
    "uudecode": ("-o", "-o"),
}


_VALUED = {
    "scp": "-P -i -o -F -l -c -S -J",
    "rsync": "-e --rsh -f --filter --exclude --include --chmod --bwlimit --files-from",
    "split": "-a -b -l -n -t",
    "ffmpeg": "-i -f -c -ss -t -r -b -s",
    "xxd": "-c -g -l -s -o -n",
    "patch": "-d -i -p -o -r -F",
}


def _put(call: Call, home: str) -> Iterator[Reason]:
    """`sort -o file`, `openssl -out file`, `xxd -r x file`, `scp host:x file`: the file that is written."""
    if call.program == "openssl":
        targets = [word for before, word in zip(call.texts, call.words[1:]) if before == "-out"]
    elif call.program in _PUT:
        names, valued = _PUT[call.program]
        found = split(call.words, valued)
        targets = [found.values[name] for name in names.split() if name in found.values]
    else:
        operands = split(call.words, _VALUED.get(call.program, "")).operands
        targets = list(operands[-1:]) if len(operands) > 1 or call.program == "ffmpeg" else []
        if call.program in ("scp", "rsync"):
            targets = [
                word
                for word in targets
                if ":" not in word.text and locate(word, home, call.cwd) in (Place.VITAL, Place.DEVICE)
            ]
        elif call.program == "patch":
            targets = list(operands[:1])
            targets = [word for word in targets if locate(word, home, call.cwd) is Place.VITAL]
    for word in targets:
        yield from written(call, word, home)


def _extracted(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "-f -C -T -X --file --directory --exclude --files-from --strip-components -d")
    if call.program in ("tar", "gtar", "bsdtar"):
        bundle = call.texts[0] if call.texts else ""
        extracts = found.has("-x", "--extract", "--get") or (not bundle.startswith("-") and "x" in bundle)
        target = found.values.get("-C") or found.values.get("--directory")
    else:
        extracts, target = not found.has("-l", "-t", "-p"), found.values.get("-d")
        if call.program in ("cpio", "unsquashfs", "7z", "7za", "7zz"):
            extracts, target = _unpacked(call)
    if (
        extracts
        and target
        and locate(target, home, call.cwd) in (Place.ROOT, Place.SYSTEM)
        and not target.text.startswith(("/usr/local", "/opt", "/srv", "/var/www", "/mnt"))
    ):
        yield said(Level.DANGER, f"writes over whatever the archive names in {shown_path(target.text)}", call)
    bundle = call.texts[0].lstrip("-") if call.texts else ""
    if (
        call.program in ("tar", "gtar", "bsdtar")
        and extracts
        and (found.has("-P", "--absolute-names") or (re.fullmatch(r"\w+", bundle) and "P" in bundle))
    ):
        level = Level.DANGER if call.root else Level.CAUTION
        yield said(level, "writes over whatever the archive names, anywhere in the system", call)
    if found.has("--remove-files"):
        for word in found.operands:
            yield from deleted(call, word, home, recursive=True)


RULES = {
    **dict.fromkeys((*_PUT, "openssl", "xxd", "ffmpeg", "split", "scp", "rsync", "patch"), _put),
    **dict.fromkeys(("tar", "bsdtar", "gtar", "unzip", "cpio", "unsquashfs", "7z", "7za", "7zz"), _extracted),
}
