"""`caro config`: every setting with where it comes from, and the file changed without an editor."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from caro_shell import config, paths
from caro_shell.config import Config
from caro_shell.errors import ConfigError, ModelError
from caro_shell.sanitise import printable

if TYPE_CHECKING:
    from caro_shell.configfile import Edit

_EPILOG = """\
Without an action: show. A flag wins over an environment variable, that over the file, that over the default.

  caro config set shell.key alt-g
  caro config get backend.embedded.model
"""

_TO_HOOKS = (
    "write it into the hooks with ./install.sh --only-hooks (or caro init SHELL); the next shell has it"
)

#: What is still to be done for a setting that is not looked at with each key press.
_STILL_TO_DO = {
    "shell.key": _TO_HOOKS,
    "shell.comment": _TO_HOOKS,
    "daemon.start": "have it acted on with: caro daemon apply",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", metavar="show|get|set|unset|path")
    show = actions.add_parser("show", help="print every setting, and where its value comes from")
    show.add_argument("--json", action="store_true", help="print one JSON object")
    get = actions.add_parser("get", help="print the value of one setting, for scripts")
    change = actions.add_parser("set", help="write a setting to the file; all else in it stays as it is")
    unset = actions.add_parser("unset", help="remove a setting from the file: back to the default")
    for action in (get, change, unset):
        action.add_argument("key", metavar="KEY", help="a setting as `caro config show` names it")
    change.add_argument("value", metavar="VALUE")
    actions.add_parser("path", help="print where the file is, or would be")
    parser.set_defaults(action="show", json=False)


def run(args: argparse.Namespace) -> int:
    """Do what `args.action` says. Raises ConfigError."""
    if args.action == "path":
        _print_raw(paths.config_file())
    elif args.action == "get":
        _get(args.key)
    elif args.action == "set":
        _set(args.key, args.value)
    elif args.action == "unset":
        _unset(args.key)
    else:
        _show(as_json=args.json)
    return 0


def _show(*, as_json: bool) -> None:
    from caro_shell.setup.exposed import exposed, without_secrets  # noqa: PLC0415 - the other actions spare it

    settings = _load()
    for sentence in exposed():
        _say(sentence)
    rows = {
        key: (without_secrets(key, getattr(settings, setting.name)), _source(settings, key))
        for key, setting in config.SETTINGS.items()
    }
    if as_json:
        print(json.dumps({key: {"value": value, "source": source} for key, (value, source) in rows.items()}))
        return
    table = [("SETTING", "VALUE", "FROM")]
    table += [(key, _as_in_file(value), printable(source)) for key, (value, source) in rows.items()]
    widths = [max(map(len, column)) for column in zip(*table)]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())


def _get(key: str) -> None:
    _check_known(key)
    value = getattr(_load(), config.SETTINGS[key].name)
    _print_raw(value if isinstance(value, str) else _as_in_file(value))


def _set(key: str, text: str) -> None:
    from caro_shell import configfile  # noqa: PLC0415 - brings tomlkit, which the other actions spare

    _check_known(key)
    if key == "backend.embedded.model":
        text = config.model_named(text)
    value = config.checked(key, text, "the command line")
    path = paths.config_file()
    edit = configfile.edit(path, {key: value})
    print(f"{key} is {_as_in_file(value)} {'now' if edit.changed else 'already'} in {printable(path)}")
    if key == "backend.embedded.model" and value:
        _remark_on_model(value)
    _remark_on(key, edit)


def _unset(key: str) -> None:
    from caro_shell import configfile  # noqa: PLC0415 - as above

    path = paths.config_file()
    edit = configfile.edit(path, {key: None})  # what is no setting can be removed as well
    if not edit.changed:
        _check_known(key)
    after = f"no longer in {path}; what was there is kept in {path}.bak"
    print(printable(f"{key} is {after if edit.changed else f'not in {path}'}"))
    _remark_on(key, edit)


def _remark_on_model(name: str) -> None:
    from caro_shell import catalog  # noqa: PLC0415 - reads the models' lists, which the other settings spare
    from caro_shell.catalog import disk  # noqa: PLC0415

    try:
        disk.locate(catalog.find(name))
    except ModelError as error:
        _say(str(error))


def _remark_on(key: str, edit: Edit) -> None:
    path = paths.config_file()
    if edit.was_open:
        _say(f"{path} was open to others (mode {edit.was_open:04o}); it is yours alone now (0600)")
    variable = config.variable(key, os.environ) if key in config.SETTINGS else ""
    if variable:
        _say(f"the environment variable {variable} is set and wins over the file; unset it to go by that")
    if edit.changed and key in _STILL_TO_DO:
        _say(_STILL_TO_DO[key])


def _check_known(key: str) -> None:
    """Raise ConfigError, with the names that are near, when there is no such setting."""
    if key in config.SETTINGS:
        return
    named: dict[str, list[str]] = {}
    for setting in config.SETTINGS:
        for name in (setting.rpartition(".")[2], setting):
            named.setdefault(name, []).append(setting)
    inside = [setting for setting in config.SETTINGS if setting.startswith(f"{key}.")]
    near = [key] if key in named else difflib.get_close_matches(key.lower(), named)
    likely = inside or dict.fromkeys(setting for name in near for setting in named.get(name, [name]))
    hint = f"do you mean {' or '.join(likely)}?" if likely else "caro config show prints all there are"
    raise ConfigError(f"there is no setting {key}; {hint}")


def _load() -> Config:
    settings = config.load(paths.config_file())
    for notice in settings.notices:
        _say(notice)
    return settings


def _source(settings: Config, key: str) -> str:
    line = settings.lines.get(key)
    source = settings.sources.get(key, "default")
    return f"{source} line {line}" if line and source == paths.config_file() else source


def _as_in_file(value: Any) -> str:
    """Return `value` as one would write it in the file, fit for the screen."""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return printable(json.dumps(value, ensure_ascii=False))


def _say(sentence: str) -> None:
    print(f"caro: {printable(sentence)}", file=sys.stderr)


def _print_raw(text: str) -> None:
    """Print `text` byte for byte, since a path need not be text that can be encoded; not so on a screen."""
    if sys.stdout.isatty():
        print(printable(text))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(os.fsencode(text) + b"\n")
