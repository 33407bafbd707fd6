"""`caro model`: list the models, fetch one, say where it is, check it."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from caro_shell import catalog, config, paths
from caro_shell.catalog import disk
from caro_shell.catalog.wanted import wanted
from caro_shell.errors import ModelDamaged, ModelError, ModelMissing
from caro_shell.sizes import readable

_DESCRIPTION = "Models are GGUF files. caro needs one on this disk, and fetches it only when told to, here."

_NAME_HELP = "an id from `caro model list`, or the path of a .gguf file (default: the model in use)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions `list`, `pull`, `path` and `verify` to the parser of `caro model`."""
    parser.description = _DESCRIPTION
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|pull|path|verify")
    listing = _action(
        actions,
        "list",
        "show the models, and which are on this disk",
        "caro model list --json | jq '.[].path'",
    )
    listing.add_argument("--json", action="store_true", help="as JSON, for other programs")
    pull = _action(
        actions,
        "pull",
        "fetch a model; a pull that was broken off goes on",
        "caro model pull smollm2-135m-q4",
    )
    path = _action(actions, "path", "print where a model's file is", 'ls -l "$(caro model path)"')
    verify = _action(
        actions, "verify", "check a model's file by its SHA-256", "caro model verify qwen2.5-coder-1.5b-q4"
    )
    for parser_with_name in (pull, path, verify):
        parser_with_name.add_argument("name", nargs="?", metavar="NAME", help=_NAME_HELP)
    for parser_with_bar in (pull, verify):
        parser_with_bar.add_argument("--quiet", "-q", action="store_true", help="show nothing but errors")


def _action(actions: Any, name: str, summary: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry out the action; return the exit status. Raises CaroError."""
    if args.action == "list":
        return _list(as_json=args.json)
    model = catalog.find(args.name) if args.name else _default()
    try:
        return {"pull": _pull, "path": _path, "verify": _verify}[args.action](model, args)
    except KeyboardInterrupt:
        again = f"caro model {args.action} {model.id}"
        kept = "what has arrived is kept, go on with" if args.action == "pull" else "start again with"
        print(f"caro: stopped; {kept}: {again}", file=sys.stderr)
        return 130


def _default() -> catalog.Model:
    return wanted(config.load(paths.config_file())).model


def _pull(model: catalog.Model, args: argparse.Namespace) -> int:
    from caro_shell.pull import pull  # noqa: PLC0415  # brings requests, which the other actions spare

    path, fetched = pull(model, quiet=args.quiet)
    if not args.quiet:
        print(f"{model.id} {'is fetched and verified' if fetched else 'was already here, whole'}: {path}")
    return 0


def _path(model: catalog.Model, _: argparse.Namespace) -> int:
    print(disk.locate(model))
    return 0


def _verify(model: catalog.Model, args: argparse.Namespace) -> int:
    from caro_shell.pull.digest import verify  # noqa: PLC0415  # as above

    if not model.sha256:
        raise ModelError(f"{model.file} is a file of your own: the catalog knows no SHA-256 to check it by")
    path = verify(model, quiet=args.quiet)
    if not args.quiet:
        print(f"{model.id} is whole, its SHA-256 is {model.sha256}: {path}")
    return 0


def _list(*, as_json: bool) -> int:
    known = catalog.load_catalog()
    models, default = list(known.values()), ""
    try:
        default = _default().id
        if default not in known:
            models.append(catalog.find(default))
    except ModelError as error:
        print(f"caro: {error}", file=sys.stderr)
    rows = [_row(model, default) for model in models]
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        _print_table(rows)
    return 0


def _row(model: catalog.Model, default: str) -> dict[str, Any]:
    path, state = None, "installed"
    try:
        path = disk.locate(model)
    except ModelDamaged:
        state = "damaged"
    except ModelMissing:
        state = "not here"
    return {
        "id": model.id,
        "title": model.title,
        "size": model.size,
        "licence": model.licence,
        "state": state,
        "default": model.id == default,
        "path": path,
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = [("  MODEL", "SIZE", "LICENCE", "STATE", "PATH")]
    for row in rows:
        name = f"{'*' if row['default'] else ' '} {row['id']}"
        size = readable(row["size"])
        table.append((name, size, row["licence"], row["state"], row["path"] or ""))
    widths = [max(map(len, column)) for column in zip(*table)]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
    print(f"\n* the model in use, which is backend.embedded.model in {paths.config_file()}")
