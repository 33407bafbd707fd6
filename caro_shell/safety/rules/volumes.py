"""Volumes, pools, arrays and mounts: what holds whole file systems, and their backups."""

from __future__ import annotations

from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.deleting import shown_path
from caro_shell.safety.rules.disks import device
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_LOST = "all data in it is lost"
_HELP = "-h --help --version --dry-run"
_MOUNTED = (
    "/",
    "/usr",
    "/etc",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/root",
    "/dev",
    "/proc",
    "/sys",
    "/usr/bin",
    "/usr/lib",
    "/run",
)


def _mount(call: Call, home: str) -> Iterator[Reason]:
    """Something put over a directory that the system needs, or the system made read-only."""
    found = split(
        call.words, "-t -o -O -L -U -N -T --types --options --label --uuid --source --target --namespace"
    )
    if found.has("--help", "-f", "--fake") or not found.operands:
        return
    target = found.values.get("--target") or found.operands[-1]
    chosen = found.values.get("-o") or found.values.get("--options")
    options = chosen.text.split(",") if chosen else []
    type_ = found.values.get("-t") or found.values.get("--types")
    path = target.text.rstrip("/") or "/"
    if "remount" in options:
        if "ro" in options and locate(target, home, call.cwd) in (Place.ROOT, Place.SYSTEM):
            yield said(Level.CAUTION, f"makes {path} read-only for everything that runs", call)
        return
    own = type_ is not None and type_.text in ("proc", "sysfs", "devtmpfs", "devpts", "efivarfs")
    made = type_ is not None and type_.text in ("tmpfs", "ramfs", "overlay")
    over = len(found.operands) > 1 or made or found.has("-B", "--bind", "--rbind", "--move", "-M")
    if over and not own and path in _MOUNTED and path != "/run":
        yield said(Level.DANGER, f"hides what is in {path}, which the system needs", call)
    elif over and made and locate(target, home, call.cwd) in (Place.SYSTEM, Place.HOME):
        yield said(Level.DANGER, f"hides what is in {path} behind an empty file system", call)


def _umount(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "-t -O --types --test-opts")
    if found.has("--help", "--fake"):
        return
    hard = found.has("-f", "--force", "-l", "--lazy")
    if found.has("-a", "--all"):
        level = Level.DANGER if hard or "-t" not in found.values else Level.CAUTION
        yield said(level, "takes away every file system that can be unmounted", call)
    for word in found.operands:
        place = locate(word, home, call.cwd)
        if place is Place.ROOT or (
            hard and place in (Place.SYSTEM, Place.HOME, Place.EMPTY) and not word.text.startswith("/mnt")
        ):
            yield said(Level.DANGER, f"takes {shown_path(word.text)} away from the running system", call)
        elif word.text.rstrip("/") in (*_MOUNTED, "/home", "/var", "/boot", "/tmp") or hard:
            yield said(Level.CAUTION, f"takes {shown_path(word.text)} away from what uses it", call)


def _cryptsetup(call: Call, home: str) -> Iterator[Reason]:
    found = split(
        call.words,
        "-c -s -h -i --cipher --key-size --hash --key-file -d -S --key-slot --type -M --header --label"
        " --pbkdf",
    )
    verb = found.operands[0].text if found.operands else ""
    on_device = any(device(word, home, call.cwd) for word in found.operands[1:])
    if found.has("--help", "--test-passphrase") or not verb:
        return
    if verb in ("luksErase", "erase", "luksHeaderRestore") or (
        verb in ("luksFormat", "create") and on_device
    ):
        yield said(
            Level.DANGER, f"makes what is encrypted there unreadable: {_LOST}", call, critical=on_device
        )
    elif verb in ("luksKillSlot", "luksRemoveKey") and (on_device or found.has("-q", "--batch-mode")):
        yield said(Level.DANGER, "removes a key: with the last one all data is lost", call)
    elif verb in ("luksKillSlot", "luksRemoveKey", "reencrypt", "convert", "luksChangeKey", "resize"):
        yield said(Level.CAUTION, "changes how an encrypted volume is opened", call)


def _zfs(call: Call, home: str) -> Iterator[Reason]:
    del home
    found = split(call.words, "-o -O -x -t -d -m")
    verb, *names = [word.text for word in found.operands] or [""]
    if found.has("--help") or (found.has("-n") and verb == "destroy"):
        return
    if verb == "destroy":
        one = any("@" in name and "%" not in name for name in names) and not found.has("-r", "-R")
        level = Level.CAUTION if one else Level.DANGER
        yield said(
            level, "destroys a snapshot" if one else "destroys a file system of ZFS and all in it", call
        )
    elif verb == "rollback":
        yield said(Level.DANGER, "goes back to a snapshot: everything since then is lost", call)
    elif verb in ("receive", "recv") and found.has("-F") and not found.has("-n"):
        yield said(Level.DANGER, "goes back to what is received: everything since then is lost", call)
    elif verb in ("promote", "rename", "unmount", "unload-key", "change-key"):
        yield said(Level.CAUTION, "changes a file system of ZFS", call)


RULES = {"mount": _mount, "umount": _umount, "unmount": _umount, "cryptsetup": _cryptsetup, "zfs": _zfs}

_LVM = "-t --test --help --version"
ROWS = (
    Row("lvremove|vgremove|pvremove", Level.DANGER, f"deletes a volume: {_LOST}", unless=_LVM),
    Row("lvm", Level.DANGER, f"deletes or shrinks a volume: {_LOST}",
        verbs="lvremove|vgremove|pvremove|lvreduce", unless=_LVM),
    Row("lvreduce", Level.DANGER, "shrinks a volume: what lies behind the new end is lost", unless=_LVM),
    Row("lvresize", Level.DANGER, "shrinks a volume: what lies behind the new end is lost",
        words=r"(?:-L|--size|-l|--extents)[ =]?-", unless=_LVM),
    Row("vgreduce", Level.DANGER, "forgets the disks that are missing, and the volumes on them",
        options="--removemissing", unless=_LVM),
    Row("vgreduce|vgcfgrestore|pvmove|lvconvert|vgsplit|vgmerge|vgexport|pvresize", Level.CAUTION,
        "changes what volumes are made of", unless=_LVM + " --list"),
    Row("vgchange|lvchange", Level.CAUTION, "takes volumes away from the running system",
        words=r"(?:-a|--activate)[ =]?n\b"),
    Row("vgcreate", Level.CAUTION, "makes disks a group of LVM", unless=_LVM),
    Row("zpool", Level.DANGER, f"destroys a pool of ZFS: {_LOST}", verbs="destroy|labelclear", critical=True,
        unless="--help"),
    Row("zpool", Level.DANGER, "makes a pool of disks that hold something else", verbs="create|add|replace",
        options="-f", unless="-n"),
    Row("zpool", Level.CAUTION, "changes what a pool of ZFS is made of",
        verbs="create|add|remove|detach|offline|export|split|replace|upgrade|reguid", unless="-n"),
    Row("zpool", Level.CAUTION, "drops the last changes to a pool of ZFS", verbs="import", options="-F -X"),
    Row("btrfs", Level.DANGER, f"deletes a subvolume: {_LOST}", verbs=r"su\w* d\w*", unless="--help"),
    Row("btrfs", Level.DANGER, "repairs a file system in a way that may lose it", verbs="check",
        options="--repair --init-csum-tree --init-extent-tree --clear-space-cache"),
    Row("btrfs", Level.DANGER, "drops the last changes to a file system",
        verbs=r"resc\w* (?:zero-log|clear-.*|create-control-device)"),
    Row("btrfs", Level.CAUTION, "changes what a file system is made of",
        verbs=r"(?:dev\w*|rep\w*) (?:del\w*|rem\w*|add|start)"),
    Row("btrfs", Level.CAUTION, "changes the size of a file system", verbs=r"fi\w* res\w*", words=r"\s(?:\d+:)?\d"),
    Row("btrfs", Level.CAUTION, "shrinks a file system", verbs=r"fi\w* res\w*", words=r"\s-\d|:-\d"),
    Row("mdadm", Level.DANGER, f"makes an array of disks unreadable: {_LOST}", options="--zero-superblock",
        critical=True),
    Row("mdadm", Level.DANGER, "makes a new array of disks: what is on them is lost",
        options="--create -C --build -B"),
    Row("mdadm", Level.CAUTION, "takes an array, or a disk of it, away",
        options="--stop -S --fail -f --remove -r --grow -G --set-faulty"),
    Row("drbdadm", Level.DANGER, f"drops this side's copy of a volume: {_LOST}",
        verbs="invalidate|invalidate-remote|wipe-md|create-md"),
    Row("multipath|iscsiadm|dmsetup|losetup", Level.CAUTION, "takes disks away from the running system",
        options="-F -u --logout -D --detach-all"),
    Row("dmsetup", Level.DANGER, "takes volumes away from the running system", verbs="remove_all|wipe_table"),
    Row("dmsetup", Level.CAUTION, "takes a volume away from the running system",
        verbs="remove|suspend|clear"),
    Row("fallocate", Level.DANGER, "takes a part out of what the system needs: what was there is lost",
        options="-p -c -z --punch-hole --collapse-range --zero-range", operand=r"/(?:dev|etc|boot|usr|lib)/.*"),
    Row("fallocate", Level.CAUTION, "takes a part out of a file: what was there is lost",
        options="-p -c -z --punch-hole --collapse-range --zero-range"),
    Row("scrub|srm", Level.CAUTION, "destroys the content of a file, not recoverable", unless="--help --version"),
    Row("snapper", Level.DANGER, "deletes a whole range of snapshots", verbs="delete|remove|rm", operand=r"\d+-\d+"),
    Row("vagrant", Level.DANGER, "destroys a virtual machine and all in it, without asking", verbs="destroy",
        options="-f --force"),
    Row("restic|rustic|borg", Level.DANGER, "forgets every backup", verbs="forget|prune",
        words=r"--keep-(?:last|daily|within)[= ]0\w?(?: |$)(?!.*--keep-\w+[= ][1-9])", unless="-n --dry-run",
        valued="-r --repo -p --password-file -o --option --tag --host --keep-last --keep-daily --keep-within --group-by"),
    Row("tarsnap", Level.DANGER, "deletes every backup", options="--nuke"),
    Row("tarsnap", Level.CAUTION, "deletes a backup", options="-d", unless="--dry-run"),
    Row("stratis", Level.DANGER, f"destroys a pool: {_LOST}", verbs="pool|filesystem destroy"),
    Row("pvesm", Level.DANGER, f"deletes a volume: {_LOST}", verbs="free"),
    Row("swapoff", Level.CAUTION, "takes all swap away: what is in it must fit into memory",
        options="-a --all"),
)  # fmt: skip
