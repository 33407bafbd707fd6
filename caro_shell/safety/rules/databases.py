"""Databases: the statements that their clients are given, and the programs that make, empty or restore them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.call import Call, Word
from caro_shell.safety.output import printed, read_text
from caro_shell.safety.rules.sql import statements
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_CLIENTS = (
    "psql mysql mariadb mycli pgcli litecli sqlite3 sqlite duckdb sqlcmd mssql-cli cqlsh clickhouse-client clickhouse clickhouse-local"
    " cockroach influx trino presto bq snowsql usql isql impala-shell hive beeline spark-sql cypher-shell surreal sqlplus sql ysqlsh"
    " sqlite-utils wrangler turso wp drush vsql gsql tsql osql db2 crate crash questdb monetdb mclient yugabyte tidb ycqlsh gcloud"
    " osqueryi sqlite_web heroku scalingo dokku pscale supabase dolt steampipe ksql"
)
_GONE = "all data in it is lost"


def _given(call: Call) -> Iterator[Word]:
    """Yield every word that may be a statement: an operand, the value of an option, the standard input."""
    text = read_text(call)
    if text is not None:
        yield Word(text, call.start, call.end)
    for at, word in enumerate(call.words):
        if word.made_by and word.text.startswith("/dev/fd/"):
            yield Word(printed(word.made_by[-1]) or "", word.start, word.end)
        elif word.text.startswith("--"):
            name, equals, value = word.text.partition("=")
            if equals and name not in ("--set", "--variable"):
                yield Word(value, word.start, word.end)
        elif word.text.startswith("-") and " " in word.text:
            yield Word(re.sub(r"^-\w(?:=)?", "", word.text), word.start, word.end)
        elif (
            word.known
            or re.fullmatch(r"-\w*[ceqQ]|--?(?:command|execute|query|eval)", call.texts[at - 1] if at else "")
            or " " in word.text
        ):
            yield word


def _client(call: Call, home: str) -> Iterator[Reason]:
    del home
    if "--help" in call.texts:
        return
    made = call.stdin.calls[-1:]
    if made and made[0].program in _CLIENTS.split() and read_text(call) is None:
        text = " ".join(made[0].texts)
        drops = re.search(r"(?i)['\"|\s](?:drop|truncate|delete from)\s", text)
        says = "drops whatever another query lists" if drops else "runs statements that another query makes"
        yield said(Level.DANGER if drops else Level.UNKNOWN, says, call)
    if {one.program for one in call.stdin.calls} & {"curl", "wget", "http", "xh", "fetch"}:
        yield said(Level.CAUTION, "runs statements from the network that nobody has read", call)
    for word in _given(call):
        for level, text in statements(word.text.replace("\\n", "\n")):
            yield said(level, text, call)


def _mongo(call: Call, home: str) -> Iterator[Reason]:
    del home
    for word in _given(call):
        text = word.text
        if re.search(
            r"\.(?:dropDatabase|drop|dropAllUsers|dropAllRoles)\(|(?:deleteMany|remove|updateMany|deleteOne|update)\(\s*\{\s*\}?\s*(?:\}|,|\))(?<!\{)",
            text,
        ):
            one = not re.search(r"drop|deleteMany|remove|update", text)
            yield said(
                Level.CAUTION if one else Level.DANGER, f"drops or empties a collection: {_GONE}", call
            )
        elif re.search(r"(?:remove|deleteMany)\(\s*\)|dropDatabase\s*:|drop\s*:", text):
            yield said(Level.DANGER, f"drops or empties a collection: {_GONE}", call)
        elif re.search(
            r"\.(?:shutdownServer|dropIndex(?:es)?|dropUser|dropRole|fsyncLock|killOp|renameCollection)\(|role\w*\s*:\s*\W*root",
            text,
        ):
            yield said(Level.CAUTION, "changes or stops the database", call)


def _redis(call: Call, home: str) -> Iterator[Reason]:
    del home
    text = " ".join((*call.texts, read_text(call) or "")).lower()
    every = re.search(r"['\"]keys['\"]\s*,\s*['\"]\*['\"]|scan", text) and re.search(
        r"['\"](?:del|unlink)['\"]", text
    )
    if re.search(r"\b(?:flushall|flushdb)\b", text) or every:
        yield said(Level.DANGER, "deletes every key of the database", call)
    elif re.search(r"(?:^|\s)(?:del|unlink)(?:\s|$)", text):
        makers = [*call.stdin.calls, *(one for word in call.words for one in word.made_by)]
        many = any(word.some or word.made_by or not word.known for word in call.words)
        if many and makers:
            texts = [text for one in makers for text in one.texts]
            wide = "*" in texts or not any("*" in text for text in texts)
            picked = any(one.program in ("grep", "awk", "head", "rg") for one in makers)
            yield said(
                Level.DANGER if wide and not picked else Level.CAUTION,
                "deletes every key that is listed at that moment",
                call,
            )
    elif re.search(
        r"config set (?:dir|dbfilename|requirepass|protected-mode)\b|debug (?:segfault|panic)|cluster reset|module load",
        text,
    ):
        yield said(Level.DANGER, "changes what the server writes or whom it lets in", call)
    elif re.search(
        r"(?:^|\s)(?:shutdown|config set|script flush|replicaof|slaveof|failover|swapdb|function flush|client kill|acl deluser|cluster (?:forget|failover|delslots\w*))\b",
        text,
    ):
        yield said(Level.CAUTION, "changes or stops the database", call)


def _memcached(call: Call, home: str) -> Iterator[Reason]:
    del home
    text = read_text(call) or ""
    if re.search(r"(?i)\b(?:flush_all|flushall|flushdb)\b", text):
        yield said(Level.DANGER, "deletes every key of the database", call)


_DELETES = re.compile(
    r"(?:-X|--request)[= ]?DELETE\b|(?:^|\s)(?:DELETE|delete)\s|-\w*XDELETE\b|--method[= ]DELETE"
)
_STORE = re.compile(
    r"(?:\b[\w.-]*(?:elastic|opensearch|couch|solr|influx|qdrant|meili|clickhouse)[\w.-]*(?::\d+)?|:(?:9200|5984|8086|6333|8983|8123|7700))(?:/([^\s?\"']*))?",
    re.IGNORECASE,
)


#: Services whose objects are whole accounts, domains, repositories or machines, by their APIs.
_SERVICES = re.compile(
    r"https?://(?:api\.cloudflare\.com/client/v4/zones/[^/\s]+|api\.github\.com/(?:repos/[^/\s]+/[^/\s]+|orgs/[^/\s]+)"
    r"|[^/\s]*gitlab[^/\s]*/api/v4/(?:projects|groups)/[^/\s]+|api\.digitalocean\.com/v2/[^/\s]+/[^/\s]+"
    r"|api\.(?:hetzner\.cloud|linode\.com|vultr\.com|heroku\.com|vercel\.com|netlify\.com|fly\.io|machines\.dev|render\.com)/(?:v\d/)?[^/\s]+/[^/\s]+"
    r"|management\.azure\.com/\S+|[^/\s]+\.googleapis\.com/\S+)/?$"
)
_OWN = re.compile(
    r"(?:https?://)?(?:localhost|127\.|\[::1\]|0\.0\.0\.0|host\.docker|[^/\s]*\.(?:local|test))"
)


def _deletes(call: Call, home: str) -> Iterator[Reason]:
    """`curl -X DELETE`: something on a service."""
    del home
    if not _DELETES.search(" ".join(call.texts)):
        return
    urls = [text for text in call.texts if re.match(r"https?://|[\0\1]+/|[\w.-]+\.[a-z]{2,}/", text)]
    for url in urls:
        if _OWN.match(url):
            continue
        if _SERVICES.match(url) or re.search(r"/(?:_all|\*|[^/]*\*)$", url):
            yield said(Level.DANGER, "deletes a whole thing of the service, not recoverable", call)
        else:
            yield said(Level.CAUTION, "deletes something on a service", call)


def _web(call: Call, home: str) -> Iterator[Reason]:
    """Databases that are spoken to over HTTP."""
    del home
    text = " ".join(call.texts)
    store = _STORE.search(text)
    if not store:
        return
    path = (store[1] or "").strip("/")
    query = re.search(r"(?:query|q)=([^\"'&]+)", text)
    if _DELETES.search(text):
        whole = "/" not in path or (
            path.startswith(("_data_stream/", "_index_template", "collections/", "indexes/", "_snapshot"))
            and path.count("/") < 2
        )
        held = whole and path and not path.startswith(("_search", "_async_search", "_tasks"))
        yield said(
            Level.DANGER if held else Level.CAUTION,
            f"deletes what the database keeps: {_GONE}" if held else "deletes something of the database",
            call,
        )
    elif "_delete_by_query" in text or re.search(
        r"<delete>\s*<query>\s*\*:\*|\"delete\"\s*:\s*\{\s*\"query\"\s*:\s*\"\*:\*", text
    ):
        wide = "match_all" in text or "*:*" in text or "q=*" in text
        yield said(Level.DANGER if wide else Level.CAUTION, "deletes many documents of the database", call)
    elif query:
        for level, says in statements(query[1].replace("%20", " ").replace("+", " ")):
            yield said(level, says, call)
    else:
        for word in call.words:
            for level, says in statements(word.text) if " " in word.text else ():
                if level is not Level.UNKNOWN:
                    yield said(level, says, call)


RULES = {
    **dict.fromkeys(_CLIENTS.split(), _client),
    **dict.fromkeys(("mongo", "mongosh"), _mongo),
    **dict.fromkeys("redis-cli valkey-cli keydb-cli iredis dragonfly".split(), _redis),
    **dict.fromkeys("nc ncat netcat telnet".split(), _memcached),
    **dict.fromkeys("curl http https xh wget".split(), _web),
}


def _requested(call: Call, home: str) -> Iterator[Reason]:
    """Requests to delete, by whichever client."""
    if call.program in ("curl", "http", "https", "xh", "wget"):
        yield from _deletes(call, home)


EVERY = (_requested,)  # fmt: skip

_HELP = "--help --version -h --dry-run"
ROWS = (
    Row("sqlite3|litecli", Level.CAUTION, "writes over a database", words=r"(?:^|\s)\.restore\s"),
    Row("mysqld|mysqld_safe|mariadbd|mariadbd-safe", Level.DANGER, "lets everybody into the database without a password", options="--skip-grant-tables"),
    Row("initdb|pg_createcluster|pg_ctl", Level.CAUTION, "lets everybody into the database without a password", words=r"(?:-A|--auth(?:-\w+)?)[ =]?trust\b"),
    Row("dropdb", Level.DANGER, f"drops a whole database: {_GONE}", unless="--help --version -V"),
    Row("dropuser", Level.CAUTION, "drops a user of the database", unless="--help --version -V"),
    Row("mysqladmin|mariadb-admin", Level.DANGER, f"drops a whole database: {_GONE}", words=r"(?:^|\s)drop\s+\w"),
    Row("mysqladmin|mariadb-admin", Level.CAUTION, "stops or resets the database", words=r"(?:^|\s)(?:shutdown|kill|flush-\w+|stop-(?:slave|replica)|reload|old-password)\b"),
    Row("pg_resetwal|pg_resetxlog", Level.DANGER, "throws away the log of the database: data may be lost", unless="-n --dry-run --help --version -V"),
    Row("pg_restore", Level.DANGER, "drops what is in the database before it restores", options="-c --clean", unless="-l --list --help -f --file", valued="-d -h -p -U -n -t -j -L -F --dbname"),
    Row("pg_dropcluster", Level.DANGER, "deletes a whole database server with its data"),
    Row("pg_archivecleanup|pg_rewind|pgbackrest|barman|wal-g|pg_probackup", Level.DANGER, "deletes backups of the database, or writes over it",
        words=r"\bstanza-delete\b|\bdelete (?:everything|\S+)|\brestore\b.*--(?:delta|force)|--target-pgdata", unless=_HELP),
    Row("pg_ctl|pg_ctlcluster", Level.CAUTION, "stops the database without waiting", words=r"\b(?:stop|restart)\b.*\b(?:immediate|force)\b|-m ?i\b"),
    Row("mongorestore", Level.DANGER, "drops what is in the database before it restores", options="--drop", unless=_HELP),
    Row("influx", Level.DANGER, f"deletes a bucket or what is measured: {_GONE}", words=r"^(?:bucket|org|v1 database) delete\b|^delete\b(?!.*(?:--predicate|-p )).*|^restore .*--full"),
    Row("influx", Level.CAUTION, "deletes something of the database", words=r"^\S+ delete\b|^delete\b"),
    Row("neo4j-admin", Level.DANGER, "writes over a whole database", words=r"\b(?:load|restore|import)\b.*(?:--overwrite-destination|--force)"),
    Row("nodetool", Level.DANGER, "removes data or a member of the cluster", verbs="removenode|assassinate|decommission|truncatehints", valued="-h -p"),
    Row("nodetool", Level.CAUTION, "removes snapshots, or a table from the backups", verbs="clearsnapshot|drain|stopdaemon|disable.*", valued="-h -p"),
    Row("couchbase-cli|couchdb|curator|elasticsearch-curator|elasticdump", Level.DANGER, f"deletes or empties a bucket: {_GONE}", words=r"^(?:bucket-(?:delete|flush)|.*delete[_-]indices)\b"),
    Row("hdfs|hadoop", Level.DANGER, "deletes everything below it, not recoverable", words=r"^(?:dfs|fs) -(?:rmr|rm .*-(?:r|R|skipTrash)|rm -\w*[rR]|expunge)|^namenode .*-format"),
    Row("solr", Level.DANGER, f"deletes a collection: {_GONE}", verbs="delete"),
    Row("bq", Level.DANGER, f"deletes a table or data set: {_GONE}", words=r"(?:^|\s)rm\b", unless="--help"),
)  # fmt: skip
