"""What a statement to a database would lose or open. It is read by its form; no database is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.call import SOMETHING, UNKNOWN
from caro_shell.safety.verdict import Level

Said = tuple[Level, str]

_COMMENT = re.compile(r"/\*(?!!).*?\*/|--(?:\s[^\n]*|$)", re.DOTALL)
_TEXT = re.compile(r"'(?:[^'\\]|\\.|'')*'")
_TRIAL = r"(?:[\w.\"`\[\]]*[._\"`\[])?(?:te?mp|tests?|scratch|staging|sandbox|dummy)(?:[_\d\"`\]][\w\"`\]]*)?"
_ALWAYS = re.compile(
    r"\bwhere\s+\(?\s*(?:true|(\d+)\s*=\s*\1|1|not\s+false|''\s*=\s*''|1\s*<>\s*0|0\s*=\s*0|\d+\s*>\s*0(?!\d))\s*\)?\s*"
    r"(?:$|or\b|returning\b|limit\b)|\bor\s+(?:true|(\d+)\s*=\s*\2|''\s*=\s*'')",
    re.IGNORECASE,
)
#: By the beginning of a statement, worst first.
_STATEMENTS: tuple[tuple[str, Level, str], ...] = (
    (rf"drop\s+(?:database|schema|table|keyspace)\s+if\s+exists\s+{_TRIAL}\s*(?:cascade\s*)?$", Level.CAUTION, "drops a table or database of tests"),
    (r"drop\s+(?:temp|temporary)\b", Level.SAFE, ""),
    (r"drop\s+(?:database|schema|keyspace|catalog|dataset)\b", Level.DANGER, "drops a whole database: all data in it is lost"),
    (r"drop\s+(?:foreign\s+|external\s+)?(?:table|measurement|series|shard|bucket|collection|stream|topic|column\s*family)\b", Level.DANGER, "drops a table: all data in it is lost"),
    (r"drop\s+user\b.*\bcascade", Level.DANGER, "drops a user with all that is kept for it"),
    (r"drop\s+owned\b", Level.DANGER, "drops everything that a user has in the database"),
    (r"drop\s+(?:tablespace|extension|type|sequence)\b.*\bcascade", Level.DANGER, "drops whatever depends on it in the database"),
    (r"(?:drop|undrop)\s+\w+", Level.CAUTION, "drops something of the database"),
    (r"truncate\b(?!\s*\()", Level.DANGER, "empties a table, not recoverable"),
    (r"alter\s+table\b.*\bdrop\s+(?:constraint|index|key|default|foreign|primary|not)\b", Level.CAUTION, "drops something of a table"),
    (r"alter\s+table\b.*\balter\b.*\bdrop\b", Level.CAUTION, "drops something of a table"),
    (r"alter\s+table\b.*\bdrop\b", Level.DANGER, "drops a column: all data in it is lost"),
    (r"alter\s+(?:user|role|login)\b.*(?<!no)(?:superuser|bypassrls)|grant\s+(?:rds_superuser|sysadmin|dba|sysdba|pg_execute_server_program)\b", Level.DANGER, "gives a user all rights over the database"),
    (r"create\s+(?:user|role|login)\b.*(?<!no)superuser", Level.DANGER, "gives a user all rights over the database"),
    (r"grant\b.*\bto\s+(?:public|anonymous|guest|everyone)\b|grant\s+all\b.*@\s*'%'|grant\s+all\b.*\bon\s+\*\.\*.*with\s+grant\s+option", Level.DANGER, "gives everybody rights over the database"),
    (r"grant\s+all\b.*\bon\s+\*\.\*", Level.CAUTION, "gives a user rights over every database"),
    (r"alter\s+system\b|set\s+global\b", Level.CAUTION, "changes the settings of the whole server"),
    (r"reset\s+(?:master|binary\s+logs)|purge\s+(?:binary|master)\s+logs|reset\s+persist", Level.DANGER, "deletes the logs from which a database could be restored"),
    (r"shutdown\b|kill\s+\d", Level.CAUTION, "stops the database, or what it is doing"),
    (r"select\b.*\bpg_(?:terminate|cancel)_backend", Level.CAUTION, "stops what others do in the database"),
    (r"(?:exec(?:ute)?\s+)?(?:master\.+\w*\.*)?xp_cmdshell|copy\b.*\bprogram\b", Level.DANGER, "runs a command of the system from within the database"),
    (r"replace\s+database\b|restore\s+database\b.*\breplace\b", Level.DANGER, "writes over a whole database"),
    (r"match\s*\(\s*\w*\s*\)\s*(?:optional\s+match.*)?(?:detach\s+)?delete\b", Level.DANGER, "deletes every node of the graph"),
    (r"disable\s+trigger\s+all|alter\s+table\b.*\bdisable\s+(?:trigger|row\s+level)", Level.CAUTION, "switches off what protects a table"),
)  # fmt: skip


def statements(text: str) -> Iterator[Said]:
    """Yield what each statement of `text` would do that is worth saying."""
    bare = _COMMENT.sub(" ", text)
    if bare.strip() and not bare.strip(f"{UNKNOWN}{SOMETHING} ;"):
        yield Level.UNKNOWN, "runs a statement that is known only at that moment; it cannot be judged"
        return
    parts = [
        part.strip()
        for part in re.split(r";(?=(?:[^']*'[^']*')*[^']*$)|\\g\b|^\s*go\s*$", bare, flags=re.MULTILINE)
        if part.strip()
    ]
    if (
        parts
        and re.match(r"(?:begin|start)\b", parts[0], re.IGNORECASE)
        and re.match(r"rollback\s*(?:$|transaction|work)", parts[-1], re.IGNORECASE)
    ):
        return
    for part in parts:
        yield from _statement(part)


def _statement(text: str) -> Iterator[Said]:
    text = re.sub(
        r"^(?:/\*!\d*|explain\s+(?:\(\s*)?analy[sz]e\)?|begin|then|set\s+\w+\s*=\s*\w+\s*,)\s+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    if re.match(r"\\!|\.(?:shell|system)\s|system\s|!\s*\w", text):
        yield Level.UNKNOWN, "runs a command of the system from within the database"
        return
    for pattern, level, says in _STATEMENTS:
        if re.match(pattern, text, re.IGNORECASE | re.DOTALL):
            if level is not Level.SAFE:
                yield level, says
            return
    plain = _TEXT.sub("''", text)
    changes = re.match(
        r"(?:with\b.*\)\s*)?(?:alter\s+table\s+\S+\s+)?(delete|update)\b", plain, re.IGNORECASE | re.DOTALL
    )
    if changes:
        verb = changes[1].lower()
        filtered = re.search(r"\bwhere\b|\bcurrent of\b|\blimit\s+\d", plain, re.IGNORECASE)
        form = (
            r"\bset\b"
            if verb == "update"
            else r"\bdelete\s+(?:low_priority\s+|quick\s+|ignore\s+)?(?:from\b|where\b|\w+\s*$|\w+\s+from\b|top\b)"
        )
        if re.search(form, plain, re.IGNORECASE) and (not filtered or _ALWAYS.search(plain)):
            what = "deletes every row of a table" if verb == "delete" else "changes every row of a table"
            yield Level.DANGER, what + ", not recoverable"
    elif re.match(r"do\b|execute\b|exec\b|call\b|prepare\b|begin\b", text, re.IGNORECASE):
        if re.search(r"\b(?:drop\s+(?:table|schema|database|owned)|truncate)\b", text, re.IGNORECASE):
            yield Level.DANGER, "drops or empties tables: all data in them is lost"
    elif re.match(
        r"select\b.*\b(?:dblink_exec|lo_unlink|drop_chunks|truncate_tables?)\s*\(",
        text,
        re.IGNORECASE | re.DOTALL,
    ):
        yield Level.CAUTION, "changes the database from within a query"
