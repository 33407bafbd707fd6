"""Platforms that host applications and databases: heroku, vercel, firebase, supabase and others."""

from __future__ import annotations

from caro_shell.safety.rules.table import Row
from caro_shell.safety.verdict import Level

_ALL = "deletes all of an application, not recoverable"
ROWS = (
    Row("heroku", Level.DANGER, _ALL, verbs="apps:destroy|apps:delete|pg:reset|destroy|addons:destroy|apps:destroy|spaces:destroy|pg:backups:delete|pg:pull|pg:push", unless="--help"),
    Row("heroku", Level.DANGER, "stops an application", verbs="ps:scale", operand=r"\w+=0", unless="--help"),
    Row("heroku", Level.CAUTION, "stops or changes an application", verbs=r"maintenance:on|ps:stop|ps:kill|domains:(?:remove|clear)|config:unset|releases:rollback|repo:.*|access:remove|pipelines:destroy|certs:remove", unless="--help"),
    Row("vercel|now|netlify|railway|render|wrangler|deployctl|surge|dokku|caprover|cf|clever|scalingo", Level.DANGER, _ALL,
        words=r"^(?:projects? (?:rm|remove|delete)|sites?:delete|delete(?:-space|-org)?\b|d1 delete|r2 bucket delete|kv (?:namespace|:namespace) delete|kv:namespace delete|teardown|apps:destroy|\w+:destroy|down\b|environment delete|volume delete|remove .*(?:-y|--yes))", unless="--help --dry-run"),
    Row("vercel|now|netlify|railway|render|wrangler|deployctl|surge|dokku|caprover|cf|clever|scalingo", Level.CAUTION, "removes something that is deployed",
        words=r"(?:^|\s)(?:rm|remove|delete|destroy|teardown|unset|env:unset|stop|rollback|unbind-service|\w+:(?:remove|delete|unset))\b", unless="--help --dry-run"),
    Row("eb", Level.DANGER, _ALL, verbs="terminate", options="--force --all", unless="--help"),
    Row("eb", Level.CAUTION, "removes something that is deployed", verbs="terminate", unless="--help"),
    Row("firebase", Level.DANGER, "deletes data of the project, not recoverable", verbs="firestore:delete", options="--all-collections -r --recursive --project -P"),
    Row("firebase", Level.DANGER, "deletes data of the project, not recoverable", verbs="database:remove|projects:delete|firestore:databases:delete|database:set|hosting:disable|auth:delete|firestore:delete"),
    Row("firebase", Level.CAUTION, "deletes something of the project", verbs=r".*:delete|.*:destroy|.*:disable"),
    Row("supabase", Level.DANGER, "deletes a database, not recoverable", verbs="db|projects|branches reset|delete", unless="--help --local"),
    Row("supabase", Level.CAUTION, "resets the local database", verbs="db reset", unless="--help"),
    Row("supabase", Level.CAUTION, "removes something of the project", words=r"^(?:stop .*--no-backup|functions delete|secrets unset|storage rm)"),
    Row("pscale|turso|neonctl|neon|atlas|upstash|convex|planetscale", Level.DANGER, "deletes a database, not recoverable",
        words=r"(?:^|\s)(?:database|db|branch|branches|projects?|clusters?|group|deployments|redis) (?:delete|destroy|rm|reset)\b", unless="--help"),
)  # fmt: skip
