"""File systems and partitions that would be made anew over what is there now."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import UNKNOWN, Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.deleting import shown_path
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_SHOWS = (
    "-h --help -V --version -l --list -p --print -n --no-act -N --dry-run -d --dump -J --json -v --verify -s"
    " --show-size"
)
_LOST = "all data on it is lost"
_DISK = r"(?:/dev/)?(?:r?disk\d\w*|ada\d\w*|da\d\w*|nvd\d\w*|[sv]d[a-z]\d*)|/(?:Volumes|dev)/.+|.*[\0\1].*"


def device(word: Word, home: str, cwd: str) -> bool:
    """Say whether `word` is a raw device, or may be one for all that is known of it."""
    if any(one.program in ("lsblk", "blkid") for one in word.made_by) and "." not in word.text:
        return True
    if word.text.startswith("/dev/"):
        return not re.match(r"/dev/(?:loop|ram|zram|nbd|null|fd/|shm|stdin|stdout)", word.text)
    if locate(word, home, cwd) is Place.DEVICE:
        return True
    return word.text.startswith(UNKNOWN) and "." not in word.text


def first_device(call: Call, home: str, words: tuple[Word, ...]) -> Word | None:
    """Return the first of `words` that is a raw device, for `call`; None if none is."""
    return next((word for word in words if device(word, home, call.cwd)), None)


def all_lost(call: Call, word: Word, does: str) -> Reason:
    """Return the reason that `call` `does` something to the device `word` that leaves nothing on it."""
    critical = word.known
    return Reason(
        Level.DANGER, f"{does} {shown_path(word.text)}: {_LOST}", call.start, call.end, critical=critical
    )


def _mkfs(call: Call, home: str) -> Iterator[Reason]:
    """Every `mkfs.*`, `newfs*`, `mkswap`: an image file may be one's own, a device is not."""
    found = split(call.words)
    if found.has("--help", "--version", "-V", "--dry-run") or "-n" in call.texts[:1] or not call.words:
        return
    if (call.program.startswith("mkfs.ext") or call.program in ("mke2fs", "newfs")) and "-n" in call.texts:
        return
    if call.program == "mkfs.xfs" and "-N" in call.texts:
        return
    word = first_device(call, home, call.words)
    if word:
        yield all_lost(
            call, word, "makes a new file system on" if call.program != "mkswap" else "makes swap of"
        )


def _table(call: Call, home: str) -> Iterator[Reason]:
    """Partition tables: written at once, or from what arrives on the standard input."""
    found = split(call.words)
    word = first_device(call, home, call.words)
    if not word:
        return
    fed = bool(call.stdin.calls) or call.stdin.text is not None
    shown = found.has(*_SHOWS.split()) and not found.has("--delete")
    if call.program in ("sfdisk", "fdisk", "gdisk") and (found.has("--delete") or (fed and not shown)):
        yield all_lost(call, word, "writes a new partition table to")
    elif not shown and not found.has("--part-uuid", "--list-types", "-T", "-q"):
        yield said(Level.CAUTION, f"changes the partitions of {shown_path(word.text)}", call)


def _sgdisk(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words)
    word = first_device(call, home, call.words)
    if not word or found.has("--help", "-P", "--pretend"):
        return
    if found.has(
        "-Z",
        "--zap-all",
        "--zap",
        "-z",
        "-o",
        "--clear",
        "-d",
        "--delete",
        "-l",
        "--load-backup",
        "-R",
        "--replicate",
    ):
        yield all_lost(call, word, "deletes partitions of")
    elif found.has("-n", "--new", "-G", "-t", "--typecode", "-g", "-c", "-e", "-N", "--mbrtogpt", "-u", "-U"):
        yield said(Level.CAUTION, f"changes the partitions of {shown_path(word.text)}", call)


def _parted(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "-a --align")
    word = first_device(call, home, found.operands)
    if not word or found.has("-l", "--list", "--help"):
        return
    verbs = [one.text for one in found.operands if one is not word]
    if {"mklabel", "mktable", "rm", "mkfs", "mkpartfs"} & {part for verb in verbs for part in verb.split()}:
        yield all_lost(call, word, "deletes partitions of")
    elif not verbs or {"mkpart", "resizepart", "resize", "move", "rescue", "cp"} & set(
        " ".join(verbs).split()
    ):
        yield said(Level.CAUTION, f"changes the partitions of {shown_path(word.text)}", call)


_MAKERS = (
    "mkfs mke2fs mkswap mkdosfs mkntfs mkexfatfs mkreiserfs mkudffs mkf2fs newfs newfs_apfs newfs_hfs"
    " newfs_msdos newfs_exfat"
    " mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.msdos mkfs.ntfs"
    " mkfs.exfat mkfs.f2fs"
    " mkfs.jfs mkfs.reiserfs mkfs.minix mkfs.udf mkfs.gfs2 mkfs.ocfs2 mkfs.bfs mkfs.cramfs mkfs.nilfs2"
    " mkfs.erofs mkfs.bcachefs"
)
RULES = {
    **dict.fromkeys(_MAKERS.split(), _mkfs),
    **dict.fromkeys(("fdisk", "sfdisk", "cfdisk", "gdisk", "cgdisk"), _table),
    "sgdisk": _sgdisk, "parted": _parted,
}  # fmt: skip
_HELP = "--help --version --dry-run"
ROWS = (
    Row("diskutil", Level.DANGER, f"erases a disk or volume: {_LOST}", critical=True,
        verbs=r"(?i:erase\w*|zeroDisk|randomDisk|secureErase|partitionDisk|reformat)",
        operand=_DISK, whole=True),
    Row("diskutil", Level.DANGER, f"erases a disk or volume: {_LOST}",
        words=r"(?i)\b(?:erase\w+|zeroDisk|secureErase|delete(?:Container|Volume|VolumeGroup|LVG)"
        r"|(?:RAID|appleRAID) delete|splitPartition|mergePartitions)\b"),
    Row("diskutil", Level.CAUTION, "changes a disk's volumes",
        words=r"(?i)\b(?:resize\w+|addVolume|addPartition|createContainer|repair\w+|encryptVolume"
        r"|decryptVolume|unmountDisk force)\b"),
    Row("ocs-sr|ocs-restore-mdisks|ocs-onthefly", Level.DANGER, f"writes over whole disks: {_LOST}",
        words=r"\brestore(?:disk|parts)\b|(?:^|\s)-(?:d|t) ?\S", unless="--help"),
    Row("hdparm", Level.DANGER, f"erases or rewrites a disk's insides: {_LOST}",
        options="--security-erase --security-erase-enhanced --make-bad-sector --write-sector"
        " --repair-sector --trim-sector-ranges"
        " --trim-sector-ranges-stdin --dco-restore --fwdownload --sanitize-block-erase"
        " --sanitize-crypto-scramble --sanitize-overwrite"),
    Row("hdparm", Level.CAUTION, "locks a disk or changes its size",
        options="--security-set-pass --security-disable --security-freeze -N"),
    Row("nvme", Level.DANGER, f"erases a disk: {_LOST}", critical=True,
        verbs="format|sanitize|delete-ns|write-zeroes|write-uncor|dsm|write", unless=_HELP + " -h"),
    Row("nvme", Level.CAUTION, "changes a disk's namespaces or its firmware",
        verbs="create-ns|detach-ns|fw-.*|set-feature|reset|subsystem-reset"),
    Row("gpart|gpt", Level.DANGER, f"deletes partitions: {_LOST}",
        verbs="destroy|delete|create|recover|remove"),
    Row("bsdlabel|disklabel", Level.DANGER, f"writes a new label to a disk: {_LOST}", options="-w -R -B"),
    Row("asr", Level.DANGER, f"writes over a whole volume: {_LOST}", options="--erase -erase", whole=True),
    Row("flashrom", Level.DANGER, "writes over the firmware: the machine may not start again",
        options="-w -E --write --erase"),
    Row("mtd", Level.DANGER, "writes over the firmware: the machine may not start again",
        verbs="write|erase"),
    Row("fastboot", Level.DANGER, f"erases or rewrites a device: {_LOST}",
        verbs="erase|format.*|flash|flashall|flashing|oem"),
    Row("fastboot", Level.DANGER, f"erases a device: {_LOST}", options="-w"),
    Row("xfs_repair", Level.DANGER, "throws away the journal of a file system: its last changes are lost", options="-L",
        unless="-n"),
    Row("fsck.*|e2fsck|xfs_repair|ntfsfix|reiserfsck", Level.CAUTION, "repairs a file system without asking",
        options="-y -f -p -a -L -b", unless="-n -N --help -V"),
    Row("resize2fs|ntfsresize|tune2fs|xfs_admin|debugfs|btrfstune|reiserfstune", Level.CAUTION,
        "changes a file system in place",
        options="-M -s -O -U -w -S -j -f -m --size", unless="-n -i --info --no-action --help",
        operand=r"/dev/.*"),
    Row("partx|delpart|kpartx", Level.CAUTION, "takes partitions away from the running system",
        options="-d --delete -D"),
    Row("delpart", Level.CAUTION, "takes a partition away from the running system"),
)  # fmt: skip
