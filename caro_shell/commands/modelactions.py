"""What `caro model ACTION` does: a function for each action, which prints, and raises CaroError."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Callable

from caro_shell import catalog, config, paths
from caro_shell.catalog import disk, pins
from caro_shell.catalog.wanted import wanted
from caro_shell.errors import ModelDamaged, ModelError, PullError
from caro_shell.manage import inventory, listing
from caro_shell.sanitise import printable


def named(args: argparse.Namespace) -> catalog.Model:
    """Return the model that is named, or else the one in use."""
    return catalog.find(args.name) if args.name else wanted(config.load(paths.config_file())).model


def _list(args: argparse.Namespace) -> int:
    settings = config.load(paths.config_file())
    for notice in settings.notices:
        _remark(notice)
    items = inventory.inventory(settings)
    if args.json:
        print(json.dumps([item.as_dict() for item in items], indent=2))
        return 0
    print(listing.overview(items))
    print()
    for sentence in listing.outlook(items, settings):
        _print(sentence)
    return 0


def _info(args: argparse.Namespace) -> int:
    model = named(args)
    found = inventory.item(model, inventory.answering(config.load(paths.config_file())))
    if args.json:
        print(json.dumps(found.as_dict(), indent=2))
        return 0
    for name, text in listing.particulars(found):
        print(f"{name:<13}{printable(text)}")
    return 0


def _pull(args: argparse.Namespace) -> int:
    from caro_shell.pull import pull  # noqa: PLC0415  # brings requests, which some other actions spare
    from caro_shell.pull.given import given, remember  # noqa: PLC0415

    settings = config.load(paths.config_file())
    for notice in settings.notices:
        _remark(notice)
    model = given(args.name) if args.name else named(args)
    try:
        path, fetched = pull(model, settings.model_sources, quiet=args.quiet, called=args.name or "")
    except (PullError, KeyboardInterrupt):
        if disk.bytes_of_part(model):
            remember(model)  # so that it is listed, and can be removed
        raise
    is_new = remember(model)
    if model.form == "gguf" and not model.sha256:
        _try(model, path)
    if not args.quiet:
        _print(f"{model.id} {'is fetched and verified' if fetched else 'is here already, whole'}: {path}")
        if is_new:
            _print(f"It stands in {paths.models_file()} now, as {model.id}.")
        now = inventory.answering(settings)
        if now is None or now.model.id != model.id:
            _print(f"Let it answer with: caro model use {model.short or model.id}")
    return 0


def _try(model: catalog.Model, path: str) -> None:
    """Raise ModelDamaged where the file at `path`, which nobody vouches for, is no model after all."""
    from caro_shell.backends.llamacpp import trial  # noqa: PLC0415  # as above

    try:
        trial.undergo(path)
    except ModelDamaged:
        pins.forget(model.id)  # what its source has later may be right
        raise


def _use(args: argparse.Namespace) -> int:
    from caro_shell.manage.switching import use  # noqa: PLC0415  # as above

    return _told(use(catalog.find(args.name), quiet=args.quiet), quiet=args.quiet)


def _upgrade(args: argparse.Namespace) -> int:
    from caro_shell.manage.upgrading import upgrade  # noqa: PLC0415  # as above

    quality = args.quality or config.load(paths.config_file()).quality
    say: Callable[[str], None] = (lambda _: None) if args.quiet else _print
    upgrade(args.name or "", quality, say, force=args.force, quiet=args.quiet)
    return 0


def _rollback(args: argparse.Namespace) -> int:
    from caro_shell.manage.switching import rollback  # noqa: PLC0415  # as above

    return _told(rollback(quiet=args.quiet), quiet=args.quiet)


def _convert(args: argparse.Namespace) -> int:
    from caro_shell.convert import convert  # noqa: PLC0415  # brings libraries that nothing else needs

    model = named(args)
    path = convert(model, quiet=args.quiet)
    if not args.quiet:
        _print(f"{model.id} is converted, and writes what it wrote: {path}")
        print("On Apple silicon it answers from now on; elsewhere with backend.embedded.variant = mlx")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from caro_shell.pull.digest import verify  # noqa: PLC0415  # as above

    model = named(args)
    if not model.sha256:
        raise ModelError(
            f"no SHA-256 is known to check {model.id} by; whether it can answer is shown by: "
            f"caro model use {model.id}"
        )
    path = verify(model, quiet=args.quiet)
    if not args.quiet:
        _print(f"{model.id} is whole, its SHA-256 is {model.sha256}: {path}")
    return 0


def _remove(args: argparse.Namespace) -> int:
    from caro_shell.manage import removing  # noqa: PLC0415  # as above

    model = catalog.find(args.name)
    against = removing.what_speaks_against(model)
    if against and not args.yes and not _agreed(against):
        raise ModelError(
            f"{model.id} stays; remove it without a question with: caro model remove -y {model.id}"
        )
    return _told(removing.remove(model), quiet=args.quiet)


def _agreed(against: str) -> bool:
    """Ask whether a model is to be removed; where nobody can be asked, it is not."""
    print(printable(against), file=sys.stderr)
    if not sys.stdin or not sys.stdin.isatty():
        return False
    print("Remove it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _path(args: argparse.Namespace) -> int:
    path = disk.locate(named(args))
    print(printable(path) if sys.stdout.isatty() else path)  # a script is given the very name
    return 0


def _told(sentences: list[str], *, quiet: bool = False) -> int:
    if not quiet:
        print(*map(printable, sentences), sep="\n")
    return 0


def _print(text: str) -> None:
    print(*map(printable, text.split("\n")), sep="\n")  # a table has several lines


def _remark(sentence: str) -> None:
    print(f"caro: {printable(sentence)}", file=sys.stderr)


#: The actions.
BY_NAME: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "info": _info,
    "pull": _pull,
    "use": _use,
    "upgrade": _upgrade,
    "rollback": _rollback,
    "convert": _convert,
    "verify": _verify,
    "remove": _remove,
    "path": _path,
}
