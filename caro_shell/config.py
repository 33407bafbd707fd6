"""The person's settings: flag > environment > file > default, each value knowing where it came from."""

from __future__ import annotations

import errno
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import tomli

from caro_shell.errors import ConfigError


def _setting(
    key: str, default: Any, *, env: str = "", choices: tuple[str, ...] = (), zero: bool = False
) -> Any:
    return field(default=default, metadata={"key": key, "env": env, "choices": choices, "zero": zero})


#: Who may answer; `auto` is the first of ollama, vllm and embedded that can.
BACKENDS = ("embedded", "ollama", "vllm", "auto")
#: How much is said about the risk of a command; see `offering`.
SAFETY = ("strict", "normal", "off")


@dataclass(frozen=True)
class Config:
    """Every setting by its name in the file.

    `sources` maps a key to where its value came from (`flag`, an environment variable's name or the
    file's path); a key that is absent has its default. `lines` maps the keys that the file sets to
    their lines there, 0 where a line is not known. `notices` are sentences about what was ignored.
    """

    backend: str = _setting("backend.preferred", "embedded", env="CARO_BACKEND", choices=BACKENDS)
    fallback: bool = _setting("backend.fallback", default=True)
    verify: bool = _setting("backend.verify", default=True)
    ca_bundle: str = _setting("backend.ca_bundle", "")
    quality: str = _setting("model_quality", "standard", choices=("standard", "high"))
    model: str = _setting("backend.embedded.model", "", env="CARO_MODEL")
    variant: str = _setting("backend.embedded.variant", "auto", choices=("auto", "mlx", "cpu"))
    adapter: bool = _setting("backend.embedded.adapter", default=True)
    ollama_enabled: bool = _setting("backend.ollama.enabled", default=False)
    ollama_url: str = _setting("backend.ollama.url", "http://localhost:11434")
    ollama_model: str = _setting("backend.ollama.model", "")
    vllm_enabled: bool = _setting("backend.vllm.enabled", default=False)
    vllm_url: str = _setting("backend.vllm.url", "http://localhost:8000")
    vllm_model: str = _setting("backend.vllm.model", "")
    vllm_key_env: str = _setting("backend.vllm.api_key_env", "VLLM_API_KEY")
    model_sources: tuple[str, ...] = _setting("models.sources", ())
    temperature: float = _setting("generation.temperature", 0.0, zero=True)
    max_tokens: int = _setting("generation.max_tokens", 160)
    timeout_s: float = _setting("generation.timeout_s", 30.0)
    connect_timeout_s: float = _setting("generation.connect_timeout_s", 5.0)
    examples: int = _setting("generation.examples", 4, zero=True)
    retry: bool = _setting("generation.retry", default=True)
    alternatives: int = _setting("generation.alternatives", 3, zero=True)
    cache: bool = _setting("cache", default=True)
    key: str = _setting("shell.key", "ctrl-g", env="CARO_KEY")
    comment: bool = _setting("shell.comment", default=True, env="CARO_COMMENT")
    safety: str = _setting("safety.level", "normal", env="CARO_SAFETY", choices=SAFETY)
    start: str = _setting("daemon.start", "first-use", choices=("first-use", "login"))
    release_after_s: float = _setting("daemon.release_after_s", 900.0)
    exit_after_s: float = _setting("daemon.exit_after_s", 3600.0)
    sources: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


#: Variables that say something by being empty; the others are then as good as unset.
MAY_BE_EMPTY = ("CARO_KEY", "CARO_COMMENT")

#: Keys that all three shells can bind; none at all is a wish too.
_KEY = re.compile(r"((ctrl|alt)-[!-~]( (ctrl|alt)-[!-~])*)?")

#: What a setting of each type must be.
_EXPECTED = {
    bool: "true or false",
    str: "text",
    int: "a whole number",
    float: "a number",
    tuple: "a list of texts",
}

#: Settings by their key in the file.
SETTINGS = {f.metadata["key"]: f for f in fields(Config) if f.metadata}


def load(
    path: str, *, env: Mapping[str, str] | None = None, flags: Mapping[str, str] | None = None
) -> Config:
    """Read the settings.

    `path` is the file (absent is fine), `env` the environment to look at (this process's when None),
    `flags` maps keys to values given on the command line. What cannot be used (a file that is no TOML,
    an unknown key, a value of the wrong type) is left at its default and named in `notices`: a key
    press must not fail for it. Raises ConfigError for a bad flag or environment variable only.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    lines: dict[str, int] = {}
    notices: list[str] = []
    for key, value, line in read_file(path, notices):
        where = f"{path} line {line}" if line else path
        if key not in SETTINGS:
            notices.append(f"{where}: unknown setting {key}, ignored; caro config show prints all there are")
            continue
        try:
            values[key] = checked(key, value, where)
        except ConfigError as error:
            notices.append(f"{error}; the default is used")
        else:
            sources[key] = path
            lines[key] = line
    environment = os.environ if env is None else env
    for key in SETTINGS:
        name = variable(key, environment)
        if name:
            values[key] = checked(key, environment[name], name)
            sources[key] = name
    for key, text in (flags or {}).items():
        values[key] = checked(key, text, "the command line")
        sources[key] = "flag"
    by_name = {SETTINGS[key].name: value for key, value in values.items()}
    settings = Config(**by_name, sources=sources, lines=lines)
    return replace(settings, notices=(*notices, *_contradictions(settings)))


def enabled(name: str, settings: Config) -> bool:
    """Say whether the backend `name` may be asked: a server that is enabled, or asked for with a flag."""
    named = settings.backend == name and settings.sources.get("backend.preferred") == "flag"
    return named or {"ollama": settings.ollama_enabled, "vllm": settings.vllm_enabled}.get(name, True)


def _contradictions(settings: Config) -> Iterator[str]:
    if not enabled(settings.backend, settings):
        yield (
            f"{settings.backend} is preferred, but not enabled, so the embedded model answers; "
            f"enable it with: caro config set backend.{settings.backend}.enabled true"
        )


def model_named(text: str) -> str:
    """Return the name of a model as a setting has it: a GGUF file's whole path, for other directories."""
    return os.path.abspath(text) if text.endswith(".gguf") and os.path.exists(text) else text


def variable(key: str, env: Mapping[str, str]) -> str:
    """Return the name of the variable that decides the setting `key` in `env`, or nothing."""
    name: str = SETTINGS[key].metadata["env"]
    return name if name in env and (env[name] or name in MAY_BE_EMPTY) else ""


def read_file(path: str, notices: list[str]) -> list[tuple[str, Any, int]]:
    """Return (dotted key, value, line number or 0) for each leaf of the file; add why it cannot be read."""
    try:
        with open(path, "rb", opener=_opened) as file:
            text = file.read().decode("utf-8")
        leaves = _leaves(tomli.loads(text), "")
    except FileNotFoundError:
        return []
    except OSError as error:
        notices.append(f"{path} cannot be read ({error.strerror}); defaults are used until it can")
        return []
    except UnicodeDecodeError:
        notices.append(f"{path} is not UTF-8 text; defaults are used until it is mended")
        return []
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, or a number of 5,000 digits
        notices.append(f"{path} is not valid TOML: {error}; defaults are used until it is mended")
        return []
    return [(key, value, _line_of(text, key)) for key, value in leaves]


def _opened(path: str, flags: int) -> int:
    """Open a file without waiting for anybody. Raises OSError, also for a pipe or a device."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a directory is refused by `open`
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is a pipe or a device")
    return descriptor


def _leaves(tree: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            found += _leaves(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


def _line_of(text: str, key: str) -> int:
    """Find the line that sets `key`: the last part of its name, under the table named by the rest."""
    *table, name = key.split(".")
    current: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            current = _parts(stripped.lstrip("[").partition("]")[0])
            found = current
        else:
            found = current + _parts(stripped.partition("=")[0])
        if found == [*table, name]:
            return number
    return 0


def _parts(dotted: str) -> list[str]:
    return [part.strip(" \t'\"") for part in dotted.split(".")]


def checked(key: str, value: Any, where: str) -> Any:
    """Return `value` as the type of the setting; text from flags and environment is converted.

    Raises ConfigError, beginning with `where` it came from, when the setting cannot have that value.
    """
    setting = SETTINGS[key]
    kind: type = type(setting.default)
    choices = setting.metadata["choices"]
    try:
        if kind is bool:
            converted: Any = _boolean(value)
        elif kind is str:
            converted = _text(value)
        elif kind is tuple:
            converted = _texts(value)
        else:
            converted = _number(value, kind, zero=setting.metadata["zero"])
    except (TypeError, ValueError, OverflowError):
        expected = _EXPECTED[kind]
        if kind in (int, float):
            expected += ", 0 or above" if setting.metadata["zero"] else " above 0"
        raise ConfigError(f"{where}: {key} must be {expected}, not {_shown(value)}") from None
    if key == "shell.key" and not _KEY.fullmatch(converted):
        raise ConfigError(f"{where}: {key} must be like ctrl-g, alt-g or ctrl-x ctrl-g, not {value!r}")
    if choices and converted not in choices:
        raise ConfigError(f"{where}: {key} must be one of {', '.join(choices)}, not {_shown(value)}")
    return converted


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
        value = words.get(value.lower(), value)
    return value if isinstance(value, bool) else bool(_refuse(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _refuse(value)


def _texts(value: Any) -> tuple[str, ...]:
    """Return a list of texts; where all values are text, it is spelt as in the file, or with commas alone."""
    if isinstance(value, str) and value.startswith("["):
        value = tomli.loads(f"list = {value}").get("list")
    elif isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return tuple(map(_text, value)) if isinstance(value, (list, tuple)) else _refuse(value)


def _number(value: Any, kind: type, *, zero: bool) -> Any:
    if isinstance(value, bool):
        return _refuse(value)
    number = kind(value)
    if kind is int and isinstance(value, float) and number != value:
        return _refuse(value)
    return number if 0 < number < math.inf or (zero and number == 0) else _refuse(value)


def _shown(value: Any) -> str:
    if _holds_table(value):
        return "a table"  # whatever is in it, a secret perhaps, stays unsaid
    try:
        text = repr(value)
    except ValueError:  # a number too large to be written
        return "that"
    return text if len(text) <= 80 else text[:80] + "..."


def _holds_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_holds_table, value)))


def _refuse(value: Any) -> Any:
    raise ValueError(value)
