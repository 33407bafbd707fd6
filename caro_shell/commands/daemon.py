"""`caro daemon ACTION`: the resident process that holds the model, and whether it starts at login."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Callable

from caro_shell import __version__, config, launch, login, paths, protocol
from caro_shell.config import Config
from caro_shell.errors import DaemonError
from caro_shell.sanitise import printable

_EPILOG = """\
config.toml may say what `apply`, and with it install.sh, is to do:
  [daemon]
  start = "login"         # or "first-use": the first key press starts it
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    status = actions.add_parser("status", help="is it running, with which model, how large")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    actions.add_parser("start", help="start it in the background; a key press does so by itself")
    actions.add_parser("stop", help="stop it and free its memory; what is being answered is given up")
    foreground = actions.add_parser(
        "run", help="run it in this terminal, its log on standard error, until Ctrl-C"
    )
    foreground.add_argument(
        "--debug", action="store_true", help="log what models and servers write, too: your words are in that"
    )
    actions.add_parser("enable", help="start it at every login, warm for the first key press; and now")
    actions.add_parser("disable", help="start it at login no longer; the next key press does")
    actions.add_parser("apply", help="enable or disable, as config.toml says")


def run(args: argparse.Namespace) -> int:
    """Do what `args.action` says. Raises DaemonError."""
    if args.action == "run":
        from caro_shell.daemon import main  # noqa: PLC0415 - the heavy half of caro

        return main(["--debug"] if args.debug else [])
    if args.action in AT_LOGIN:
        settings = config.load(paths.config_file(), env={})
        for notice in settings.notices:
            print(f"caro: {printable(notice)}", file=sys.stderr)
        AT_LOGIN[args.action](settings)
        return 0
    if args.action == "start":
        launch.await_ready(launch.start(), lambda _fd: None)
        print("the caro daemon is running")
        return 0
    answer = ask(args.action)
    if args.action == "status":
        return _show_status(answer, as_json=args.json)
    print("the caro daemon has stopped" if answer else "no caro daemon is running")
    return 0


def _enable(settings: Config) -> None:
    """Start the daemon at login from now on; one that a key press started gives way to it."""
    ask("stop")
    login.enable(login.manager())
    print("the caro daemon starts at every login, and is running now")
    _warn_of(settings, "first-use")


def _disable(settings: Config) -> None:
    """Start it at login no longer."""
    manager = login.manager()
    if login.is_written(manager):
        login.disable(manager)
    print("the caro daemon does not start at login; the first key press starts it")
    _warn_of(settings, "login")


def _apply(settings: Config) -> None:
    """Make the file's `daemon.start` so; without it, enable again what is enabled: what runs may be old."""
    enabled = login.is_enabled(login.manager())
    if settings.start == "login" or (enabled and "daemon.start" not in settings.sources):
        _enable(settings)
    elif enabled:
        _disable(settings)


#: What is done about the start at login, by its action.
AT_LOGIN: dict[str, Callable[[Config], None]] = {"enable": _enable, "disable": _disable, "apply": _apply}


def _warn_of(settings: Config, contrary: str) -> None:
    if "daemon.start" in settings.sources and settings.start == contrary:
        file = printable(paths.config_file())
        print(
            f'caro: {file} says start = "{contrary}", and the next install.sh goes by that', file=sys.stderr
        )


def _show_status(answer: str | None, *, as_json: bool) -> int:
    """Print the state; exit status 1 when nothing runs, so that scripts can ask."""
    state: dict[str, Any] = {"running": answer is not None, **json.loads(answer or "{}")}
    if as_json:
        print(json.dumps(state))
    elif answer is None:
        print("no caro daemon is running; the next key press starts one")
    else:
        model = state["model"] or "no model"
        at_login = ", started at login" if state.get("at_login") else ""
        up, idle = f"up {state['uptime_s']} s", f"idle {state['idle_s']} s{at_login}"
        _print(f"caro {state['version']}, process {state['pid']}, {up}, {idle}")
        _print(f"{model} in memory, {state['memory_mb']} MB in all, {state['answered']} answered")
        _print(f"socket {state['socket']}")
    return 0 if answer is not None else 1


def _print(line: str) -> None:
    print(printable(line))


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
