"""Buckets of objects, by the clients of their stores."""

from __future__ import annotations

from caro_shell.safety.rules.table import Row
from caro_shell.safety.verdict import Level

ROWS = (
    Row("gsutil", Level.DANGER, "deletes everything below it in the bucket", words=r"\brm\b.*\s-(?:r|R|a|ra|ar)\b|\brm\b.*gs://[^/\s]+/\*\*|\brb\b.*-f|\brm -\w*[rR]"),
    Row("gsutil", Level.DANGER, "lets everybody read the bucket", words=r"(?i)allUsers|public-read|allAuthenticatedUsers"),
    Row("gsutil", Level.DANGER, "empties the target", words=r"\brsync\b.*-\w*d\w* .*\S*(?:empty|/dev/null)\S* gs://"),
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
