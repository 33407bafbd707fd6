"""`caro init SHELL`: the hook, to be sourced by the shell's start-up file."""

from __future__ import annotations

import argparse
import sys

from caro_shell import config, hooks, paths
from caro_shell.prompt import SHELLS
from caro_shell.sanitise import printable

_EPILOG = """\
Save it once and source it; a shell that starts then runs no process:
  caro init zsh  > ~/.caro/caro.zsh    and in ~/.zshrc:   source ~/.caro/caro.zsh
  caro init bash > ~/.caro/caro.bash   and in ~/.bashrc:  source ~/.caro/caro.bash
  caro init fish > ~/.config/fish/conf.d/caro.fish
install.sh does this for you. Set another key before the hook is loaded, e.g. CARO_KEY=alt-g, or for good in
config.toml: [shell] key = "alt-g". An empty key binds none; CARO_COMMENT=false leaves Enter alone.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("shell", choices=SHELLS)


def run(args: argparse.Namespace) -> int:
    """Print the hook of `args.shell`."""
    settings = config.load(
        paths.config_file(), env={}
    )  # the shell looks at its own CARO_KEY when it loads this
    for notice in settings.notices:
        print(f"caro: {printable(notice)}", file=sys.stderr)
    sys.stdout.write(hooks.render(args.shell, settings))
    return 0
