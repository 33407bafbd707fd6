"""What is wrong with a call: one table from programs to rules. A new rule is a row of a topic, or a function.

A topic is a module with `ROWS` (data, see `table.Row`), `RULES` (functions by the program they are about) or
both; `EVERY` holds functions that are asked about each call, `LINES` those that are asked about all calls of a
line together.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from caro_shell.safety.call import Call
from caro_shell.safety.rules import (
    accounts,
    acls,
    backups,
    buckets,
    cloud,
    clusters,
    code,
    containers,
    databases,
    deleting,
    disclosing,
    disks,
    editing,
    encrypting,
    erasing,
    exposing,
    fetched,
    filling,
    firewall,
    frameworks,
    git,
    gitpaths,
    guards,
    infrastructure,
    interpreters,
    libraries,
    logins,
    network,
    overwriting,
    owners,
    packages,
    permissions,
    placing,
    platforms,
    power,
    processes,
    records,
    repositories,
    reverseshells,
    sending,
    services,
    serving,
    stores,
    system,
    table,
    traces,
    unknown,
    unpacking,
    virtual,
    volumes,
)
from caro_shell.safety.verdict import Level, Reason

if TYPE_CHECKING:
    from caro_shell.safety.call import Found

log = logging.getLogger("caro.safety")

#: What is said of a part of the line where a rule fails.
FAILED = "caro failed to judge this part; see the log of the daemon"

Rule = Callable[[Call, str], Iterator[Reason]]
_TOPICS = (
    deleting, overwriting, unpacking, disks, erasing, encrypting, volumes, backups, permissions, acls, owners, processes, services,
    power, system, filling, traces, records, packages, libraries, accounts, editing, logins, network, firewall, guards, exposing, serving, reverseshells,
    disclosing, sending, code, unknown, fetched, placing, interpreters, git, gitpaths, containers, virtual, databases, frameworks, repositories,
    clusters, infrastructure, stores, cloud, platforms, buckets,
)  # fmt: skip
#: Functions by the program that they are about.
RULES: dict[str, list[Rule]] = {}
for _topic in _TOPICS:
    for _name, _rule in getattr(_topic, "RULES", {}).items():
        RULES.setdefault(_name, []).append(_rule)
ROWS = tuple(tuple(getattr(topic, "ROWS", ())) for topic in _TOPICS)
EVERY = tuple(rule for topic in _TOPICS for rule in getattr(topic, "EVERY", ()))
LINES = tuple(rule for topic in _TOPICS for rule in getattr(topic, "LINES", ()))


def about(found: Found, home: str) -> Iterator[Reason]:
    """Yield what the rules say about what was found in a line; `home` is the person's home directory."""
    if found.bomb:
        yield Reason(Level.DANGER, "starts itself again and again until the system stands still", *found.bomb)
    for call in found.calls:
        at = (call.start, call.end)
        for rule in (*EVERY, *RULES.get(call.program, ())):
            yield from _said(at, rule, call, home)
        for rows in _rows(call.program):
            yield from _said(at, table.about, call, rows)
    end = max((call.end for call in found.calls), default=0)
    for of_all in LINES:
        yield from _said((0, end), of_all, found.calls, home)


def _said(at: tuple[int, int], rule: Callable[..., Iterator[Reason]], *args: object) -> Iterator[Reason]:
    """Yield what `rule` says; one that fails takes nothing from what the others say."""
    try:
        yield from rule(*args)
    except RecursionError:
        raise
    except Exception:
        log.exception("a rule failed")
        yield Reason(Level.UNKNOWN, FAILED, *at)


@lru_cache(maxsize=1024)
def _rows(program: str) -> tuple[tuple[table.Row, ...], ...]:
    """Return the rows about `program`, by topic: most calls have none, and need not be compared with any."""
    named = _NAMED.get(program, ())
    own = (
        tuple(
            row
            for row in rows
            if id(row) in named or (id(row) in _PATTERNED and re.fullmatch(row.programs, program))
        )
        for rows in ROWS
    )
    return tuple(rows for rows in own if rows)


#: Rows by the programs that they name, as far as they are plain lists of names; the other ones.
_NAMED: dict[str, set[int]] = {}
_PATTERNED: set[int] = set()
for _row in (row for rows in ROWS for row in rows):
    if all(char.isalnum() or char in "_-|" for char in _row.programs):
        for _program in _row.programs.split("|"):
            _NAMED.setdefault(_program, set()).add(id(_row))
    else:
        _PATTERNED.add(id(_row))
