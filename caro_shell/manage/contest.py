"""Two models at the short benchmark on this machine, and whether the new one is not worse."""

from __future__ import annotations

from caro_shell import bench, measured
from caro_shell.bench import Score
from caro_shell.bench.task import load_tasks
from caro_shell.bench.watcher import Watcher
from caro_shell.catalog import Model
from caro_shell.manage.table import table
from caro_shell.manage.trial import flags_for, form_of

#: A press may take so many times the old model's seconds; or, whatever those are, a second, as short as is
#: waited for without a thought; or, for more right answers, these seconds.
LONGER, SHORT_S, LIMIT_S = 2.0, 1.0, 5.0


def scored(model: Model, *, quiet: bool) -> Score:
    """Let `model` do the tasks of the short benchmark; its figures are kept. Progress on standard error.

    Raises BackendError or ModelError when it cannot be loaded.
    """
    tasks = load_tasks(short=True)
    watcher = Watcher(f"benchmark of {model.id}", len(tasks), quiet=quiet)
    try:
        score = bench.score(flags_for(model), tasks, watcher, watcher.tell)
    finally:
        watcher.clear()
    measured.note(
        form_of(model),
        tokens_per_s=round(score.tokens_per_s, 1),
        press_s=round(score.press_s, 2),
        right=score.right,
        of=score.of,
    )
    return score


def objection(old: Score, new: Score) -> str:
    """Return why the new model is worse than the old, or nothing.

    It is when it has fewer right answers. With as many it may take twice as long for a press, or a second;
    with more, twice as long or 5 seconds. Where no answer could be judged, those count that a shell can read.
    """
    judged = old.of and new.of
    before, now = (old.right, new.right) if judged else (old.answered, new.answered)
    if now < before and judged:
        return f"it had {now} answers right where the old one had {before}"
    if now < before:
        return f"it wrote {now} commands that a shell can read where the old one wrote {before}"
    limit = max(LONGER * old.press_s, LIMIT_S if now > before else SHORT_S)
    if new.press_s > limit:
        return f"a press takes {new.press_s:.1f} s, and {limit:.1f} s are the limit here"
    return ""


def compared(old: Model, old_score: Score, new: Model, new_score: Score) -> str:
    """Return both models' figures as a small table."""
    return table(
        [
            ("", "RIGHT", "COMMANDS", "A PRESS", "SPEED"),
            _row(f"old  {old.id}", old_score),
            _row(f"new  {new.id}", new_score),
        ]
    )


def _row(name: str, score: Score) -> tuple[str, ...]:
    right = f"{score.right} of {score.of}" if score.of else "-"
    answered = f"{score.answered} of {len(score.results)}"
    return (name, right, answered, f"{score.press_s:.2f} s", f"{score.tokens_per_s:.0f} tokens/s")
