"""Two runs of the same tasks, compared task by task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from caro_shell.bench.figures import class_order, classes
from caro_shell.bench.proportions import Interval, difference, mcnemar
from caro_shell.bench.task import Task

Verdicts = Mapping[str, "bool | None"]

#: What a saved run must have to be compared, and of what kind.
NEEDED = {"tasks": dict, "tasks_sha256": str, "shell": str, "machine": str}

#: What else a record says of what answered, and how a remark calls it.
_PARTS = {
    "settings": "the settings",
    "model": "the models, or their adapters,",
    "prefix_sha256": "the fixed examples",
    "bank_sha256": "the example banks",
    "options_sha256": "the tables of options",
}


class Comparison(NamedTuple):
    """A class of tasks: how many, right before and after, and how many changed each way.

    `interval` is that of the difference (after less before), `p` how likely chance alone makes one at
    least as large.
    """

    name: str
    of: int
    before: int
    after: int
    gained: int
    lost: int
    interval: Interval
    p: float


def compared(before: Verdicts, after: Verdicts, tasks: Iterable[Task]) -> list[Comparison]:
    """Return the comparison of all tasks that both runs judged, then of each class of `tasks`."""
    both = [name for name in before if before[name] is not None and after.get(name) is not None]
    members: dict[str, list[str]] = {"all": list(both)}
    for task in tasks:
        for name in classes(task):
            if task.id in both and name != "all":
                members.setdefault(name, []).append(task.id)
    names = sorted(filter(members.get, members), key=class_order)
    return [_comparison(name, members[name], before, after) for name in names]


def _comparison(name: str, ids: list[str], before: Verdicts, after: Verdicts) -> Comparison:
    gained = sum(bool(after[one]) and not before[one] for one in ids)
    lost = sum(bool(before[one]) and not after[one] for one in ids)
    return Comparison(
        name=name,
        of=len(ids),
        before=sum(bool(before[one]) for one in ids),
        after=sum(bool(after[one]) for one in ids),
        gained=gained,
        lost=lost,
        interval=difference(gained, lost, len(ids)),
        p=mcnemar(gained, lost),
    )


def remarks(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each way in which two records are not of the same tasks, answered by the same."""
    first, second = before["tasks"], after["tasks"]
    alone = (len(first.keys() - second.keys()), len(second.keys() - first.keys()))
    if any(alone):
        yield (
            f"the sets differ: {alone[0]} in the first alone, {alone[1]} in the second; "
            f"compared are the {len(first.keys() & second.keys())} of both"
        )
    elif before["tasks_sha256"] != after["tasks_sha256"]:
        yield "the tasks have the same names, but were changed between the two runs"
    unjudged = sum(first[name] is None or second[name] is None for name in first.keys() & second.keys())
    if unjudged:
        yield f"left out, since one of the runs did not judge them: {unjudged}"
    if before["shell"] != after["shell"]:
        yield f"the first was asked for {before['shell']}, the second for {after['shell']}"
    for key, what in _PARTS.items():
        if key in before and key in after and _as_of_now(before[key]) != _as_of_now(after[key]):
            yield f"{what} differ" + _settings(before, after) * (key == "settings")
    if before["machine"] != after["machine"]:
        yield "the machines differ, so times say nothing"


def _as_of_now(part: Any) -> Any:
    """Return a part of a record, with what an older one does not say of its model: it had no adapter."""
    return {"adapter_sha256": "", **part} if isinstance(part, dict) and "sha256" in part else part


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the settings of two records, to be read behind what is said of them."""
    said = (record.get("settings") or {} for record in (before, after))
    texts = (", ".join(f"{key} = {value}" for key, value in each.items()) or "the defaults" for each in said)
    return f": {'; then '.join(texts)}"
