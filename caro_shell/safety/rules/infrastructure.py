"""Infrastructure that is described in files, and the machines that are told what they are to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_TF = "terraform|tofu|terragrunt|opentofu|tf"
_CHANGED = "destroys all the infrastructure that the files describe"
_HELP = "--help -h --dry-run"


def _state(call: Call, home: str) -> Iterator[Reason]:
    """`terraform state list | xargs terraform state rm`: all that is known of what runs."""
    del home
    made = [one for word in call.words for one in word.made_by]
    listed = any({"state", "list"} <= set(one.texts) for one in made)
    picked = any(one.program in ("grep", "egrep", "rg", "head", "fzf") for one in made)
    if call.texts[:2] == ("state", "rm") and listed and not picked:
        yield said(Level.DANGER, "forgets everything that runs: it can no longer be managed", call)


def _planned(calls: Sequence[Call], home: str) -> Iterator[Reason]:
    """`terraform plan -destroy -out p && terraform apply p`."""
    del home
    plans: set[str] = set()
    for call in calls:
        if call.program not in _TF.split("|"):
            continue
        found = split(call.words, "-out --out -chdir -var -var-file", whole=True)
        verbs = [word.text for word in found.operands]
        named = found.values.get("-out") or found.values.get("--out")
        if verbs[:1] == ["plan"] and named and found.has("-destroy", "--destroy"):
            plans.add(named.text)
        elif verbs[:1] == ["apply"] and set(verbs[1:]) & plans:
            yield said(Level.DANGER, _CHANGED, call)


RULES = dict.fromkeys(_TF.split("|"), _state)
LINES = (_planned,)
ROWS = (
    Row(_TF, Level.DANGER, _CHANGED, verbs="destroy|destroy-all|run-all|run|apply|stack", words=r"(?:^|\s)(?:run-all |run (?:--all )?(?:-- )?|stack run )?destroy(?:-all)?\b|(?:^|\s)apply .*--?destroy\b|--all .*destroy\b", whole=True,
        unless="-help --help -h -target --target -target-file"),
    Row(_TF, Level.DANGER, "destroys what is named of the infrastructure", verbs="destroy", options="-auto-approve --auto-approve", whole=True),
    Row(_TF, Level.CAUTION, "destroys what is named of the infrastructure", verbs="destroy", whole=True, unless="-help --help -h"),
    Row(_TF, Level.DANGER, "writes over the state: what runs is no longer known", verbs="state push", options="-force", whole=True),
    Row(_TF, Level.CAUTION, "changes the state: what runs is no longer known", verbs="state rm|mv|push|replace-provider", whole=True, unless="-help -dry-run"),
    Row(_TF, Level.DANGER, "deletes a workspace with its state", verbs="workspace delete", options="-force", whole=True),
    Row(_TF, Level.CAUTION, "deletes a workspace, or takes a lock away", verbs="workspace|force-unlock delete|.*", words=r"workspace delete|force-unlock", whole=True),
    Row(_TF, Level.CAUTION, "changes the infrastructure without asking", verbs="apply|run-all", options="-auto-approve --auto-approve -replace", whole=True),
    Row(_TF, Level.CAUTION, "makes something anew the next time", verbs="taint", whole=True),
    Row("pulumi", Level.DANGER, _CHANGED, verbs="destroy|down|dn", valued="-s --stack -C --cwd", unless="--help -h --preview-only --target -t"),
    Row("pulumi", Level.DANGER, "forgets a stack, and what it runs", verbs="stack rm", valued="-s --stack -C --cwd", options="-f --force -y --yes"),
    Row("pulumi", Level.CAUTION, "changes the state, or the infrastructure without asking", verbs="stack|state|destroy|up|update|cancel|refresh",
        words=r"\b(?:stack rm|state delete|destroy|(?:up|update)\b.*(?:-y\b|--yes|--skip-preview)|cancel)\b|\bup\b.*(?:--yes|-y\b|-f\b)", valued="-s --stack -C --cwd", unless="--help"),
    Row("cdk|cdktf|sst|serverless|sls|copilot|amplify|sam|chalice|zappa|up|architect|arc|stacker|sceptre|nitric|encore|azd|cdk8s", Level.DANGER, "destroys all that was deployed",
        words=r"^(?:npx )?(?:destroy|remove|delete|rm|undeploy|down|(?:app|env|svc|job) delete)\b(?!.*(?:--help|--dry-run))", valued="--stage -s --profile"),
    Row("npx|pnpm|yarn|bunx", Level.DANGER, "destroys all that was deployed", words=r"^(?:exec |dlx )?(?:cdk|cdktf|sst|serverless|sls|pulumi) (?:destroy|remove)\b(?!.*--help)"),
    Row("ansible", Level.DANGER, "destroys files on every machine that is named", words=r"(?:\brm -\w*r\w* |state=absent .*(?:path|dest)=/\S*|(?:path|dest)=/\S* .*state=absent|\bmkfs|\bdd if=)", unless="--check -C"),
    Row("ansible", Level.CAUTION, "stops every machine that is named", words=r"(?:\breboot\b|shutdown|poweroff)", unless="--check -C"),
    Row("ansible-playbook", Level.CAUTION, "runs a playbook that by its name destroys something",
        operand=r".*(?:destroy|teardown|wipe|purge|nuke|decommission|reset)[\w-]*\.ya?ml", unless="--check -C --syntax-check --list-tasks --list-hosts"),
    Row("aws-nuke|gcp-nuke|azure-nuke", Level.DANGER, "destroys everything in a cloud account", options="--no-dry-run", whole=True),
    Row("cloud-nuke", Level.DANGER, "destroys everything in a cloud account", verbs="aws|defaults-aws|nuke", options="--force", whole=True, unless="--dry-run"),
    Row("cloud-nuke|leapp-nuke", Level.CAUTION, "destroys everything in a cloud account", verbs="aws|defaults-aws|nuke", whole=True, unless="--dry-run --help"),
    Row("packer", Level.CAUTION, "builds over images that are there", verbs="build", options="-force", whole=True),
    Row("nomad", Level.DANGER, "stops a job and forgets it", verbs="job|stop|system", words=r"\bstop\b.*-purge"),
    Row("nomad", Level.CAUTION, "stops what the cluster runs", words=r"^(?:job )?stop\b|^node (?:drain|purge|eligibility)|^namespace delete|^volume (?:delete|deregister)|^var purge"),
    Row("salt|salt-ssh|salt-call", Level.CAUTION, "stops every machine that is named", words=r"\bsystem\.(?:poweroff|halt|shutdown|reboot)\b"),
    Row("salt|salt-ssh|salt-call", Level.DANGER, "destroys files on every machine that is named", words=r"\bfile\.(?:remove|rmdir)\b"),
    Row("knife", Level.CAUTION, "removes a machine, or what is known of it", words=r"\b(?:node|client|environment|role|data bag|cookbook) (?:bulk )?delete\b|\bserver delete\b"),
    Row("puppet", Level.CAUTION, "forgets a machine, or what it has been told", verbs="node|cert purge|clean|deactivate"),
)  # fmt: skip
