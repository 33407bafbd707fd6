"""`caro daemon status|start|stop|run`: the resident process that holds the model."""

from __future__ import annotations

import argparse
import json
from typing import Any

from caro_shell import __version__, launch, protocol
from caro_shell.errors import DaemonError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="status|start|stop|run")
    status = actions.add_parser("status", help="is it running, with which model, how large")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    actions.add_parser("start", help="start it in the background; a key press does so by itself")
    actions.add_parser("stop", help="stop it and free its memory; what is being answered is given up")
    actions.add_parser("run", help="run it in this terminal, its log on standard error, until Ctrl-C")


def run(args: argparse.Namespace) -> int:
    """Do what `args.action` says. Raises DaemonError."""
    if args.action == "run":
        from caro_shell.daemon import main  # noqa: PLC0415 - the heavy half of caro

        return main([])
    if args.action == "start":
        launch.await_ready(launch.start(), lambda _fd: None)
        print("the caro daemon is running")
        return 0
    answer = ask(args.action)
    if args.action == "status":
        return _show_status(answer, as_json=args.json)
    print("the caro daemon has stopped" if answer else "no caro daemon is running")
    return 0


def _show_status(answer: str | None, *, as_json: bool) -> int:
    """Print the state; exit status 1 when nothing runs, so that scripts can ask."""
    state: dict[str, Any] = {"running": answer is not None, **json.loads(answer or "{}")}
    if as_json:
        print(json.dumps(state))
    elif answer is None:
        print("no caro daemon is running; the next key press starts one")
    else:
        model = state["model"] or "no model"
        print(
            f"caro {state['version']}, process {state['pid']}, "
            f"up {state['uptime_s']} s, idle {state['idle_s']} s"
        )
        print(f"{model} in memory, {state['memory_mb']} MB in all, {state['answered']} answered")
        print(f"socket {state['socket']}")
    return 0 if answer is not None else 1


def ask(kind: str) -> str | None:
    """Ask the running daemon; None when there is none."""
    connection = launch.connect()
    if connection is None:
        return None
    try:
        connection.settimeout(10)
        connection.sendall(protocol.encode(protocol=protocol.PROTOCOL, version=__version__, kind=kind))
        records = protocol.Records()
        while True:
            data = connection.recv(65536)
            if not data:
                raise DaemonError("the caro daemon hung up; try again")
            for event in records.feed(data):
                return event.get("line", "")
    except OSError as error:
        raise DaemonError(
            f"the caro daemon does not answer ({error}); end it with: pkill -f caro_shell.daemon"
        ) from None
    finally:
        connection.close()
