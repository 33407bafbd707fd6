"""`caro cache clear`: forget the answers that were kept."""

from __future__ import annotations

import argparse

from caro_shell.replycache import ReplyCache


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action."""
    parser.epilog = "To keep none at all, set in config.toml: cache = false"
    actions = parser.add_subparsers(dest="action", required=True, metavar="clear")
    actions.add_parser("clear", help="forget every answer that was kept")


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - there is one action
    """Clear the cache."""
    count = ReplyCache().clear()
    print(f"{count} answer{'' if count == 1 else 's'} forgotten")
    return 0
