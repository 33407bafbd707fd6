"""One key of a TOML text, set or removed: every other line stays as it is, byte for byte.

tomlkit reads the text and tells what stands where. Where a new line goes is decided here: right behind the
last one of its table. tomlkit would put it below the comment that belongs to the next table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Union

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, InlineTable, Item, Key, Table

#: The names that make up a dotted key.
Path = tuple[str, ...]
#: What has keys: the document, a table with a header or of dotted keys, an inline table.
Holder = Union[Container, Table, InlineTable]


class TooIntricateError(ValueError):
    """The key cannot be changed with all the rest kept."""


def changed(text: str, path: Path, value: str | None) -> str:
    """Return `text`, which is valid TOML, with the key `path` at `value`, spelt as TOML; without it for None.

    The key is written as the text writes its table, below a header, inline or dotted; a table that is not
    there yet comes last. Raises TooIntricateError for what tomlkit does not understand or would reorder.
    """
    try:
        document = tomlkit.parse(text)
        if document.as_string() != text:  # as with an array's tables when others stand between them
            raise TooIntricateError
        return _without(document, path) if value is None else _with(text, document, path, value)
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise TooIntricateError from error


def spelt(value: bool | float | str | tuple[str, ...]) -> str:
    """Return `value` as TOML; 30.0 as people write it, 30."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(spelt, value))}]"
    if isinstance(value, float) and value.is_integer() and value < 1e15:
        value = int(value)
    return tomlkit.item(value).as_string()


# -- where things stand


class _Home(NamedTuple):
    """A table that the key may stand in."""

    holder: Holder
    #: How many names of the path lead to it.
    depth: int
    #: How many of these the header above it gives; the others are spelt out in every line.
    scope: int


def _container(holder: Holder) -> Container:
    return holder if isinstance(holder, Container) else holder.value


def _items(holder: Holder) -> Iterator[tuple[Key, Item]]:
    for key, item in _container(holder).body:
        if key is not None:
            yield key, item


def _has(holder: Holder, name: str) -> bool:
    return any(key.key == name for key, _ in _items(holder))


def _home(document: Container, path: Path) -> _Home:
    """Return the closest table; of several parts of it, the one that has the key."""
    homes = _homes(_Home(document, 0, 0), path)
    return max(homes, key=lambda home: (home.depth, _has(home.holder, path[-1])))


def _homes(home: _Home, path: Path, *, inline: bool = False) -> Iterator[_Home]:
    holder, depth, scope = home
    implied = isinstance(holder, Table) and holder.is_super_table() and depth == scope
    # No line can be put under the `a` of `[a.b]`, nor under the `b` of `a = { b.c = 1 }`.
    if isinstance(holder, InlineTable) or not (inline or implied):
        yield home
    for key, item in _items(holder):
        if depth == len(path) - 1 or key.key != path[depth]:
            continue
        if isinstance(item, InlineTable):
            yield from _homes(_Home(item, depth + 1, scope), path, inline=True)
        elif isinstance(item, Table):
            below = _Home(item, depth + 1, scope if key.is_dotted() else depth + 1)
            yield from _homes(below, path, inline=inline)


def _last_line(holder: Holder) -> Item | None:
    """Return the last value between the header of `holder` and the next header."""
    for key, item in reversed(list(_items(holder))):
        if isinstance(item, Table) and key.is_dotted():
            return _last_line(item)
        if not isinstance(item, (Table, AoT)):
            return item
    return None


# -- the changes


def _with(text: str, document: Container, path: Path, value: str) -> str:
    holder, depth, scope = _home(document, path)
    end = "\r\n" if "\r\n" in text else "\n"
    line = f"{_dotted(path[scope:])} = {value}"
    if isinstance(holder, InlineTable):
        _refill(holder, {**_pairs(holder), path[depth:]: value})
    elif depth == len(path) - 1 and _has(holder, path[-1]):
        _container(holder)[path[-1]] = tomlkit.value(value)
    elif depth == scope < len(path) - 1:
        return _with_table(text, f"[{_dotted(path[:-1])}]{end}{_dotted(path[-1:])} = {value}{end}", end)
    elif (last := _last_line(holder)) is not None:
        _put_behind(last, last.trivia.indent + line, end)
    elif isinstance(holder, Table):
        _put_behind(holder, line, end)
    else:
        return _with_first(text, document, line, end)
    return document.as_string()


def _without(document: Container, path: Path) -> str:
    holder, depth, _ = _home(document, path)
    if isinstance(holder, InlineTable):
        pairs = _pairs(holder)
        pairs.pop(path[depth:], None)
        _refill(holder, pairs)
    else:
        _container(holder).remove(path[-1])
    return document.as_string()


def _dotted(path: Path) -> str:
    return ".".join(tomlkit.key(name).as_string() for name in path)


def _put_behind(item: Item, line: str, end: str) -> None:
    trail = item.trivia.trail
    if not trail.endswith("\n"):
        trail += end
    item.trivia.trail = f"{trail}{line}{end}"


def _with_table(text: str, table: str, end: str) -> str:
    if text and not text.endswith("\n"):
        text += end
    gap = end if text and not text.endswith(end + end) else ""
    return f"{text}{gap}{table}"


def _with_first(text: str, document: Container, line: str, end: str) -> str:
    """Put `line` above the first table and the comment that belongs to it: no other line is there yet."""
    above: list[Item] = []
    for key, item in document.body:
        if key is not None:
            while above and isinstance(above[-1], Comment):
                above.pop()
            break
        above.append(item)
    head = "".join(item.as_string() for item in above)
    tail = text[len(head) :]
    if head and not head.endswith("\n"):
        head += end
    return f"{head}{line}{end}{end if tail else ''}{tail}"


def _pairs(holder: Holder, path: Path = ()) -> dict[Path, str]:
    """Return the values of an inline table, as they are spelt."""
    found: dict[Path, str] = {}
    for key, item in _items(holder):
        below = (*path, key.key)
        found.update(_pairs(item, below) if isinstance(item, Table) else {below: item.as_string()})
    return found


def _refill(table: InlineTable, pairs: Mapping[Path, str]) -> None:
    if "\n" in table.as_string():  # TOML 1.1, perhaps with comments
        raise TooIntricateError
    inside = ", ".join(f"{_dotted(path)} = {value}" for path, value in pairs.items())
    filled = tomlkit.value(f"{{ {inside} }}" if inside else "{}")
    table.value.body[:] = filled.value.body
