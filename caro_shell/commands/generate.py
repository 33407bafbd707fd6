"""`caro WORDS`: the command on standard output, everything else on standard error."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any

from caro_shell import client, config, engine, launch, paths, protocol
from caro_shell.backends import own_environment
from caro_shell.colour import painted
from caro_shell.errors import CaroError, ConfigError
from caro_shell.progress import Progress
from caro_shell.prompt import SHELLS
from caro_shell.protocol import Status
from caro_shell.reply import Request
from caro_shell.sanitise import command, escaped, printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("words", nargs="*", metavar="WORDS", help="what you want (or pipe it in)")
    parser.add_argument(
        "-b", "--backend", metavar="NAME", help=f"{', '.join(config.BACKENDS)} (default: the file's)"
    )
    parser.add_argument(
        "--no-fallback", action="store_true", help="fail when the backend does, for scripts: no other answers"
    )
    parser.add_argument("-m", "--model", help="a model's name, or the path of a GGUF file")
    parser.add_argument("--shell", choices=SHELLS, default=_login_shell(), help="(default: %(default)s)")
    parser.add_argument(
        "-n", dest="count", type=int, default=1, metavar="N", help="print up to N commands, a line each"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object with all that is known")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say on standard error where the time went"
    )
    parser.add_argument(
        "--no-daemon", action="store_true", help="load the model in this process, for this once"
    )


def run(args: argparse.Namespace) -> int:
    """Print the command for `args.words`. Raises CaroError when there is none."""
    model = args.model and config.model_named(args.model)
    keys = {"backend.preferred": args.backend, "backend.embedded.model": model}
    flags = {key: value for key, value in keys.items() if value is not None}
    if args.no_fallback:
        flags["backend.fallback"] = "false"
    config.load(paths.config_file(), flags=flags)  # a bad flag or variable is said here, as usage
    words = " ".join(args.words) if args.words else _piped()
    if not words.strip():
        raise ConfigError("say what you want in your own words: caro show free memory (more: caro --help)")
    if args.count < 1:
        raise ConfigError("-n says how many commands you want: a whole number from 1 on")
    request = Request(words, args.shell, env=os.environ, flags=flags, count=args.count, cwd=launch.cwd())
    progress = Progress(sys.stderr.fileno() if sys.stderr.isatty() else None)
    try:
        reply = _alone(request, progress) if args.no_daemon else _asked(request, progress)
    except CaroError as error:
        if args.json:
            print(escaped(json.dumps({"command": None, "error": str(error)}, ensure_ascii=False)))
        raise
    finally:
        progress.clear()
    offers = reply["offers"]
    lines = [command(offer["line"]) for offer in offers]  # whoever answered
    _say_risks(offers)
    for notice in reply["notices"]:
        print(f"caro: {printable(notice)}", file=sys.stderr)
    if args.verbose:
        print(printable(_story(reply)), file=sys.stderr)
    if args.json:
        print(escaped(json.dumps(reply, ensure_ascii=False)))
    else:
        print(*lines, sep="\n")
    return 0


def _say_risks(offers: list[dict[str, Any]]) -> None:
    for number, offer in enumerate(offers, 1):
        where = f" (line {number})" if len(offers) > 1 else ""
        if offer["note"]:
            note = f"caro: {printable(offer['note'])}{where}"
            print(painted(note, offer["risk"]["level"], sys.stderr), file=sys.stderr)


def _piped() -> str:
    """Return the words on standard input, when something was piped in."""
    return "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read(protocol.RECORD_MAX)


def _asked(request: Request, progress: Progress) -> dict[str, Any]:
    """Ask the daemon, as a key press does."""
    fields = {"kind": "rewrite", "shell": request.shell, "line": request.line, "count": str(request.count)}
    fields.update(launch.surroundings())
    fields.update({f"flag.{key}": value for key, value in request.flags.items()})
    answer = client.ask(fields, progress)
    if int(answer["status"]) != Status.COMMAND:
        raise CaroError(answer["line"])
    reply: dict[str, Any] = json.loads(answer["details"])
    return reply


def _alone(request: Request, progress: Progress) -> dict[str, Any]:
    """Answer in this process."""
    return engine.Engine().rewrite(request, _Watcher(progress), asked=time.monotonic()).as_dict()


class _Watcher:
    """Shows what the engine does; Ctrl-C ends this process, so there is nothing to cancel."""

    def __init__(self, progress: Progress) -> None:
        self.stage = self.text = progress.tick

    def cancelled(self) -> bool:
        return False

    environment = staticmethod(own_environment)


def _story(reply: dict[str, Any]) -> str:
    t = reply["timings"]
    read = t["prompt_tokens"] - t["cached_tokens"]
    return (
        f"{reply['backend']} ({reply['model']}) in {t['total_ms']:.0f} ms: waited {t['queue_ms']:.0f}, "
        f"opened {t['load_ms']:.0f}, read {read} of {t['prompt_tokens']} tokens "
        f"in {t['prefill_ms']:.0f}, wrote {t['generated_tokens']} in {t['decode_ms']:.0f}"
    )


def _login_shell() -> str:
    name = os.path.basename(os.environ.get("SHELL", ""))
    return name if name in SHELLS else "bash"
