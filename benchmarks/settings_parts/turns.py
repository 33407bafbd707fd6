"""Arms that take turns: one process of llama.cpp for each setting, asked one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab import Lab
from lab.child import Child

from caro_shell.backends.embedded.cores import physical_cores
from settings_parts.groups import Arm, Group

#: What was measured, name by name: a value for each time it was asked.
Figures = dict[str, list[Any]]
_WARM = {"do": "request", "line": "where am i", "tokens": 1}


def _start(arm: Arm, model: str, lab: Lab) -> Child:
    # Huge pages as for the daemon.
    env = {**lab.env, "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", **arm.env}
    settings = json.dumps(arm.settings)
    return Child("settings_parts.respond", model, lab.home, settings, env=env, python=arm.python)


def measure(group: Group, rounds: int, model: str, lab: Lab) -> list[Figures]:
    """Return the figures of each arm; those of the same place were taken at nearly the same moment."""
    figures: list[Figures] = [{} for _ in group.arms]
    for turn in range(rounds):
        questions = group.questions[turn::rounds] if group.dealt else group.questions
        order = [(turn + i) % len(group.arms) for i in range(len(group.arms))]
        for together in [[i] for i in order] if group.alone else [order]:
            _ask(group, together, questions, figures, lambda arm: _start(arm, model, lab))
    return figures


def _ask(
    group: Group,
    order: list[int],
    questions: Sequence[Mapping[str, Any]],
    figures: Sequence[Figures],
    start: Callable[[Arm], Child],
) -> None:
    """Start the arms in `order`, and give each question to all of them, another one first each time."""
    processes: dict[str, Child] = {}
    try:
        for i in order:
            arm = group.arms[i]
            if arm.process() not in processes:
                processes[arm.process()] = process = start(arm)
                load = process.answer()["load"]
                _add(figures[i], {"load": load, "cold": load + _answer(process, _WARM)["spent"]})
        with group.beside():
            for n, question in enumerate(questions):
                for i in order[n % len(order) :] + order[: n % len(order)]:
                    arm = group.arms[i]
                    _add(figures[i], _answer(processes[arm.process()], {**question, **arm.ask}))
    finally:
        for process in processes.values():
            process.end()


def _answer(process: Child, question: Mapping[str, Any]) -> dict[str, Any]:
    return process.ask({"threads": physical_cores(), **question})


def _add(figures: Figures, more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        figures.setdefault(name, []).append(value)
