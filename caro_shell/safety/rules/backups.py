"""Backups, virtual machines and the storage of clusters that would be deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.places import absolute
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_LOST = "all data in it is lost"
#: Directories in which others look for what they may need one day, and what waits to be done.
_STORES = tuple(
    (re.compile(pattern), level, what)
    for pattern, level, what in (
        (r"/(?:(?:mnt|media|srv|data|var|vol\w*|opt|nas|storage)/(?:[^/]+/)?)?(?:db[-_]?|\w+[-_])?(?:backups?|snapshots|\.snapshots)(?:/(?:[^/]*\*[^/]*)?)?",
            Level.DANGER, "backups"),
        (r"/(?:mnt|media|srv|data|var|vol\w*|nas|storage)?/?(?:[^/]+/)?(?:backups?|snapshots|\.snapshots)/.+", Level.CAUTION, "a backup"),
        (r"/var/spool/(?:cron|anacron|at|cron/crontabs)(?:/\*?)?", Level.DANGER, "all scheduled jobs"),
        (r"/var/spool/(?:postfix|mqueue|exim4?|mail|clientmqueue|qmail)(?:/\*?)?(?:/(?:active|deferred|incoming|hold|input)(?:/\*?)?)?",
            Level.DANGER, "the mail that waits there"),
        (r"/etc/ssh/ssh_host_\S*|/etc/ssh/\*", Level.DANGER, "the keys by which others know this machine"),
        (r"/etc/(?:netplan|NetworkManager/system-connections|network|systemd/network|sysconfig/network-scripts)(?:/(?:\S*\*\S*)?)?",
            Level.DANGER, "how this machine is reached over the network"),
        (r"/var/spool/cron/(?:crontabs/)?[^/]+", Level.DANGER, "scheduled jobs"),
        (r"/etc/(?:iptables|nftables|ufw|firewalld)(?:/(?!\S*\.(?:bak|old|orig|save|dpkg\S*)$)\S+)?|/etc/nftables\.conf", Level.DANGER, "the rules of the firewall"),
        (r"/(?:var/named|etc/bind|var/lib/bind|etc/powerdns)(?:/(?:\S*\*\S*)?)?", Level.DANGER, "the zones of a name server"),
        (r"/home/[^/]+/(?:\.?[Mm]ail(?:dir)?|Maildir)(?:/\*)?|/var/(?:v?mail|qmail|lib/dovecot)(?:/\*?)?", Level.DANGER, "mail"),
        (r"(?:.*/)?terraform\.tfstate(?:\.d)?\*?", Level.CAUTION, "the state: what runs is no longer known"),
    )
)  # fmt: skip


def _stored(call: Call, home: str) -> Iterator[Reason]:
    """Directories that are deleted with what is kept in them for later."""
    found = split(call.words)
    recursive = found.has("-r", "-R", "--recursive")
    for word in found.operands:
        path = absolute(word.text, call.cwd)
        if re.fullmatch(re.escape(home) + r"/\.ssh/id_\S*\*\S*", path):
            yield said(Level.DANGER, "deletes private keys of ssh: what they open stays shut", call)
        for pattern, level, what in _STORES:
            if pattern.fullmatch(path):
                narrow = what == "backups" and not (recursive or "*" in path)
                yield said(Level.CAUTION if narrow else level, f"deletes {what}, not recoverable", call)
                break


_TESTS = re.compile(
    r"-(?:i?name|i?regex|i?path|[acm](?:time|min)|newer\w*|size|empty|user|maxdepth|prune|not)|!"
)


def _found(call: Call, home: str) -> Iterator[Reason]:
    """`find DIRECTORY -delete`, with no test that leaves something."""
    del home
    if "-delete" in call.texts and not any(map(_TESTS.fullmatch, call.texts)):
        starts = [word for word in call.words if word.text.startswith(("/", "~"))]
        for word in starts:
            for pattern, level, what in _STORES:
                if level is Level.DANGER and pattern.fullmatch(absolute(word.text, call.cwd)):
                    yield said(level, f"deletes {what}, not recoverable", call)


def _every_snapshot(call: Call, home: str) -> Iterator[Reason]:
    """Backups or snapshots that are all that is listed."""
    del home
    made = [one for word in call.words for one in word.made_by]
    listed = any(
        re.search(r"\b(?:snapshots|snapshot-list|list|ls)\b", " ".join(one.texts))
        for one in made
        if one.program == call.program
    )
    picked = any(one.program in ("grep", "egrep", "rg", "head", "fzf", "tail", "sed") for one in made)
    deletes = re.search(r"\b(?:forget|delete|snapshot-delete|remove|rm)\b", " ".join(call.texts))
    tried = {"--dry-run", "-n"} & set(call.texts)
    if listed and deletes and not picked and not tried:
        yield said(Level.DANGER, "deletes every backup or snapshot that is listed", call)


RULES = {
    **dict.fromkeys(("rm", "unlink", "shred", "grm"), _stored),
    "find": _found,
    **dict.fromkeys(
        "restic rustic borg kopia virsh snapper duplicacy timeshift tmutil".split(), _every_snapshot
    ),
}
ROWS = (
    Row("borg", Level.DANGER, "deletes backups, not recoverable", verbs="delete",
        unless="--help -n --dry-run"),
    Row("duplicity", Level.DANGER, "deletes every backup", words=r"\bremove-(?:all-but-n-full 0|all-inc-of-but-n-full 0|older-than (?:0\w?|\d+s|now))\b.*--force|--force .*\bremove-(?:all-but-n-full 0|older-than (?:0\w?|\d+s|now))\b",
        unless="--dry-run --help"),
    Row("kopia", Level.DANGER, "deletes every backup of a directory", verbs="snapshot delete", options="--all-snapshots-for-source"),
    Row("kopia", Level.CAUTION, "deletes old backups", verbs="snapshot delete|expire", options="--delete", valued="--config-file"),
    Row("proxmox-backup-client|bconsole|bacula-console|vzdump", Level.CAUTION, "deletes old backups",
        words=r"\b(?:snapshot forget|prune|group forget|purge|delete volume)\b", unless="--dry-run --help"),
    Row("borg|restic|duplicity|rsnapshot|snapper|timeshift|duplicacy|kopia", Level.CAUTION,
        "deletes old backups",
        words=r"\b(?:prune|forget|remove-\w[\w-]*|delete|snapshot delete)\b",
        unless="-n --dry-run --help --delete-all"),
    Row("timeshift", Level.DANGER, "deletes all backups, not recoverable", options="--delete-all"),
    Row("tmutil", Level.DANGER, "deletes backups, not recoverable",
        verbs="delete|deletelocalsnapshots|deleteinprogress"),
    Row("tmutil", Level.CAUTION, "stops or changes the backups",
        verbs="disable|removedestination|disablelocal|addexclusion|thinlocalsnapshots"),
    Row("vssadmin|wbadmin", Level.DANGER, "deletes backups, not recoverable", verbs="(?i:delete)"),
    Row("virsh", Level.DANGER, "deletes a virtual machine with its disks", verbs="undefine",
        options="--remove-all-storage --storage --wipe-storage --snapshots-metadata"),
    Row("virsh", Level.DANGER, "deletes a virtual disk: all data on it is lost",
        verbs="vol-delete|vol-wipe|pool-delete"),
    Row("virsh", Level.CAUTION, "stops or forgets a virtual machine",
        verbs="destroy|undefine|snapshot-delete|snapshot-revert|pool-destroy|pool-undefine|net-destroy"),
    Row("VBoxManage|vboxmanage", Level.DANGER, "deletes a virtual machine with its disks",
        verbs="unregistervm|closemedium", options="--delete -delete", whole=True),
    Row("multipass", Level.DANGER, "deletes virtual machines for good", verbs="purge|delete",
        options="-p --purge --all"),
    Row("multipass", Level.DANGER, "deletes virtual machines for good", verbs="purge"),
    Row("multipass", Level.CAUTION, "deletes a virtual machine", verbs="delete"),
    Row("qm|pct", Level.DANGER, "deletes a virtual machine with its disks", verbs="destroy"),
    Row("vagrant", Level.CAUTION, "deletes a virtual machine", verbs="destroy"),
    Row("ceph", Level.DANGER, f"deletes a pool or storage of the cluster: {_LOST}",
        words=r"\b(?:pool (?:delete|rm|purge)|osd (?:purge|destroy|lost)|fs rm)\b"),
    Row("rbd|rados", Level.DANGER, f"deletes storage of the cluster: {_LOST}",
        verbs="rm|remove|purge|rmpool"),
    Row("ceph-volume", Level.DANGER, f"wipes disks of the cluster: {_LOST}", verbs="lvm zap"),
    Row("xe", Level.DANGER, "deletes a virtual machine with its disks", verbs="vm-uninstall|vm-destroy|vdi-destroy|sr-destroy|sr-forget|snapshot-uninstall|pool-eject"),
    Row("govc", Level.DANGER, "deletes a virtual machine with its disks", verbs=r"(?:vm|datastore|pool|folder|datacenter|cluster)\.(?:destroy|rm)|object\.destroy|snapshot\.remove"),
    Row("vim-cmd", Level.DANGER, "deletes a virtual machine with its disks", verbs="vmsvc/(?:destroy|snapshot.removeall)"),
    Row("vim-cmd|esxcli", Level.CAUTION, "stops a virtual machine", words=r"vmsvc/(?:power\.\w+|unregister)|vm process kill|system shutdown|maintenanceMode set"),
    Row("proxmox-backup-manager|pvesm|pveceph", Level.DANGER, f"deletes storage: {_LOST}", words=r"^(?:datastore remove|pool destroy|osd destroy|fs destroy)\b"),
    Row("gluster", Level.DANGER, f"deletes a volume of the cluster: {_LOST}", verbs="volume delete"),
)  # fmt: skip
