"""`caro init`: who is to answer, asked or told by flags; `caro init SHELL`: the hook for a start-up file."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell import config, hooks, paths
from caro_shell.config import Config
from caro_shell.errors import BackendError, Cancelled, ConfigError, NoCommandFound
from caro_shell.prompt import SHELLS
from caro_shell.sanitise import printable
from caro_shell.transport.endpoint import is_loopback

if TYPE_CHECKING:
    from caro_shell.setup.candidate import Candidate

_EPILOG = """\
Without a shell: choose who writes the commands, the embedded model, Ollama or another server. Each answer is
tried before anything is written. With --yes, --no-test or without a terminal no question is asked:
  caro init --backend ollama --url http://localhost:11434 --model qwen2.5-coder:7b --yes

With a shell: print its hook. Save it once and source it; a shell that starts then runs no process:
  caro init zsh  > ~/.caro/caro.zsh    and in ~/.zshrc:   source ~/.caro/caro.zsh
  caro init bash > ~/.caro/caro.bash   and in ~/.bashrc:  source ~/.caro/caro.bash
  caro init fish > ~/.config/fish/conf.d/caro.fish
install.sh does this for you. Set another key before the hook is loaded, e.g. CARO_KEY=alt-g, or for good in
config.toml: [shell] key = "alt-g". An empty key binds none; CARO_COMMENT=false leaves Enter alone.
"""

_NO_TERMINAL = (
    "caro init asks questions, which needs a terminal; say it with flags instead, as caro init --backend "
    "ollama --url URL --model NAME --yes, or name a shell to have its hook printed: caro init zsh"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("shell", nargs="?", choices=SHELLS, help="print the hook of this shell")
    server = parser.add_argument_group("who answers (not together with a shell)")
    server.add_argument(
        "--backend", choices=("ollama", "vllm", "embedded"), help="begin with it, or set it when not asking"
    )
    server.add_argument("--url", help="where the server is: http(s)://host:port")
    server.add_argument("--model", metavar="NAME", help="as the server calls it (default: its first)")
    server.add_argument("--api-key-env", metavar="NAME", help="the variable that holds the key, for vllm")
    server.add_argument("--no-test", action="store_true", help="ask nothing, and do not try the server")
    server.add_argument(
        "--yes", action="store_true", help="ask nothing; your words may go to another machine"
    )


def run(args: argparse.Namespace) -> int:
    """Print the hook of `args.shell`, or have it chosen who answers. Raises CaroError."""
    settings = config.load(paths.config_file(), env={})  # the shell looks at its own CARO_KEY when it loads
    flags = (args.backend, args.url, args.model, args.api_key_env, args.no_test or None, args.yes or None)
    if args.shell:
        if any(flag is not None for flag in flags):
            raise ConfigError("a shell's hook takes no flags; leave out the shell to choose who answers")
        _say_notices(settings)
        sys.stdout.write(hooks.render(args.shell, settings))
        return 0
    if not args.backend and any(flag is not None for flag in flags):
        raise ConfigError("say for whom the other flags are, with --backend ollama or --backend vllm")
    if args.no_test or args.yes or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _told(args, settings)
    return _asked(args, settings)


def _asked(args: argparse.Namespace, settings: Config) -> int:
    from caro_shell.setup import pages  # noqa: PLC0415 - brings prompt_toolkit, which nothing else needs

    try:
        pages.run(settings, args.backend, _candidate(args, settings))
    except Cancelled:
        print("caro: stopped; nothing was written", file=sys.stderr)
        return 130
    return 0


def _told(args: argparse.Namespace, settings: Config) -> int:
    """Do what the flags say, without a question. Raises CaroError, with nothing written."""
    from caro_shell.setup import choice  # noqa: PLC0415 - the hook is printed without them

    if not args.backend:
        raise ConfigError(_NO_TERMINAL)
    _say_notices(settings)
    server = _candidate(args, settings)
    if server and not (args.yes or is_loopback(server.url)):
        raise ConfigError(f"{choice.leaving(server)} Say --yes to that")
    if server and not args.no_test:
        try:
            server.models()
            said, command = choice.works(server.tried())
        except (BackendError, NoCommandFound) as error:
            raise BackendError(f"{error}. Nothing was saved; with --no-test it would be, untried") from error
        print(printable(said), printable(command), sep="\n    ")
    changes = choice.changes(server.wanted() if server else choice.without_servers(settings), settings)
    lines = choice.review(changes, settings) or [choice.UNCHANGED]
    print(*map(printable, [*lines, *choice.save(changes, server)]), sep="\n")
    return 0


def _candidate(args: argparse.Namespace, settings: Config) -> Candidate | None:
    """Return the server that the flags name, the rest as it is set; None for the embedded model."""
    from caro_shell.setup import candidate, particulars  # noqa: PLC0415 - as above

    if args.backend in (None, "embedded"):
        if args.url is not None or args.model is not None or args.api_key_env is not None:
            raise ConfigError("--url, --model and --api-key-env are for a server: --backend ollama or vllm")
        return None
    server = candidate.current(args.backend, settings)
    if args.url is not None:
        server = replace(server, url=particulars.checked_url(args.url))
    if args.model is not None:
        server = replace(server, model=particulars.checked_model(args.model))
    if args.api_key_env is not None:
        if args.backend != "vllm":
            raise ConfigError("Ollama takes no key; leave out --api-key-env")
        server = replace(server, key_env=particulars.checked_variable(args.api_key_env))
    return server


def _say_notices(settings: Config) -> None:
    for notice in settings.notices:
        print(f"caro: {printable(notice)}", file=sys.stderr)
