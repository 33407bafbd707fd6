"""Clusters and the infrastructure that is described in files: what they run, and the state that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_VALUED = (
    "-n --namespace --context --kubeconfig --cluster --user -s --server --token -l --selector -f --filename -k --kustomize -o --output"
    " --field-selector --grace-period --timeout --cascade --as --as-group -c --container -p --patch --type --request-timeout"
)
#: Kinds that hold others, or data.
_HOLDING = re.compile(
    r"(?:ns|namespaces?|projects?|pvcs?|persistentvolumeclaims?|pvs?|persistentvolumes?|crds?|customresourcedefinitions?(?:\..*)?|nodes?|no"
    r"|storageclass(?:es)?|sc|clusters?|etcd\w*|volumesnapshots?|machines?|machinesets?)"
)
_SINGLE = frozenset("pod pods po job jobs replicaset rs event events lease".split())


def _kubectl(call: Call, home: str) -> Iterator[Reason]:  # noqa: C901
    del home
    found = split(call.words, _VALUED)
    texts = [word.text for word in found.operands]
    dry = found.values.get("--dry-run")
    if (
        not texts
        or found.has("--help", "-h")
        or (found.has("--dry-run") and not (dry and dry.text == "none"))
    ):
        return
    verb, *rest = texts
    if verb == "delete":
        yield from _deleted(call, rest)
    elif verb in ("drain", "cordon", "taint"):
        listed = [one for word in found.operands for one in word.made_by]
        wide = found.has("--all") and bool(re.search(r":NoExecute(?!-)", " ".join(texts)))
        wide = wide or (verb == "drain" and any("get" in one.texts and "-l" not in one.texts for one in listed)
                        and not any(one.program in ("grep", "head", "awk", "sed", "fzf") for one in listed))  # fmt: skip
        yield said(Level.DANGER if wide else Level.CAUTION, "takes a node away from what runs on it", call)
    elif verb == "scale" and re.search(r"--replicas[= ]0\b", " ".join(call.texts)):
        wide = found.has("--all") or "-A" in call.texts or not all(word.known for word in found.operands)
        yield said(Level.DANGER if wide else Level.CAUTION, "stops every copy of a service", call)
    elif verb == "replace" and found.has("--force"):
        yield said(Level.CAUTION, "deletes something of the cluster and makes it anew", call)
    elif verb in ("apply", "label") and found.has("--prune"):
        yield said(Level.DANGER, "deletes from the cluster whatever the files do not name", call)
    elif (verb == "create" and re.search(r"clusterrolebinding .*cluster-admin", " ".join(call.texts))) or (
        verb == "adm"
        and re.search(
            r"add-(?:cluster-role-to-\S+ cluster-admin|scc-to-\S+ privileged)", " ".join(call.texts)
        )
    ):
        yield said(Level.DANGER, "gives somebody all rights over the cluster", call)
    elif verb == "patch" and "finalizers" in " ".join(call.texts):
        yield said(Level.CAUTION, "lets something of the cluster go without cleaning up", call)
    elif verb in ("rollout", "set") and rest[:1] == ["undo"]:
        yield said(Level.CAUTION, "goes back to an earlier version", call)
    elif verb == "run" and '"privileged":' in " ".join(call.texts).replace(" ", ""):
        yield said(Level.DANGER, "gives a container the whole machine", call)


def _deleted(call: Call, rest: list[str]) -> Iterator[Reason]:
    found = split(call.words, _VALUED)
    kinds = [text.partition("/")[0].lower() for text in ",".join(rest[:1]).split(",") if text]
    kinds += [text.partition("/")[0].lower() for text in rest[1:] if "/" in text]
    made = [word for word in found.operands[1:] if word.made_by or word.some or not word.known]
    everywhere = found.has("-A", "--all-namespaces")
    single = bool(kinds) and set(kinds) <= _SINGLE
    if any(map(_HOLDING.fullmatch, kinds)):
        yield said(Level.DANGER, "deletes something of the cluster with all that it holds", call)
    elif found.has("--all") or everywhere or "all" in kinds:
        level = Level.CAUTION if single and not everywhere else Level.DANGER
        yield said(level, "deletes everything of a kind from the cluster", call)
    elif made:
        listed = [text for word in made for one in word.made_by for text in one.texts]
        kind = [text for text in (*listed, *kinds) if text.partition("/")[0] in _SINGLE]
        yield said(
            Level.CAUTION if kind else Level.DANGER,
            "deletes from the cluster whatever is listed at that moment",
            call,
        )
    elif not single:
        yield said(Level.CAUTION, "deletes something of the cluster", call)
    elif found.has("--force", "--now") or found.has("-l", "--selector"):
        yield said(Level.CAUTION, "stops pods without waiting for them", call)


def _helm(call: Call, home: str) -> Iterator[Reason]:
    """Applications whose names are listed at that moment: all there are."""
    del home
    removes = call.texts[:1] and call.texts[0] in ("uninstall", "delete", "del", "un")
    if removes and any(word.made_by or word.some for word in call.words):
        yield said(Level.DANGER, "removes every application that is listed at that moment", call)


RULES = {
    "helm": _helm,
    **dict.fromkeys(("kubectl", "oc", "k", "kubectl.exe", "microk8s.kubectl", "kubecolor"), _kubectl),
}

_HELM = "-n --namespace --kube-context --kubeconfig --timeout"
_HELP = "--help -h --dry-run"
ROWS = (
    Row("kubectl|oc|k", Level.DANGER, "lets containers of a namespace do what root may", verbs="label", words=r"pod-security\.kubernetes\.io/enforce=privileged", unless=_HELP),
    Row("rancher", Level.DANGER, "deletes a whole cluster", verbs="clusters?|nodes?|projects? delete|rm", unless=_HELP),
    Row("microk8s|k3s|k0s", Level.DANGER, "deletes something of the cluster with all that it holds", verbs="kubectl delete", words=r"--all\b|\b(?:ns|namespace|pvc?)\b"),
    Row("microk8s|k3s|k0s|rke|rke2", Level.DANGER, "takes the cluster down with all in it", verbs="reset|remove|kill-all|uninstall", unless=_HELP),
    Row("k3s-uninstall.sh|k3s-killall.sh|rke2-uninstall.sh", Level.DANGER, "takes the cluster down with all in it"),
    Row("kubeadm", Level.DANGER, "takes this machine out of the cluster, with all that it knows", verbs="reset", unless=_HELP),
    Row("kops", Level.DANGER, "destroys a cluster", verbs="delete", options="-y --yes", valued="--name --state"),
    Row("eksctl|talosctl|rosa|kubespray|tkg|clusterctl|linode-cli|civo", Level.DANGER, "destroys a cluster", valued="--name --region -n",
        words=r"^(?:.*\s)?(?:(?:delete|destroy|reset|remove) (?:cluster|nodegroup)\b|reset\b|(?:cluster|kubernetes) (?:delete|destroy|remove|rm)\b|delete --all)", unless=_HELP),
    Row("helm", Level.CAUTION, "removes an application from the cluster", verbs="uninstall|delete|del|un", valued=_HELM, unless=f"{_HELP} --keep-history"),
    Row("helm", Level.CAUTION, "changes a release in a way that may replace its parts", verbs="rollback", valued=_HELM, unless=_HELP),
    Row("helm", Level.CAUTION, "replaces parts of a release by force", verbs="upgrade", options="--force", valued=_HELM, unless=_HELP),
    Row("helmfile", Level.DANGER, "removes every application that the file describes", verbs="destroy|delete", valued="-e -f -n -l --environment --file", unless=_HELP),
    Row("helmfile|skaffold|devspace|tilt|garden|werf|kapp|okteto", Level.CAUTION, "removes what was deployed",
        verbs="delete|down|purge|destroy|dismiss|cleanup", valued="-e -f -n -a -p --app --namespace", unless=_HELP),
    Row("flux", Level.DANGER, "takes flux out of the cluster", verbs="uninstall", unless=_HELP),
    Row("flux", Level.CAUTION, "removes what flux keeps in the cluster", verbs="delete", unless=_HELP),
    Row("argocd", Level.DANGER, "deletes an application with all that it runs", verbs="app|appset|cluster|proj delete|rm", options="--cascade -y --yes"),
    Row("argocd", Level.CAUTION, "deletes an application, or parts of it", verbs="app|appset|cluster|proj|repo delete|rm|delete-resource|rollback|terminate-op", unless=_HELP),
    Row("argocd", Level.CAUTION, "deletes what the files do not name", verbs="app sync", options="--prune --force --replace", unless=_HELP),
    Row("velero", Level.DANGER, "deletes backups of the cluster", words=r"(?:backup|schedule|restore) delete\b|^delete (?:backup|schedule)", options="--confirm --all"),
    Row("velero", Level.CAUTION, "deletes backups of the cluster", words=r"(?:backup|schedule|restore) delete\b|^delete (?:backup|schedule)"),
    Row("istioctl|linkerd|cilium|operator-sdk|calicoctl", Level.CAUTION, "takes something the cluster rests on out of it",
        verbs="uninstall|x|cleanup|delete|experimental", words=r"\b(?:uninstall|cleanup|delete)\b", unless=_HELP),
)  # fmt: skip
