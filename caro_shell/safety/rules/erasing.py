"""Programs that write over a whole device: wipers, and copiers that are not `dd`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.deleting import shown_path
from caro_shell.safety.rules.disks import all_lost, first_device
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason


def _erased(call: Call, home: str) -> Iterator[Reason]:
    """Programs that overwrite the device they are given, with the options that make them do it."""
    needs = {"wipefs": "-a --all -o --offset", "badblocks": "-w", "scrub": "", "blkdiscard": "",
             "nwipe": "", "zerofree": "",
             "sg_format": "-F --format", "sg_sanitize": "", "sg_unmap": "", "sg_write_same": "",
             "pvcreate": "-f -y --force --yes",
             "flash_erase": "", "flash_eraseall": "", "nandwrite": "", "flashcp": "", "ubiformat": "",
             "mkusb": ""}  # fmt: skip
    found = split(call.words)
    if found.has("--help", "--version", "-V", "-n", "--no-act", "--dry-run"):
        return
    word = first_device(call, home, call.words)
    options = needs[call.program].split()
    if word and (not options or found.has(*options)):
        yield all_lost(call, word, "wipes")
    elif word and call.program == "pvcreate":
        yield said(Level.CAUTION, f"makes {shown_path(word.text)} a volume of LVM", call)


def _written(call: Call, home: str) -> Iterator[Reason]:
    """Copiers of whole disks that are not `dd`: the last operand, or `of=`, is written."""
    operands = split(call.words, "-s -i -o -b -c -r -m -I --size -O --overwrite").operands
    targets = [
        Word(word.text[3:], word.start, word.end) for word in call.words if word.text.startswith("of=")
    ]
    plain = [word for word in operands if "=" not in word.text]
    if call.program.startswith("partclone.") and {"-r", "--restore", "-b", "--dev-to-dev"} & set(call.texts):
        targets += operands[-1:]
    if call.program in ("ddrescue", "dd_rescue", "ntfsclone") and len(plain) > 1:
        targets.append(plain[1])
    if call.program == "e2image" and {"-ra", "-ar", "-rap", "-rapc"} & set(call.texts) | (
        {"-a"} & set(call.texts)
    ):
        targets += plain[1:2]
    given = split(call.words, "-O --overwrite -o").values
    targets += [given[name] for name in ("-O", "--overwrite", "-o") if name in given]
    word = first_device(call, home, tuple(targets))
    if word:
        yield all_lost(call, word, "writes over the raw device")


def _archived(call: Call, home: str) -> Iterator[Reason]:
    """`tar cf /dev/sda ..`, `socat .. OPEN:/dev/sda`: a device in the place of a file that is written."""
    targets: list[Word] = []
    if call.program == "socat" and len(call.words) > 1:
        name, _, path = call.words[-1].text.partition(":")
        targets = [replace(call.words[-1], text=path.partition(",")[0])] if name.upper() in _OPENS else []
    elif call.words and re.search(r"^-?\w*[cr]", call.texts[0]):
        targets = [
            after
            for word, after in zip(call.words, call.words[1:])
            if re.fullmatch(r"-?[a-zA-Z]*f", word.text)
        ]
    word = first_device(call, home, tuple(targets))
    if word and not re.match(r"/dev/(?:n?st\d|rmt|tape)", word.text):
        yield all_lost(call, word, "writes over the raw device")


_OPENS = frozenset(("OPEN", "FILE", "GOPEN", "CREATE", "CREAT"))
_ERASERS = (
    "blkdiscard wipefs badblocks scrub nwipe zerofree sg_format sg_sanitize sg_unmap sg_write_same pvcreate"
    " flash_erase flash_eraseall nandwrite flashcp ubiformat mkusb"
)
_COPIERS = (
    "ddrescue dd_rescue dcfldd dc3dd ntfsclone partclone.restore partclone.dd partclone.ext2 partclone.ext3"
    " partclone.ext4 partclone.extfs partclone.btrfs partclone.ntfs partclone.vfat partclone.fat"
    " partclone.fat32 partclone.exfat e2image partclone.xfs partclone.f2fs partclone.hfsp"
)
RULES = {
    **dict.fromkeys(_ERASERS.split(), _erased),
    **dict.fromkeys(_COPIERS.split(), _written),
    **dict.fromkeys(("tar", "gtar", "bsdtar", "socat"), _archived),
}
