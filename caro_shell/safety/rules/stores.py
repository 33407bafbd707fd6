"""What clusters keep: their secrets and keys, their queues of messages, their disks."""

from __future__ import annotations

from caro_shell.safety.rules.table import Row
from caro_shell.safety.verdict import Level

ROWS = (
    Row("vault|bao", Level.DANGER, "deletes secrets for good", words=r"^(?:secrets disable|kv (?:destroy|metadata delete)|operator (?:rekey .*-init|step-down|raft remove-peer|generate-root)|auth disable|lease revoke .*-(?:force|prefix)|namespace delete)\b"),
    Row("vault|bao", Level.CAUTION, "deletes or locks secrets", words=r"^(?:kv (?:delete|rollback)|delete|operator (?:seal|rotate)|policy delete|lease revoke|token revoke|audit disable)\b"),
    Row("consul", Level.DANGER, "deletes all keys below it", verbs="kv delete", options="-recurse", whole=True),
    Row("consul", Level.DANGER, "writes over the state of the cluster", verbs="snapshot restore", whole=True),
    Row("consul", Level.CAUTION, "deletes something of the cluster", words=r"^(?:kv delete|leave|force-leave|acl \w+ delete|config delete|services deregister|operator raft remove-peer)\b"),
    Row("etcdctl|etcdutl", Level.DANGER, "deletes keys: the cluster may not work without them", words=r"\bdel\b.*(?:--prefix|--from-key)|\bdel\b.*\s(?:''|/)?$|\brm\b.*(?:--recursive|-r\b)|\brmdir\b"),
    Row("etcdctl|etcdutl", Level.DANGER, "changes the members or the data of the cluster's store", words=r"\b(?:member remove|snapshot restore|user delete root)\b|\bauth disable\b"),
    Row("etcdctl|etcdutl", Level.CAUTION, "deletes a key, or old versions", words=r"\b(?:del|rm|compact|defrag|role delete|user delete)\b", unless="--help"),
    Row("zkCli.sh|zkcli", Level.DANGER, "deletes keys and all below them", words=r"\b(?:deleteall|rmr)\b"),
    Row(r"kafka-topics(?:\.sh)?|kafka-topics", Level.DANGER, "deletes topics: all messages in them are lost", options="--delete"),
    Row(r"kafka-delete-records(?:\.sh)?", Level.DANGER, "deletes messages for good"),
    Row(r"kafka-consumer-groups(?:\.sh)?", Level.CAUTION, "changes what was read already", words=r"--delete|--reset-offsets.*--execute"),
    Row("rpk|kcat|kafkactl", Level.DANGER, "deletes topics: all messages in them are lost", verbs="topic|delete delete|topic|rm"),
    Row("rabbitmqctl", Level.DANGER, "deletes all queues and users", verbs="reset|force_reset|delete_vhost", valued="-n -p --node"),
    Row("rabbitmqctl|rabbitmqadmin", Level.DANGER, "deletes messages for good", verbs="purge_queue|delete_queue|purge|delete", valued="-n -p -u --vhost --node", unless="--help"),
    Row("nats", Level.DANGER, "deletes streams: all messages in them are lost", verbs="stream|s|str|kv|object rm|del|delete|purge", unless="--help"),
    # Disks and members of clusters that keep data.
    Row("rbd", Level.DANGER, "deletes volumes or their snapshots", words=r"\b(?:snap purge|pool (?:delete|rm)|namespace remove)\b"),
    Row("gluster", Level.CAUTION, "stops a volume of the cluster", words=r"\bvolume stop\b"),
    Row("pcs", Level.DANGER, "takes the cluster down with all that it knows", verbs="cluster destroy"),
    Row("crm", Level.DANGER, "takes the cluster down with all that it knows", verbs="configure erase"),
    Row("k3s|rke2", Level.CAUTION, "deletes backups of the cluster", verbs="etcd-snapshot delete|prune|rm"),
    Row("scancel", Level.CAUTION, "stops many jobs at once", options="-u --user -A --account -p --partition -t --state"),
)  # fmt: skip
