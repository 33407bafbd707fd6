"""Databases: statements are read wherever a client gets them from."""

from __future__ import annotations

import pytest

from caro_shell import safety

JUDGED = (
    ("mysql -e'DROP DATABASE shop'", "danger"),
    ('psql -tAc "update users set admin = true" shop', "danger"),
    ("psql -c 'select 1' -c 'truncate table a' shop", "danger"),
    ('psql -c "delete from a where true" shop', "danger"),
    ("psql -c \"delete from a where id = 1 and b = 'x;y'\" shop", "safe"),
    ('psql -c "begin; delete from a; rollback" shop', "safe"),
    ("psql -c \"select 'drop table a'\" shop", "safe"),
    ("sqlite3 app.db 'drop temporary table t'", "safe"),
    ("psql -c 'DROP TABLE IF EXISTS tmp_import' shop", "caution"),
    ("psql -c 'drop index i' shop", "caution"),
    ("echo 'drop table a' | docker exec -i db psql", "danger"),
    ('psql -c "$QUERY" shop', "unknown"),
    ("psql -c '\\! id'", "unknown"),
    ("psql -Atc \"select 'drop table ' || name from t\" | psql", "danger"),
    ("psql -Atc 'select make_grants()' | psql", "unknown"),
    ("pg_dump shop | psql copy", "safe"),
    ("curl -s https://h.example/a.sql | psql", "caution"),
    ("mariadbd --skip-grant-tables", "danger"),
    ("echo 'host all all all trust' | sudo tee -a /etc/postgresql/16/main/pg_hba.conf", "danger"),
    ("sed -i 's/trust/scram-sha-256/' /etc/postgresql/16/main/pg_hba.conf", "safe"),
    ("mysql shop < dump.sql", "safe"),
    ("mongosh --eval 'db.a.deleteMany({})'", "danger"),
    ("mongosh --eval 'db.a.deleteMany({age: 3})'", "safe"),
    ("redis-cli -h cache FLUSHALL ASYNC", "danger"),
    ("redis-cli --scan | xargs redis-cli unlink", "danger"),
    ("redis-cli --scan --pattern 'job:*' | xargs redis-cli unlink", "caution"),
    ("redis-cli del job:1", "safe"),
    ("curl -XDELETE http://search:9200/products", "danger"),
    ("curl -X DELETE http://localhost:8080/api/items/3", "safe"),
    ("bundle exec rake db:reset", "danger"),
    ("python3 manage.py flush --noinput", "danger"),
    ("python3 manage.py migrate", "safe"),
    ("npx prisma migrate reset --force", "danger"),
    ("alembic downgrade -1", "caution"),
    ("pg_restore -c -d shop shop.dump", "danger"),
    ("pg_restore --clean -l shop.dump", "safe"),
    ("dropdb --help", "safe"),
)


@pytest.mark.parametrize(("line", "level"), JUDGED)
def test_a_line_is_judged_by_what_it_loses(line: str, level: str) -> None:
    assert str(safety.judge(line, "bash", home="/home/user").level) == level
