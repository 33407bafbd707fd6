"""The hooks as a person loads them: a few lines that name this installation, then the file in `shell/`."""

from __future__ import annotations

import os
import shlex
import sys

from caro_shell import __version__, resources
from caro_shell.config import Config
from caro_shell.prompt import SHELLS

#: Run by every key press. -I: nothing of the current directory or of PYTHON* variables is imported;
#: -S: no site-packages, which the client does not need and whose `.pth` files cost more than it does.
_PROGRAM = (
    "import sys; sys.path.append({root!r}); from caro_shell.client import main; sys.exit(main(sys.argv[1:]))"
)


def client_command() -> list[str]:
    """Return the command that a hook runs on a key press, without `--shell NAME`."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return [sys.executable, "-I", "-S", "-c", _PROGRAM.format(root=root)]


def render(shell: str, config: Config) -> str:
    """Return the hook for `shell`, one of `SHELLS`, ready to be sourced.

    `CARO_KEY` and `CARO_COMMENT` in the shell's environment win over what `config` holds.
    """
    with open(resources.resource("shell", f"caro.{shell}"), encoding="utf-8") as file:
        body = file.read()
    first = f"# caro {__version__} for {shell}, written by: caro init {shell}\n"
    return first + (_fish_header(config) if shell == "fish" else _posix_header(config)) + body


def _posix_header(config: Config) -> str:
    return (
        f"_caro_client=({' '.join(map(shlex.quote, client_command()))})\n"
        f"_caro_key=${{CARO_KEY-{shlex.quote(config.key)}}}\n"
        f"_caro_comment=${{CARO_COMMENT-{str(config.comment).lower()}}}\n"
    )


def _fish_header(config: Config) -> str:
    return (
        f"set -g _caro_client {' '.join(map(_fish_quote, client_command()))}\n"
        f"set -g _caro_key {_fish_quote(config.key)}\n"
        "set -q CARO_KEY; and set -g _caro_key $CARO_KEY\n"
        f"set -g _caro_comment {str(config.comment).lower()}\n"
        "set -q CARO_COMMENT; and set -g _caro_comment $CARO_COMMENT\n"
    )


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


__all__ = ["SHELLS", "client_command", "render"]
