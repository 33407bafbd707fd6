"""Accounts: removed with their files, opened without a password, given all rights."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import Arguments, split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.output import read_text
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_ADMIN = r"(?:sudo|wheel|admin|adm|staff|docker|lxd|disk|shadow|libvirt)"
_ROOT = r"root|wheel|sudo|admin"
_NOBODY = re.compile(r".*/(?:false|nologin|true|null)")
_VALUED = (
    "-u -g -G -d -s -c -e -f -p -l -k -K -b -L -Z -R --uid --gid --groups --home --shell --comment"
    " --expiredate --inactive"
    " --password --login --skel --base-dir --root --home-dir --ingroup --gecos --group --prefix"
)  # fmt: skip


def _usermod(call: Call, home: str) -> Iterator[Reason]:
    """`useradd`, `usermod` and `adduser`."""
    del home
    valued = _VALUED.replace("-L ", "") if call.program == "usermod" else _VALUED.replace("--group ", "")
    found = split(call.words, valued)
    if found.has("--help"):
        return
    who = found.operands[-1].text if found.operands else ""
    groups = ",".join(
        found.values[name].text
        for name in ("-G", "--groups", "-g", "--gid", "--ingroup")
        if name in found.values
    ).split(",")
    if call.program == "adduser" and len(found.operands) > 1:
        who, groups = found.operands[0].text, [found.operands[1].text]
    uid, shell = (
        found.values.get("-u") or found.values.get("--uid"),
        found.values.get("-s") or found.values.get("--shell"),
    )
    password = found.values.get("-p") or found.values.get("--password")
    if uid is not None and uid.text == "0":
        yield said(Level.DANGER, f"gives {who} all the rights of root", call)
    elif "root" in groups or "0" in groups:
        yield said(Level.DANGER, f"puts {who} into the group of root", call)
    elif any(re.fullmatch(_ADMIN, group) for group in groups) and (
        groups != ["docker"] or not found.has("-a", "--append")
    ):
        yield said(Level.CAUTION, f"lets {who} do what root may", call)
    if password is not None:
        level = Level.DANGER if not password.text or who == "root" else Level.CAUTION
        yield said(level, f"sets the password of {who} in sight of everybody", call)
    if call.program == "usermod":
        yield from _modified(call, found, who, shell)


def _modified(call: Call, found: Arguments, who: str, shell: Word | None) -> Iterator[Reason]:
    """What `usermod` takes from an account that is there."""
    locked = shell is not None and bool(_NOBODY.fullmatch(shell.text))
    if who == "root" and (
        locked or found.has("-L", "--lock", "-l", "--login", "-d", "--home", "-e", "--expiredate", "-u")
    ):
        yield said(Level.DANGER, "locks root out", call)
    elif who == "root" and found.has("-U", "--unlock"):
        yield said(Level.DANGER, "lets root log in", call)
    elif "-G" in found.options and not found.has("-a", "--append", "-r", "--remove"):
        yield said(Level.CAUTION, f"takes {who} out of all other groups", call)
    elif locked or found.has(
        "-L", "--lock", "-e", "--expiredate", "-l", "--login", "-u", "--uid", "-m", "-r"
    ):
        yield said(Level.CAUTION, f"changes how {who} logs in", call)


def _userdel(call: Call, home: str) -> Iterator[Reason]:
    del home
    found = split(call.words, "-R -P --root --prefix --backup-to")
    names = [word.text for word in found.operands]
    if found.has("--help") or not names:
        return
    if len(names) > 1 and call.program == "deluser":
        level = Level.DANGER if names[0] == "root" else Level.CAUTION
        yield said(level, f"takes {names[0]} out of the group {names[1]}", call)
    elif found.has("-r", "--remove", "--remove-home", "--remove-all-files"):
        yield said(
            Level.DANGER, f"deletes the account {names[0]} with its home directory, not recoverable", call
        )
    else:
        yield said(
            Level.DANGER if names[0] == "root" else Level.CAUTION, f"deletes the account {names[0]}", call
        )


def _passwd(call: Call, home: str) -> Iterator[Reason]:
    del home
    found = split(call.words, "-n -x -w -i -R -r --mindays --maxdays --warndays --inactive --root")
    who = found.operands[0].text if found.operands else "root" if call.root else "this account"
    if found.has("-d", "--delete"):
        yield said(Level.DANGER, f"lets everybody log in as {who} without a password", call)
    elif who == "root" and found.has("-u", "--unlock"):
        yield said(Level.DANGER, "lets root log in", call)
    elif found.has("-l", "--lock", "-u", "--unlock", "-e", "--expire"):
        yield said(Level.CAUTION, f"changes whether {who} can log in", call)
    elif found.has("--stdin") or call.stdin.calls or call.stdin.text is not None:
        yield said(
            Level.DANGER if who == "root" else Level.CAUTION,
            f"sets the password of {who} in sight of everybody",
            call,
        )


def _chpasswd(call: Call, home: str) -> Iterator[Reason]:
    del home
    if split(call.words).has("--help"):
        return
    text = read_text(call) or " ".join(word for one in call.stdin.calls for word in one.texts)
    level = Level.DANGER if re.search(r"(?m)^root:|^[^:\s]+:[^:]*:0:", text) else Level.CAUTION
    yield said(level, "sets passwords in sight of everybody", call)


def _chsh(call: Call, home: str) -> Iterator[Reason]:
    del home
    found = split(call.words, "-s --shell -R")
    shell = found.values.get("-s") or found.values.get("--shell")
    root = any(word.text == "root" for word in found.operands) or (call.root and not found.operands)
    if shell is not None and _NOBODY.fullmatch(shell.text):
        yield said(
            Level.DANGER if root else Level.CAUTION,
            "leaves an account without a shell: nobody can log in to it",
            call,
        )
    elif shell is not None and root and re.match(r"/(?:tmp|home|dev/shm|var/tmp)/", shell.text):
        yield said(Level.DANGER, "makes a program of one's own the shell of root", call)


RULES = {
    **dict.fromkeys(("useradd", "usermod", "adduser", "luseradd", "lusermod"), _usermod),
    **dict.fromkeys(("userdel", "deluser", "luserdel"), _userdel),
    "passwd": _passwd, "chpasswd": _chpasswd, "newusers": _chpasswd, "chsh": _chsh,
}  # fmt: skip
ROWS = (
    Row("groupdel|delgroup", Level.DANGER, "deletes a group that the system rests on",
        verbs=_ROOT + "|shadow|adm", unless="--help"),
    Row("groupdel|delgroup", Level.CAUTION, "deletes a group", unless="--help"),
    Row("groupmod", Level.DANGER, "gives a group the rights of root", words=r"(?:-\w*g|--gid)[ =]?0\b"),
    Row("groupadd", Level.DANGER, "makes another group of root", words=r"(?:-\w*g|--gid)[ =]?0\b"),
    Row("addgroup", Level.DANGER, "puts somebody into the group of root", verbs=r"\S+ root"),
    Row("chage", Level.DANGER, "locks root out", options="-E --expiredate", valued="-E -d -I -M -m -W --expiredate", verbs="root",
        words=r"(?:-E|--expiredate)[ =]?(?:0|1|\d{4}-)"),
    Row("groupmod", Level.CAUTION, "changes a group", options="-g --gid -n --new-name"),
    Row("gpasswd", Level.DANGER, "puts somebody into the group of root", options="-a --add -M -A",
        valued="-a -d -M -A --add --delete --members --administrators", verbs="root"),
    Row("gpasswd", Level.CAUTION, "lets somebody do what root may", options="-a --add -M -A",
        valued="-a -d -M -A --add --delete --members --administrators", verbs=_ADMIN.replace("docker|", "")),
    Row("gpasswd", Level.CAUTION, "takes somebody out of a group, or its password away",
        options="-d --delete -r --remove-password", valued="-a -d -M -A --add --delete --members --administrators"),
    Row("chage", Level.CAUTION, "lets an account expire",
        options="-E --expiredate -d --lastday -I --inactive", unless="-l --list", valued="-E -d -I -M -m -W"),
    Row("pwunconv|grpunconv", Level.DANGER, "makes the passwords of all readable for everybody"),
    Row("vipw|vigr", Level.CAUTION, "edits the accounts by hand", unless="--help"),
    Row("dscl", Level.DANGER, "deletes an account",
        words=r"-?\bdelete /Users/[^/ ]+$|-?\bdelete /(?:Users|Groups)/?$|-?\bdelete /Groups/(?:admin"
        r"|wheel|staff)\b"),
    Row("dscl", Level.DANGER, "gives an account all the rights of root",
        words=r"create /Users/\S+ (?:UniqueID|PrimaryGroupID) 0\b"),
    Row("dscl", Level.CAUTION, "changes accounts",
        words=r"-(?:delete|passwd|append /Groups/|merge /Groups/|change)|\b(?:delete|passwd) /"),
    Row("sysadminctl", Level.CAUTION, "deletes an account", words="-deleteUser.*-keepHome"),
    Row("sysadminctl", Level.DANGER, "deletes an account with its home directory, not recoverable",
        words="-deleteUser"),
    Row("sysadminctl", Level.CAUTION, "lets somebody do what root may, or changes a password",
        words="-admin|-resetPasswordFor|-newPassword|-guestAccount on|-autologin set"),
    Row("dseditgroup", Level.DANGER, "deletes a group that the system rests on",
        words=r"-o delete.* (?:admin|wheel|staff)$"),
    Row("dseditgroup", Level.CAUTION, "changes a group",
        words=r"-o (?:delete|edit)\b.* \S*(?:admin|wheel|access_ssh\S*)$|-o delete\b"),
    Row("dsenableroot", Level.DANGER, "lets root log in", unless="-d"),
    Row("pw", Level.DANGER, "deletes an account with its home directory, not recoverable", verbs="userdel",
        options="-r"),
    Row("pw", Level.CAUTION, "deletes an account or a group", verbs="(?:user|group)del|lock"),
    Row("ipa", Level.CAUTION, "deletes an account", verbs=r"(?:user|group|host)-del"),
    Row("samba-tool|smbpasswd|kadmin|kadmin.local|realm", Level.CAUTION, "deletes or leaves accounts",
        words=r"\buser delete\b|^-x|delprinc|^leave"),
    Row("ldapdelete", Level.DANGER, "deletes a whole tree of accounts", options="-r"),
    Row("ldapdelete", Level.CAUTION, "deletes an account", unless="-n"),
)  # fmt: skip
