"""`caro bench quality`: a model does the tasks, and what comes of it is printed and kept."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Callable

from caro_shell import bench, config, paths
from caro_shell.bench import gates, portability, report
from caro_shell.bench.choice import chosen
from caro_shell.bench.figures import Graded, answer, answered_by, figures, verdicts
from caro_shell.bench.run import Result
from caro_shell.bench.startup import startup_ms
from caro_shell.bench.subject import subject
from caro_shell.bench.task import Task, load_tasks
from caro_shell.bench.watcher import Watcher
from caro_shell.errors import CaroError, ConfigError
from caro_shell.manage.table import table
from caro_shell.sanitise import escaped, printable

#: What keeps one result.
_Keep = Callable[[Graded], None]


def quality(args: argparse.Namespace) -> int:
    """Let a model do the tasks; return the exit status. Raises CaroError.

    Of the split `test` nothing is shown or kept but figures and, for a comparison, who was right by id.
    """
    if args.answers and args.split != "dev":
        raise ConfigError("--answers shows what was asked, so it is for --split dev alone")
    for path in filter(None, (args.save, args.markdown, args.answers)):
        _check_place(path)
    split = "" if args.split == "all" else args.split
    tasks = chosen(
        load_tasks(short=args.short, split=split, platform=args.platform),
        args.shell,
        args.topic,
        everyday=args.everyday,
    )
    flags = _flags(args)
    settings = config.load(paths.config_file(), flags=flags)
    before = {"split": args.split, **subject(settings, tasks, args.shell), "startup_ms": startup_ms()}
    graded: list[Graded] = []
    with _answers(args.answers) as keep:
        opened_s, stopped = _ask(tasks, flags, graded, keep, open_set=args.split == "dev")
    found = {"asked": len(graded), "complete": stopped is None, **figures(graded, opened_s)}
    record = {**before, **found}
    record["model"]["id"] = record["model"]["id"] or answered_by(graded)  # a server chose
    notices = [*settings.notices, *_notices(args.platform)]
    _print(record, notices, as_json=args.json)
    if stopped is not None:
        print(f"caro: stopped after {len(graded)} of {len(tasks)} tasks; nothing is saved", file=sys.stderr)
        if isinstance(stopped, CaroError):
            raise stopped
        return 130
    missed = [f"gate missed: {sentence}" for sentence in gates.missed(record)] if args.gate else []
    if args.save:
        saved = {**record, "tasks": verdicts(one.result for one in graded)}
        _write(args.save, json.dumps(saved, indent=1, ensure_ascii=False) + "\n")
    if args.markdown:
        _write(args.markdown, report.markdown(record, [*notices, *missed]))
    for sentence in missed:
        print(f"caro: {printable(sentence)}", file=sys.stderr)
    return 1 if missed else 0


def _ask(
    tasks: Sequence[Task], flags: Mapping[str, str], graded: list[Graded], keep: _Keep, *, open_set: bool
) -> tuple[float | None, BaseException | None]:
    """Fill `graded`, and tell `keep`; return the seconds until the first answer, and what ended it early.

    Raises what ended it before there was a result.
    """
    watcher = Watcher("benchmark", len(tasks), tells_right=open_set)

    def tell(result: Result) -> None:
        graded.append(Graded(result, portability.accepted(result.written.command) if result.written else {}))
        keep(graded[-1])
        watcher.tell(result)

    try:
        return bench.score(flags, tasks, watcher, tell).opened_s, None
    except (KeyboardInterrupt, CaroError) as reason:
        if not graded:
            raise
        return None, reason
    finally:
        watcher.clear()


def _flags(args: argparse.Namespace) -> dict[str, str]:
    """Return the settings that the flags ask for; with a model's name alone the embedded one is meant.

    Raises ConfigError for a setting that there is not.
    """
    flags = dict(pair.partition("=")[::2] for pair in args.set)
    for key in flags:
        if key not in config.SETTINGS:
            raise ConfigError(f"there is no setting {key}; caro config show prints all there are")
    model = config.model_named(args.model)
    backend = args.backend or ("embedded" if model else "")
    key = f"backend.{backend}.model"
    if backend:
        flags["backend.preferred"] = backend
    if model:
        flags[key] = model
    return flags


@contextlib.contextmanager
def _answers(path: str) -> Iterator[_Keep]:
    """Yield what keeps a result in the file at `path`, a JSON object in each line; nothing if that is ""."""
    if not path:
        yield lambda _: None
        return
    with _opened(path) as file:
        yield lambda one: print(json.dumps(answer(one), ensure_ascii=False), file=file, flush=True)


def _print(record: Mapping[str, Any], notices: Sequence[str], *, as_json: bool) -> None:
    for notice in notices:
        print(f"caro: {printable(notice)}", file=sys.stderr)
    if as_json:
        print(escaped(json.dumps(record, ensure_ascii=False)))
        return
    for rows in (report.accuracy(record), report.forms(record), report.costs(record)):
        if rows[1:]:
            print(table(rows), end="\n\n")


def _notices(target: str) -> list[str]:
    """Return what could not be looked at."""
    found = list(filter(None, [bench.unjudged(target)]))
    missing = portability.missing()
    if missing:
        found.append(f"not installed, so not asked about the commands: {', '.join(missing)}")
    return found


def _check_place(path: str) -> None:
    """Raise ConfigError now where `path` could not be written at the end."""
    directory = os.path.dirname(path) or "."
    if os.path.isdir(path) or not os.access(path if os.path.exists(path) else directory, os.W_OK):
        raise ConfigError(f"{path} cannot be written; name another file")


def _write(path: str, text: str) -> None:
    with _opened(path) as file:
        file.write(text)


def _opened(path: str) -> IO[str]:
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}); name another file") from error
