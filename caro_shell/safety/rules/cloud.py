"""Cloud accounts: what runs in them, and what they keep."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

#: Kinds of things that hold data, or that much depends on.
_HELD = (
    r"(?:db|database|dbs|databases|sql|rds|cluster|clusters|bucket|buckets|volume|volumes|disk|disks|snapshot|snapshots|table|tables|project|projects"
    r"|instances?|servers?|vm|vms|droplets?|linodes?|machines?|groups?|backups?|vaults?|stacks?|file-?systems?|storage|account|accounts|keyspaces?"
    r"|datasets?|organizations?|subscriptions?|hosted-zone|managed-zones|zones?|domains?|domain|apps?|functions?|repository|repositories|registry|key|keys|secret|secrets|lb|kubernetes|vpcs?|nodepools?)"
)
_HARMLESS = re.compile(
    r"(?:^|\s)(?:--help|help|--dry-run|--dryrun|--generate-cli-skeleton|--what-if)(?:\s|$)"
)
_AWS_DATA = re.compile(
    r"\b(?:rds delete-db-(?:instance|cluster|snapshot|cluster-snapshot)|dynamodb delete-(?:table|backup)|s3api delete-(?:bucket|objects)"
    r"|ec2 (?:terminate-instances|delete-(?:volume|snapshot|vpc|key-pair))|eks delete-(?:cluster|nodegroup)|ecs delete-cluster|efs delete-file-system"
    r"|cloudformation delete-stack(?:-set)?|redshift delete-cluster|elasticache delete-\S+|docdb delete-\S+|neptune delete-db\S+|backup delete-\S+"
    r"|kms (?:schedule-key-deletion|disable-key)|route53 delete-hosted-zone|es delete-\S+|opensearch delete-domain|organizations (?:leave|remove|close|delete)\S*"
    r"|cloudtrail (?:delete-trail|stop-logging)|guardduty delete-detector|glacier delete-\S+|fsx delete-\S+|lightsail delete-\S+"
    r"|cognito-idp delete-user-pool|kinesis delete-stream|sqs (?:purge-queue|delete-queue)|emr terminate-clusters|timestream-write delete-\S+"
    r"|account close-account|configservice delete-configuration-recorder|iam delete-(?:account-\S+|saml-provider)|ecr delete-repository .*--force"
    r"|secretsmanager delete-secret .*--force-delete\S*|logs delete-log-group|elasticbeanstalk (?:delete-application|terminate-environment)|autoscaling delete-auto-scaling-group .*--force-delete"
    r"|codecommit delete-repository|qldb delete-ledger|keyspaces delete-\S+|lambda delete-function .*\*)"
)
_AWS_GIVES = re.compile(
    r"AdministratorAccess|--acl[ =]public-read(?:-write)?|put-bucket-policy .*\"?Principal\"?\s*:\s*\"?\*|delete-public-access-block"
    r"|BlockPublicAcls=false|authorize-security-group-ingress .*0\.0\.0\.0/0.*|--publicly-accessible"
)


def _aws(call: Call, home: str) -> Iterator[Reason]:
    del home
    text = " ".join(call.texts)
    if _HARMLESS.search(text):
        return
    if re.search(r"\bs3 rb\b", text):
        level = Level.DANGER if "--force" in text else Level.CAUTION
        yield said(
            level,
            "deletes a bucket with all in it" if level is Level.DANGER else "deletes an empty bucket",
            call,
        )
    elif re.search(r"\bs3 rm\b", text) and "--recursive" in text:
        target = next((word for word in call.texts if word.startswith("s3://")), "")
        deep = target.rstrip("/").count("/") >= 4 and "--exclude" not in text
        narrow = "--include" in text and "--exclude" in text
        yield said(
            Level.CAUTION if deep or narrow else Level.DANGER,
            "deletes everything below it in the bucket",
            call,
        )
    elif re.search(r"\bs3 sync\b", text) and "--delete" in text:
        source = next(iter([word for word in call.texts if not word.startswith("-")][2:]), "")
        emptied = re.search(r"empty|/dev/null|^\.?/?$", source) is not None
        yield said(
            Level.DANGER if emptied else Level.CAUTION, "deletes whatever the source does not have", call
        )
    elif _AWS_DATA.search(text):
        yield said(Level.DANGER, "deletes something of the cloud account, not recoverable", call)
    elif _AWS_GIVES.search(text):
        yield said(Level.DANGER, "gives rights to everybody, or all rights to somebody", call)
    elif re.search(
        r"^(?:.*\s)?[a-z0-9-]+ (?:batch-)?(?:delete|terminate|purge|deregister|remove|detach|disable|revoke|stop|reboot|deactivate)-[a-z-]+",
        text,
    ):
        made = any(word.made_by or word.some for word in call.words)
        yield said(
            Level.DANGER if made and "delete" in text else Level.CAUTION,
            "deletes or stops something of the cloud account",
            call,
        )


def _noun_verb(call: Call, home: str) -> Iterator[Reason]:
    """Clients whose words go from the thing to what is done with it: gcloud, az, doctl, hcloud and others."""
    del home
    text = " ".join(call.texts)
    if _HARMLESS.search(text):
        return
    found = re.search(
        rf"\b({_HELD})(?::| )(?:[a-z-]+ )?(delete|destroy|rm|remove|purge|terminate|d|reset|wipe|delete-\w+)\b",
        text,
    )
    other = re.search(
        r"(?:^|\s|:)(delete|destroy|rm|remove|purge|terminate|stop|deallocate|reboot|shutdown|undelete|drop|disable)\b",
        text,
    )
    if re.search(
        r"add-iam-policy-binding .*(?:allUsers|allAuthenticatedUsers|roles/owner)|role assignment create .*\bOwner\b|0\.0\.0\.0/0.*(?:22|3389|all)\b",
        text,
    ):
        yield said(Level.DANGER, "gives rights to everybody, or all rights to somebody", call)
    elif (
        re.search(
            r"\b(?:functions?|secret|secrets|key|keys|domain|domains|apps?|registry|machines?|lb)\b", found[0]
        )
        if found
        else False
    ):
        forced = re.search(
            r"(?:^|\s)(?:-y|--yes|-f|--force|--quiet|-q|--confirm)\b", text
        ) or call.program in ("flyctl", "fly", "heroku")
        yield said(Level.DANGER if forced else Level.CAUTION, "deletes something of the cloud account", call)
    elif found:
        yield said(Level.DANGER, "deletes something of the cloud account, not recoverable", call)
    elif other:
        yield said(Level.CAUTION, "deletes or stops something of the cloud account", call)


_CLIENTS = "gcloud az doctl hcloud oci ibmcloud linode-cli flyctl fly scw vultr-cli civo exo openstack yc aliyun tccli upctl nova"
RULES = {"aws": _aws, "awslocal": _aws, **dict.fromkeys(_CLIENTS.split(), _noun_verb)}
_ALL = "deletes all of an application, not recoverable"
ROWS = (
    Row("heroku", Level.DANGER, _ALL, verbs="apps:destroy|apps:delete|pg:reset|destroy|addons:destroy|apps:destroy|spaces:destroy|pg:backups:delete|pg:pull|pg:push", unless="--help"),
    Row("heroku", Level.DANGER, "stops an application", verbs="ps:scale", operand=r"\w+=0", unless="--help"),
    Row("heroku", Level.CAUTION, "stops or changes an application", verbs=r"maintenance:on|ps:stop|ps:kill|domains:(?:remove|clear)|config:unset|releases:rollback|repo:.*|access:remove|pipelines:destroy|certs:remove", unless="--help"),
    Row("vercel|now|netlify|railway|render|wrangler|deployctl|surge|dokku|caprover|cf|clever|scalingo", Level.DANGER, _ALL,
        words=r"^(?:projects? (?:rm|remove|delete)|sites?:delete|delete(?:-space|-org)?\b|d1 delete|r2 bucket delete|kv (?:namespace|:namespace) delete|kv:namespace delete|teardown|apps:destroy|\w+:destroy|down\b|environment delete|volume delete|remove .*(?:-y|--yes))", unless="--help --dry-run"),
    Row("vercel|now|netlify|railway|render|wrangler|deployctl|surge|dokku|caprover|cf|clever|scalingo", Level.CAUTION, "removes something that is deployed",
        words=r"(?:^|\s)(?:rm|remove|delete|destroy|teardown|unset|env:unset|stop|rollback|unbind-service|\w+:(?:remove|delete|unset))\b", unless="--help --dry-run"),
    Row("firebase", Level.DANGER, "deletes data of the project, not recoverable", verbs="firestore:delete", options="--all-collections -r --recursive --project -P"),
    Row("firebase", Level.DANGER, "deletes data of the project, not recoverable", verbs="database:remove|projects:delete|firestore:databases:delete|database:set|hosting:disable|auth:delete|firestore:delete"),
    Row("firebase", Level.CAUTION, "deletes something of the project", verbs=r".*:delete|.*:destroy|.*:disable"),
    Row("supabase", Level.DANGER, "deletes a database, not recoverable", verbs="db|projects|branches reset|delete", unless="--help --local"),
    Row("supabase", Level.CAUTION, "resets the local database", verbs="db reset", unless="--help"),
    Row("supabase", Level.CAUTION, "removes something of the project", words=r"^(?:stop .*--no-backup|functions delete|secrets unset|storage rm)"),
    Row("pscale|turso|neonctl|neon|atlas|upstash|convex|planetscale", Level.DANGER, "deletes a database, not recoverable",
        words=r"(?:^|\s)(?:database|db|branch|branches|projects?|clusters?|group|deployments|redis) (?:delete|destroy|rm|reset)\b", unless="--help"),
    # Objects in buckets.
    Row("gsutil", Level.DANGER, "deletes everything below it in the bucket", words=r"\brm\b.*\s-(?:r|R|a|ra|ar)\b|\brm\b.*gs://[^/\s]+/\*\*|\brb\b.*-f|\brm -\w*[rR]"),
    Row("gsutil", Level.DANGER, "lets everybody read the bucket", words=r"allUsers|public-read"),
    Row("gsutil", Level.CAUTION, "deletes objects or a bucket", words=r"\b(?:rb|rsync\b.*\s-(?:\w*d\w*)|rm .*[*])"),
    Row("s3cmd|s4cmd|s5cmd", Level.DANGER, "deletes a bucket, or everything below it", words=r"\brb\b.*(?:--force|--recursive|-r\b|-f\b)|\b(?:del|rm)\b.*(?:--recursive|-r\b)|\brm\b.*s3://[^/\s]+/\*", unless="--help -n --dry-run"),
    Row("s3cmd|s4cmd|s5cmd", Level.DANGER, "lets everybody read the bucket", options="--acl-public", words=r"\bsetacl\b"),
    Row("s3cmd|s4cmd|s5cmd", Level.CAUTION, "deletes objects or a bucket", words=r"\brb\b|\bsync\b.*--delete|--delete-removed|\bdel .*\*", unless="--help -n --dry-run"),
    Row("rclone", Level.DANGER, "deletes everything below it", verbs="purge|delete|rmdirs|cleanup", operand=r"[^/]*:/?|.*", unless="-n --dry-run -i --interactive --help --min-age --max-age --include", valued="--config"),
    Row("rclone", Level.CAUTION, "deletes files that are old, or of some kind", verbs="delete|deletefile", unless="-n --dry-run -i --interactive --help"),
    Row("rclone", Level.DANGER, "empties the target", verbs="sync", operand=r".*empty/?|/dev/null", unless="-n --dry-run -i --interactive"),
    Row("rclone", Level.CAUTION, "deletes in the target whatever the source does not have", verbs="sync|bisync", unless="-n --dry-run -i --interactive --help --backup-dir"),
    Row("mc|mcli", Level.DANGER, "deletes a bucket, or everything below it", words=r"^(?:rm|rb)\b.*(?:--force|--recursive|-r\b|--dangerous)", unless="--fake --dry-run --help"),
    Row("mc|mcli", Level.DANGER, "lets everybody read or write the bucket", words=r"^(?:anonymous|policy) set (?:public|upload|download)\b"),
    Row("mc|mcli", Level.CAUTION, "deletes something on the server", words=r"^(?:rb\b|mirror\b.*(?:--remove|--overwrite)|admin (?:user|policy|service) (?:remove|rm|stop|restart))", unless="--fake --dry-run"),
    Row("azcopy", Level.DANGER, "deletes everything below it", verbs="remove|rm", options="--recursive --recursive=true", unless="--dry-run"),
    Row("azcopy", Level.CAUTION, "deletes objects", words=r"^(?:remove|rm)\b|--delete-destination[= ]true", unless="--dry-run"),
    Row(r"b2|backblaze-b2|swift|ossutil\w*|coscmd|obsutil|bq", Level.DANGER, "deletes data in the cloud, not recoverable",
        words=r"^(?:delete-bucket|bucket delete|delete-all|rm\b.*(?:-r|--recursive|-f|-a)\b|delete --all|delete \w[\w-]*$|rb\b)", unless="--dry-run --dryRun"),
)  # fmt: skip
