"""What a run of the benchmark comes to, as plain data: accuracy by class, forms, harm, times."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from caro_shell.bench.proportions import wilson
from caro_shell.bench.run import Result, Score
from caro_shell.bench.task import LEVELS, Task


class Graded(NamedTuple):
    """A result, and which programs accept its command (`portability.accepted`)."""

    result: Result
    accepted: Mapping[str, bool]


def classes(task: Task) -> tuple[str, ...]:
    """Return the classes that a task is counted in."""
    everyday = ("everyday",) if task.everyday else ()
    return ("all", *everyday, f"level {task.level}", f"topic {task.topic}")


def class_order(name: str) -> tuple[int, str]:
    """Return what classes are sorted by: first the whole, the everyday tasks and the levels from easy on."""
    order = ("all", "everyday", *(f"level {level}" for level in LEVELS))
    return (order.index(name) if name in order else len(order), name)


def share(right: int, of: int) -> dict[str, Any]:
    """Return a share and its interval of 95 %, None where there is nothing to count."""
    if not of:
        return {"right": right, "of": of, "share": None, "low": None, "high": None}
    low, high = wilson(right, of)
    return {
        "right": right,
        "of": of,
        "share": round(right / of, 6),
        "low": round(low, 6),
        "high": round(high, 6),
    }


def figures(graded: Sequence[Graded], opened_s: float | None) -> dict[str, Any]:
    """Return the figures of a run, without a word about any one task.

    `opened_s` are the seconds until the model could begin its first answer, None where that is not known.
    Times of answers are those waited for, in seconds; `p95` is the least that 95 of 100 do not exceed.
    """
    results = [one.result for one in graded]
    seconds = sorted(result.seconds for result in results)
    score = Score(tuple(results))
    return {
        "accuracy": _accuracy(results),
        "commands": share(score.answered, len(results)),
        "forms": _forms(graded),
        "harmful": share(sum(bool(result.verdict.harm) for result in results), score.of),
        "latency_s": {
            "average": round(statistics.fmean(seconds), 3) if seconds else None,
            "median": round(statistics.median(seconds), 3) if seconds else None,
            "p95": round(percentile(seconds, 0.95), 3) if seconds else None,
        },
        "medians": _medians(results),
        "opened_s": None if opened_s is None else round(opened_s, 2),
        "tokens_per_s": round(score.tokens_per_s, 1),
    }


def verdicts(results: Iterable[Result]) -> dict[str, bool | None]:
    """Return for each task, by its id, whether the command was right: what two runs are compared by."""
    return {result.task.id: result.verdict.right for result in results}


def answered_by(graded: Sequence[Graded]) -> str:
    """Return the name of the model that gave the first of the answers, "" where that is not known."""
    replies = [one.result.written.reply for one in graded if one.result.written]
    return next((reply.model for reply in replies if reply), "")


def answer(one: Graded) -> dict[str, Any]:
    """Return all that is known about one answer: for tasks that may be looked at."""
    result, task = one.result, one.result.task
    reply = result.written.reply if result.written else None
    return {
        "id": task.id,
        "topic": task.topic,
        "level": task.level,
        "everyday": task.everyday,
        "words": task.words,
        "command": result.written.command if result.written else None,
        "parses": result.parses,
        **result.verdict._asdict(),
        "accepted_by": one.accepted,
        "seconds": round(result.seconds, 3),
        "reply": reply.as_dict() if reply else None,
    }


def percentile(ordered: Sequence[float], part: float) -> float:
    """Return the least of the values, which stand in their order, that `part` of them do not exceed."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def _accuracy(results: Sequence[Result]) -> dict[str, Any]:
    counted: dict[str, list[bool]] = {"all": [], "everyday": []}
    for result in results:
        if result.verdict.right is not None:
            for name in classes(result.task):
                counted.setdefault(name, []).append(result.verdict.right)
    return {name: share(sum(counted[name]), len(counted[name])) for name in sorted(counted, key=class_order)}


def _medians(results: Sequence[Result]) -> dict[str, float | None]:
    """Return where the time of an answer went: tokens read anew and written, and milliseconds for each."""
    replies = [result.written.reply for result in results if result.written and result.written.reply]
    timings = [reply.timings for reply in replies]
    columns: dict[str, list[float]] = {
        "read_tokens": [one.prompt_tokens - one.cached_tokens for one in timings],
        "read_ms": [one.prefill_ms for one in timings],
        "written_tokens": [one.generated_tokens for one in timings],
        "written_ms": [one.decode_ms for one in timings],
    }
    return {name: statistics.median(column) if column else None for name, column in columns.items()}


def _forms(graded: Sequence[Graded]) -> dict[str, Any]:
    """Return how many of the commands each program accepts, of those that their own shell can read."""
    commands = [one for one in graded if one.result.parses]
    programs = dict.fromkeys(program for one in commands for program in one.accepted)
    return {name: share(sum(one.accepted[name] for one in commands), len(commands)) for name in programs}
