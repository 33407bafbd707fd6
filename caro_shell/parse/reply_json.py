"""Pure: the JSON object in a reply, be it a model's answer or a server's body, sound or nearly so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

#: Names under which models give the command.
COMMAND_KEYS = ("command", "cmd", "shell_command", "generated_command", "bash")
EXPLANATION_KEYS = ("explanation", "description", "reason")
#: Names under which servers, and some models, give text that still has to be read.
TEXT_KEYS = ("response", "content", "text", "output", "answer")

# An object begins a line or follows a colon: one within quotes is part of a command (curl -d '{...}'), and
# one that has no key at once is a group of commands.
_OBJECT = re.compile(
    r"""(?:^|(?<=:[ ]))[ \t]*(?:\[\s{0,9})?(?=\{\s{0,99}(?://.{0,200}\n\s{0,99}){0,3}["'“]?\w{1,30}["'”]?\s{0,9}:)""",
    re.MULTILINE,
)
_KNOWN_KEY = re.compile(rf"""[{{,\s"'“](?:{"|".join(COMMAND_KEYS + TEXT_KEYS)})["'”]?\s{{0,9}}:""")
# What follows a value that was written to its end: the next key, the closing brace, or a last closing quote.
_VALUE_END = r"""(?:["'”]?\s{0,9}(?:,?\s{0,9}["'“]?\w{1,30}["'”]?\s{0,9}:|,?\s{0,9}\})|["'”]\s{0,9}$)"""
#: Longest text given to the repairing parser; a model's own answer is far shorter.
_LONGEST_REPAIR = 16_384

Object = Mapping[str, Any]


def strict_object(text: str) -> Object | None:
    """Return the object that `text` as a whole is (of a list, its first), or None."""
    try:
        return _first_object(json.loads(text, strict=False))
    except (ValueError, RecursionError):
        return None


def lenient_object(text: str) -> Object | None:
    """Return the first object in `text` that has a known key, its faults repaired, or None.

    A command is left out where the text breaks off before its end, or where the repair had to guess at its
    end: half a command can be a dangerous one.
    """
    for start in islice(_OBJECT.finditer(text), 3):
        part = text[start.end() : start.end() + _LONGEST_REPAIR]
        if _KNOWN_KEY.search(part):
            return _leading_object(part) or _repaired(part)
    return None


def text_within(value: Any, depth: int = 5) -> str | None:
    """Return the model's text out of a server's body: Ollama's, llama.cpp's or one of OpenAI's shapes."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        return text_within(value[0], depth - 1) if depth else None
    if isinstance(value, dict) and depth:
        for key in (*TEXT_KEYS, "message", "choices"):
            if value.get(key):
                return text_within(value[key], depth - 1)
    return None


def _first_object(value: Any) -> Object | None:
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, dict)), None)
    return value if isinstance(value, dict) else None


def _leading_object(part: str) -> Object | None:
    try:
        return _first_object(json.JSONDecoder(strict=False).raw_decode(part)[0])
    except (ValueError, RecursionError):
        return None


def _repaired(part: str) -> Object:
    from json_repair import repair_json  # noqa: PLC0415 - few replies need it, and it takes 40 ms to import

    try:
        found = _first_object(repair_json(part, return_objects=True, skip_json_loads=True)) or {}
    except Exception:  # noqa: BLE001 - it is handed broken text, and may fail in any way
        return {}
    return {
        key: value
        for key, value in found.items()
        if key not in COMMAND_KEYS + TEXT_KEYS or (isinstance(value, str) and _was_ended(value, part))
    }


def _was_ended(value: str, part: str) -> bool:
    return bool(re.search(re.escape(_unescaped(value)) + _VALUE_END, _unescaped(part.rstrip())))


def _unescaped(text: str) -> str:
    """Return `text` without what escaping may have changed, so that a value compares to its source."""
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\", "")
