"""Rights given away or taken from everybody: chmod, ACLs, attributes, capabilities, the umask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules import modes
from caro_shell.safety.rules.deleting import shown_path
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

WIDE = (Place.ROOT, Place.EMPTY, Place.SYSTEM, Place.HOME)
_WHOLE = (Place.ROOT, Place.HOME)
#: Directories of the system that people fill themselves.
OWN = (
    "/usr/local",
    "/opt",
    "/srv",
    "/var/www",
    "/mnt",
    "/media",
    "/Volumes",
    "/Applications",
    "/snap",
    "/nix",
)
KEY = re.compile(r"(?:.*/)?"
                  r"(?:id_(?:rsa|dsa|ecdsa|ed25519)\w*|g?shadow-?|ssh_host_\w+_key|\.netrc|\.pgpass|\.git-credentials"
                  r"|credentials|\.vault[-_]pass\w*|.*(?:priv|secret|_rsa)[\w.-]*\.(?:key|pem)"
                  r"|private-keys-v1\.d|privkey\d*\.pem|sudoers)")  # fmt: skip
_KEYS = re.compile(r"(?:.*/)?(?:\.ssh|\.gnupg|\.aws|\.kube|\.password-store|\.docker)(?:/\*)?/?")
#: Programs that run or write whatever they are told to; with their owner's rights, they give those to all.
_OPEN = re.compile(
    r"(?:ba|z|da|k|c|tc|fi|a)?sh|rbash|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|node|php[\d.]*"
    r"|lua[\d.]*|vim?|vim\..*|nvim|nano|emacs"
    r"|ed|find|cp|mv|tee|dd|cat|less|more|g?awk|mawk|sed|env|nmap|tar|zip|gdb|man|docker|chmod|chown"
    r"|install|rsync|socat|nc|ncat|strace"
    r"|xxd|base64|head|tail|sort|cut|git|make|tclsh|expect|screen|tmux|systemctl|journalctl|apt|pip3?"
    r"|gcc|curl|wget|openssl|flock|time|xargs"
)
_NEEDS = re.compile(
    r"(?:sudo|su|passwd|mount|umount|ping6?|newgrp|chsh|chfn|gpasswd|pkexec|fusermount3?|crontab|at|expiry)"
)


def own(path: str) -> bool:
    """Say whether `path` is in a directory of the system that people fill themselves."""
    return any(path == one or path.startswith(one + "/") for one in OWN)


def _chmod(call: Call, home: str) -> Iterator[Reason]:
    found = split([word for word in call.words if not re.fullmatch(r"-[rwxXst]{1,3}|-[0-7]{3,4}", word.text)])
    if found.has("--help", "--version"):
        return
    taken = next(
        (word.text for word in call.words if re.fullmatch(r"-[rwxXst]{1,3}|-[0-7]{3,4}", word.text)), None
    )
    recursive = found.has("-R", "--recursive")
    mode, targets = modes.Mode(), found.operands
    if "--reference" not in found.options:
        text = taken or (targets[0].text if targets else "")
        targets = targets if taken else targets[1:]
        mode = modes.parse(text) or modes.Mode()
    for word in targets:
        place = locate(word, home, call.cwd)
        yield from _changed(call, word, place, mode, recursive=recursive or (word.glob and place in WIDE))


def _changed(call: Call, word: Word, place: Place, mode: modes.Mode, *, recursive: bool) -> Iterator[Reason]:
    shown, path = shown_path(word.text), word.text.rstrip("/") or "/"
    whole = recursive and place in (*_WHOLE, Place.EMPTY)
    name = path.rpartition("/")[2]
    if mode.setuid:
        yield from _setuid(call, name, place, mode, recursive=recursive)
    if mode.world and not mode.sticky and place is not Place.SINK:
        yield said(
            _opened(place, path, recursive=recursive),
            f"lets everybody write to {shown}",
            call,
            critical=whole,
        )
    elif (mode.public or (mode.group and mode.octal)) and _secret(path, mode, recursive=recursive):
        yield said(Level.DANGER, f"lets others read the secrets in {shown}", call)
    elif mode.locks or (mode.stops and (place in WIDE or _program(path))):
        bad = place in (*WIDE, Place.VITAL, Place.CORE, Place.DEVICE) or (
            place is Place.INSIDE and not own(path)
        )
        level = Level.DANGER if bad and not _hidden(path, mode) else Level.CAUTION
        if level is Level.DANGER or mode.locks:
            yield said(level, f"takes the rights to {shown} from everybody", call, critical=whole)
    elif recursive and place in (*WIDE, Place.CORE) and not own(path):
        if place is Place.HOME and not mode.public:
            yield said(Level.CAUTION, f"changes the rights of everything under {shown}", call)
        else:
            level = Level.CAUTION if mode.takes and not mode.octal and not mode.stops else Level.DANGER
            yield said(
                level,
                f"changes the rights of everything under {shown}: programs and keys stop working",
                call,
                critical=whole,
            )


def _opened(place: Place, path: str, *, recursive: bool) -> Level:
    """Return how bad it is that everybody may write there."""
    if place in (*WIDE, Place.VITAL, Place.CORE, Place.DEVICE, Place.PRECIOUS):
        return Level.DANGER
    if place is Place.ABOVE and recursive:
        return Level.DANGER
    if place is Place.INSIDE:
        inner = not own(path) and path.startswith(
            (
                "/etc",
                "/usr",
                "/bin",
                "/sbin",
                "/lib",
                "/boot",
                "/root",
                "/var/run/docker",
                "/run/docker",
                "/var/spool/cron",
            )
        )
        return Level.DANGER if inner or (recursive and path.count("/") < 4) else Level.CAUTION
    return Level.CAUTION


def _secret(path: str, mode: modes.Mode, *, recursive: bool) -> bool:
    if path.endswith(".pub"):
        return False
    if path.endswith(("sudoers", "shadow")):
        return mode.public
    return bool(KEY.fullmatch(path)) or (bool(_KEYS.fullmatch(path)) and (recursive or path.endswith("*")))


def _program(path: str) -> bool:
    return bool(re.fullmatch(r"(?:/usr)?/s?bin/[^/]+|(?:/usr)?/lib(?:64)?(?:/.*)?", path))


def _hidden(path: str, mode: modes.Mode) -> bool:
    """Say whether a file that only root reads is kept so: `chmod 0 /etc/shadow` is the rule in places."""
    return mode.octal and path in ("/etc/shadow", "/etc/gshadow")


def _setuid(call: Call, name: str, place: Place, mode: modes.Mode, *, recursive: bool) -> Iterator[Reason]:
    bad = recursive or mode.world or _OPEN.fullmatch(name) or place in (*WIDE, Place.TEMPORARY) or "*" in name
    level = Level.DANGER if bad and not _NEEDS.fullmatch(name) else Level.CAUTION
    yield said(level, "lets everybody run it with its owner's rights", call)


def _installed(call: Call, home: str) -> Iterator[Reason]:
    """`install -m 4755 /bin/bash /tmp/x`: a copy with its owner's rights."""
    found = split(call.words, "-m -o -g -t -S --mode --owner --group --target-directory --suffix")
    given = found.values.get("-m") or found.values.get("--mode")
    mode = modes.parse(given.text) if given else None
    if mode and mode.setuid:
        for word in found.operands:
            yield from _setuid(
                call, word.text.rpartition("/")[2], locate(word, home, call.cwd), mode, recursive=False
            )


#: Groups whose members can do what root may, without being asked for a password.
_ROOTLIKE = r"(?:[\w-]+,)*(?:docker|lxd|incus-admin|libvirt|disk|shadow)(?:,[\w-]+)*"
ROWS = (
    Row("usermod|adduser|useradd|gpasswd|groupmod|addgroup|dseditgroup|pw", Level.CAUTION,
        "lets somebody do what root may", words=rf"^(?!.*[\0\1])(?:.*[ =])?{_ROOTLIKE}(?: |$)", unless="--help -d --delete -r"),
)  # fmt: skip


def _every_account(call: Call, home: str) -> Iterator[Reason]:
    """`getent passwd | cut -d: -f1 | xargs -n1 userdel`: whoever is listed."""
    del home
    made = [one for word in call.words for one in word.made_by]
    listed = any((one.program in ("getent", "dscl", "compgen") or "/etc/passwd" in one.texts) for one in made)
    if listed and not any(one.program in ("grep", "egrep", "rg", "fzf", "head") for one in made):
        yield said(Level.DANGER, "deletes or locks every account that is listed", call)


RULES = {
    **dict.fromkeys(("userdel", "deluser"), _every_account),
    "install": _installed,
    "ginstall": _installed,
    "chmod": _chmod,
    "gchmod": _chmod,
}
