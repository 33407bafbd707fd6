"""System containers, small virtual machines and the tools for images: what is deleted with them."""

from __future__ import annotations

from caro_shell.safety.rules.table import Row
from caro_shell.safety.verdict import Level

ROWS = (
    Row("lxc|incus", Level.DANGER, "deletes a system container or virtual machine with its disks", verbs="delete|rm", options="-f --force"),
    Row("lxc|incus", Level.DANGER, "deletes storage: all data in it is lost", verbs="storage delete|rm"),
    Row("lxc|incus", Level.DANGER, "deletes storage: all data in it is lost", verbs="storage volume delete|rm"),
    Row("lxc|incus", Level.CAUTION, "deletes a system container or part of it", verbs="delete|rm"),
    Row("lxc|incus", Level.CAUTION, "goes back to a snapshot: everything since then is lost", verbs="restore"),
    Row("lxc|incus", Level.CAUTION, "goes back to a snapshot or deletes it", verbs="snapshot restore|delete|rm"),
    Row("lxc|incus", Level.CAUTION, "deletes something that containers use", verbs="image|network|profile|project|cluster delete|rm|remove"),
    Row("lxc|incus", Level.CAUTION, "gives a container rights over the machine", words=r"security\.privileged[ =]true"),
    Row("lxc-destroy", Level.DANGER, "deletes a system container with its disks", unless="--help"),
    Row("machinectl", Level.DANGER, "deletes a system container with its disks", verbs="remove|clean"),
    Row("colima|limactl|minikube|kind|k3d|orb|rancher-desktop|rdctl", Level.CAUTION, "deletes a local cluster or virtual machine with all in it",
        verbs="delete|reset|prune|factory-reset|cluster", words=r"\b(?:delete|reset|prune|factory-reset)\b", unless="--help"),
    Row("buildah|skopeo|crane|regctl|oras", Level.CAUTION, "deletes images", words=r"^(?:\S+ )?(?:rmi? .*(?:-a|--all)|prune|delete|manifest delete)\b"),
    Row("crictl|ctr", Level.CAUTION, "removes containers or images of the cluster's node", words=r"\b(?:rmi? .*(?:-a|--prune|--all)|rmp\b|images prune)"),
    Row("distrobox|toolbox", Level.CAUTION, "removes a box with what is installed in it", verbs="rm", options="-f --force -a --all"),
)  # fmt: skip
