"""Backups, virtual machines and the storage of clusters that would be deleted."""

from __future__ import annotations

from caro_shell.safety.rules.table import Row
from caro_shell.safety.verdict import Level

_LOST = "all data in it is lost"
ROWS = (
    Row("borg", Level.DANGER, "deletes backups, not recoverable", verbs="delete",
        unless="--help -n --dry-run"),
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
    Row("gluster", Level.DANGER, f"deletes a volume of the cluster: {_LOST}", verbs="volume delete"),
)  # fmt: skip
