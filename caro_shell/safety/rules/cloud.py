"""Cloud accounts: what runs in them, and what they keep."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

#: Kinds of things that hold data, or that much depends on.
_HELD = (
    r"(?:db|database|dbs|databases|sql|rds|cluster|clusters|bucket|buckets|volume|volumes|disk|disks|snapshot|snapshots|table|tables|project|projects"
    r"|aks|cosmosdb|acr|redis|postgres|mysql|mariadb|flexible-server|webapp|functionapp|eventhubs|streams?"
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
    r"|account close-account|configservice (?:delete|stop)-configuration-recorder|securityhub disable-\S+|macie2 disable-\S+|inspector2 disable|iam delete-(?:account-\S+|saml-provider)|ecr delete-repository .*--force"
    r"|secretsmanager delete-secret .*--force-delete\S*|logs delete-log-group|elasticbeanstalk (?:delete-application|terminate-environment)|autoscaling delete-auto-scaling-group .*--force-delete"
    r"|route53domains (?:delete-domain|transfer-domain\S*|disable-domain-transfer-lock)|sns delete-topic|mq delete-broker|kafka delete-cluster"
    r"|s3api put-bucket-lifecycle-configuration .*\"Expiration\"\s*:\s*\{\s*\"Days\"\s*:\s*[1-3]\s*\}|codecommit delete-repository|qldb delete-ledger|keyspaces delete-\S+|lambda delete-function .*\*)"
)
_AWS_GIVES = re.compile(
    r"AdministratorAccess|--acl[ =]public-read(?:-write)?|put-bucket-policy .*\"?Principal\"?\s*:\s*\"?\*|delete-public-access-block"
    r"|Group=all\b|--group-names all\b|\"?Action\"?\s*:\s*\[?\"\*|add-permission .*--principal[ =]\*"
    r"|BlockPublicAcls=false|\"?(?:Principal|AWS)\"?\s*:\s*\[?\"?\*\"|--group-name[ =](?i:admin\S*)\b|authorize-security-group-ingress .*0\.0\.0\.0/0.*|--publicly-accessible"
)


def _aws(call: Call, home: str) -> Iterator[Reason]:  # noqa: C901
    del home
    text = " ".join(call.texts)
    if _HARMLESS.search(text) or re.match(
        r"(?:--\S+ (?!-)\S+ |--\S+ )*[a-z0-9-]+ (?:get|list|describe|head|wait)(?:-|\b)", text
    ):
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
    elif re.search(r"--(?:desired-count|desired-capacity|max-size)[ =]0\b", text):
        yield said(Level.CAUTION, "stops every copy of a service", call)
    elif re.search(r"--backup-retention-period[ =]0\b", text):
        yield said(Level.DANGER, "deletes all backups that the database makes by itself", call)
    elif re.search(
        r"Status=Suspended|--no-deletion-protection|--no-enable-termination-protection",
        text,
    ):
        yield said(Level.CAUTION, "switches off what protects data of the cloud account", call)
    elif re.search(
        r"^(?:.*\s)?[a-z0-9-]+ (?:batch-)?(?:delete|terminate|purge|deregister|remove|detach|disable|revoke|stop|reboot|deactivate)-[a-z-]+|change-resource-record-sets .*\bDELETE\b",
        text,
    ):
        made = any(word.made_by or word.some for word in call.words)
        yield said(
            Level.DANGER if made and "delete" in text else Level.CAUTION,
            "deletes or stops something of the cloud account",
            call,
        )


#: Rights for everybody, or all of them for somebody.
_GIVES = re.compile(
    r"add-iam-policy-binding .*(?:allUsers|allAuthenticatedUsers|roles/owner)|role assignment create .*\bOwner\b"
    r"|--public-access (?:container|blob)\b|--allow-blob-public-access(?:[ =](?:true|True|1))?(?: -|$)"
)
_ANYWHERE = re.compile(
    r"0\.0\.0\.0/0|::/0|--source-address-prefix(?:es)?[ =]\W?(?:\*|Internet|Any)|0\.0\.0\.0 .*255\.255\.255\.255"
)
_OPENED = re.compile(
    r"authorized-networks|--end-ip-address|--proto(?:col)?[ =](?:any|all)\b|(?:allow|rules|ports?\S*|ranges?)[ =]\W?(?:all|\*)"
    r"|[:= ,-](?:22|3389|3306|5432|6379|9200|27017|2375|5900|11211|1433)\b|\b(?:22|3389|all)\b"
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
        r"(?:^|\s|:|service-instance-|cluster-|instance-)(delete|destroy|rm|remove|purge|terminate|stop|deallocate|reboot|shutdown|undelete|drop|disable)\b",
        text,
    )
    if _GIVES.search(text) or (_ANYWHERE.search(text) and _OPENED.search(text)):
        yield said(Level.DANGER, "gives rights to everybody, or all rights to somebody", call)
    elif (
        re.search(r"\b(?:functions?|secret|secrets|key|keys|apps?|registry|machines?|lb)\b", found[0])
        if found
        else False
    ):
        made = any(word.made_by or word.some for word in call.words)
        forced = (
            made
            or "kms" in text.split()
            or re.search(r"(?:^|\s)(?:-y|--yes|-f|--force|--quiet|-q|--confirm)\b", text)
            or call.program in ("flyctl", "fly", "heroku")
        )
        yield said(Level.DANGER if forced else Level.CAUTION, "deletes something of the cloud account", call)
    elif found and re.search(r"\brecords?\b", found[0]):
        yield said(Level.CAUTION, "deletes something of the cloud account", call)
    elif found:
        yield said(Level.DANGER, "deletes something of the cloud account, not recoverable", call)
    elif other:
        made = any(word.made_by or word.some for word in call.words)
        listed = made and other[1] in ("delete", "rm", "remove", "destroy")
        kept = re.search(
            r"\b(?:pubsub|servicebus|eventhubs?|logging (?:sinks|buckets|logs)|deployment-manager|monitor (?:diagnostic|activity-log)\S*)\b",
            text,
        )
        whole = (
            text.startswith("destroy ")
            or other[1] == "purge"
            or (kept and other[1] == "delete")
            or "--delete-backup-data true" in text
        )
        yield said(
            Level.DANGER if listed or whole else Level.CAUTION,
            "deletes or stops something of the cloud account",
            call,
        )


_CLIENTS = "gcloud az doctl hcloud oci ibmcloud linode-cli flyctl fly scw vultr-cli civo exo openstack yc aliyun tccli upctl nova"
RULES = {"aws": _aws, "awslocal": _aws, **dict.fromkeys(_CLIENTS.split(), _noun_verb)}
