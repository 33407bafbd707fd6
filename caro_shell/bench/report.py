"""A run's figures for people: rows of tables, and a summary in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from caro_shell.sizes import readable

_HEADINGS = ("", "right", "of", "share", "95 %")

#: What is said of a command; by whom, for `portability.PROGRAMS`.
_NAMES = {
    "commands": "commands that their shell can read",
    "dash": "of these, POSIX (dash -n)",
    "checkbashisms": "of these, without bashisms",
    "zsh": "of these, valid in zsh",
    "fish": "of these, valid in fish",
    "harmful": "harmful: other files removed or changed",
}


def accuracy(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the rows of right answers by class, the headings first."""
    return [_HEADINGS, *(_row(name, share) for name, share in record["accuracy"].items() if share["of"])]


def forms(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the rows that say what the answers are like, the headings first."""
    shares = {"commands": record["commands"], **record["forms"], "harmful": record["harmful"]}
    headings = ("", "are", *_HEADINGS[2:])
    return [headings, *(_row(_NAMES[name], share) for name, share in shares.items() if share["of"])]


def costs(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what an answer costs and whose it is: pairs of a name and a value, all that is known."""
    latency, model, medians = record["latency_s"], record["model"], record["medians"]
    of_model = " ".join(filter(None, (model["id"], model["form"])))
    values = {
        "an answer, average": _seconds(latency["average"]),
        "an answer, median": _seconds(latency["median"]),
        "an answer, 95 of 100 within": _seconds(latency["p95"]),
        "of that, reading the words": _tokens(medians["read_tokens"], medians["read_ms"]),
        "of that, writing": _tokens(medians["written_tokens"], medians["written_ms"]),
        "tokens a second": f"{record['tokens_per_s']:.0f}" if record["tokens_per_s"] else "",
        "start of caro": f"{record['startup_ms']:.0f} ms" if record["startup_ms"] else "",
        "model opened, prompt read": _seconds(record["opened_s"]),
        "model": f"{of_model} ({model['backend']})",
        "its size": readable(model["bytes"]) if model["bytes"] else "",
        "its SHA-256": model["sha256"],
        "SHA-256 of the prompt's prefix": record["prefix_sha256"],
        "SHA-256 of the tasks": record["tasks_sha256"],
        "caro": record["caro"],
        "machine": record["machine"],
    }
    return [(name, value) for name, value in values.items() if value]


def markdown(record: Mapping[str, Any], remarks: Sequence[str]) -> str:
    """Return a summary for a comment on a pull request; `remarks` are sentences to say below the title."""
    model = record["model"]
    title = f"### Model benchmark: {model['id'] or model['backend']}, {record['machine']}"
    asked = f"{record['asked']} tasks of the split {record['split']}, {record['shell']}."
    said = "\n".join(f"- {remark}" for remark in remarks)
    tables = (accuracy(record), forms(record), [("", ""), *costs(record)])
    blocks = [title, asked, said, *(_markdown_table(rows) for rows in tables if rows[1:])]
    return "\n\n".join(filter(None, blocks)) + "\n"


def percent(share: float | None) -> str:
    """Return a share as people read it."""
    return "" if share is None else f"{100 * share:.1f} %"


def _row(name: str, share: Mapping[str, Any]) -> tuple[str, ...]:
    interval = f"{100 * share['low']:.1f} to {100 * share['high']:.1f}"
    return (name, str(share["right"]), str(share["of"]), percent(share["share"]), interval)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f} s"


def _tokens(count: float | None, milliseconds: float | None) -> str:
    """Return both medians, which need not be those of one answer."""
    if count is None or milliseconds is None:
        return ""
    return f"{milliseconds / 1e3:.2f} s, {count:g} tokens (medians)"


def _markdown_table(rows: Sequence[Sequence[str]]) -> str:
    headings, *others = rows
    lines = [headings, ["---"] * len(headings), *others]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
