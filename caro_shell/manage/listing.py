"""The models as people read about them: all in a table, one in full."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from caro_shell import chat
from caro_shell.backends import variants
from caro_shell.catalog import Model, disk
from caro_shell.config import Config
from caro_shell.errors import BackendError, ModelError
from caro_shell.manage.choice import asked_first
from caro_shell.manage.inventory import Item
from caro_shell.manage.table import table
from caro_shell.measured import Figures
from caro_shell.sizes import readable


def overview(items: list[Item]) -> str:
    """Return the table of the models that concern this machine: MLX is for Apple silicon."""
    shown = [item for item in items if _concerns_us(item)]
    ids = max([len(_id(item)) for item in shown if item.model.short], default=0)
    rows: list[tuple[str, ...]] = [(f"  {'MODEL':<{ids}}  SHORT", "SIZE", "QUALITY", "SPEED HERE", "STATE")]
    rows += [_row(item, ids) for item in shown]
    return table(rows)


def _concerns_us(item: Item) -> bool:
    return (
        item.model.form != "mlx" or variants.on_apple_silicon() or item.state not in ("available", "missing")
    )


def _row(item: Item, ids: int) -> tuple[str, ...]:
    """Return the cells of one model; an id without a short name may be longer than the `ids` columns."""
    name = f"{'*' if item.why else ' '} {_id(item):<{ids}}  {item.model.short}".rstrip()
    return (name, _size(item), item.model.quality, _speed(item.figures), _state(item))


def _id(item: Item) -> str:
    return os.path.basename(item.model.id)  # that of a file outside is its path, which stands below the table


def _size(item: Item) -> str:
    return readable(item.size) if item.size else "?"


def _speed(figures: Figures | None) -> str:
    if figures is None:
        return "-"
    return f"{figures.tokens_per_s:.0f}/s, {figures.press_s:.1f} s"


def _state(item: Item) -> str:
    if item.state == "installed" and item.why:
        return "in use"
    if item.state == "partly fetched":
        return f"{100 * item.fetched // item.size} % here" if item.size else "part here"
    return item.state


def outlook(items: list[Item], settings: Config) -> Iterator[str]:
    """Yield what is to be read below the table: which model answers and why, and what could be done."""
    now = next((item for item in items if item.why), None)
    if now is None:
        yield f"There is no model {settings.model}; choose another with: caro model use NAME"
        return
    yield f"* {'answers' if now.state == 'installed' else 'would answer'}, because {now.why}."
    if os.path.isabs(now.model.id):
        yield f"  It is {now.model.id}"
    if now.state == "damaged":
        yield f"  But it is damaged; fetch it again with: caro model pull {now.model.id}"
    elif now.state != "installed":
        yield f"  But it is not here; fetch it with: caro model pull {now.model.id}"
    yield from _forms(now.model, settings)
    server = asked_first(settings)
    if server:
        yield f"  {server} is asked before any of these (backend.preferred)."
    if any(item.figures for item in items):
        yield "Speed: tokens written in a second, and the seconds of a press, as measured here."
    yield "Those that are available are fetched with: caro model pull NAME"
    yield "More about one: caro model info NAME. To let another answer: caro model use NAME"


def _forms(model: Model, settings: Config) -> Iterator[str]:
    """Yield in which form the model answers, where that is another than its own."""
    try:
        variant = variants.chosen(settings)
    except (ModelError, BackendError) as error:
        yield f"  But: {error}"
        return
    if variant.model.id != model.id:
        yield f"  In its form {variant.model.id}, because {variant.why}."


def particulars(item: Item) -> Iterator[tuple[str, str]]:
    """Yield what there is to know about one model: names, and what stands behind them."""
    model = item.model
    yield "model", f"{model.id}, or {model.short}" if model.short else model.id
    yield "title", model.title
    yield "state", _long_state(item)
    if item.path:
        yield "path", item.path
    yield (
        "size",
        f"{readable(item.size)} ({item.size} bytes)" if item.size else "known with the first pull",
    )
    yield "SHA-256", _hash(item)
    yield "licence", model.licence
    yield "quality", model.quality
    yield "form", _form(model)
    yield "context", f"{model.context} tokens" if model.context else "as the file says"
    yield "chat format", model.chat or f"as the file says, if it is one of {', '.join(chat.FORMATS)}"
    for number, source in enumerate(model.sources):
        yield "" if number else "sources", str(source)
    yield "measured", _measured(item.figures)
    yield "to use it", _how(item)


def _long_state(item: Item) -> str:
    state = item.state
    if state == "partly fetched":
        state = f"{readable(item.fetched)} fetched; go on with: caro model pull {item.model.id}"
    if item.why and item.state == "installed":
        return f"in use: {item.why}"
    return f"{state}; it would answer: {item.why}" if item.why else state


def _hash(item: Item) -> str:
    model = item.model
    if not model.sha256:
        return "stated by the source, and pinned, with the first pull" if model.sources else "not known"
    checked = bool(item.path) and disk.verified(item.path, model)
    return model.sha256 + (" (checked)" if checked else "")


def _form(model: Model) -> str:
    if model.form == "mlx":
        return f"MLX, for Apple silicon{f'; the weights of {model.same_as}' if model.same_as else ''}"
    return "GGUF, for llama.cpp"


def _measured(figures: Figures | None) -> str:
    if figures is None:
        return "not yet; key presses do, and caro model use"
    right = f", {figures.right} of {figures.of} right" if figures.of else ""
    return f"{figures.tokens_per_s:.0f} tokens/s, {figures.press_s:.2f} s a press{right} ({figures.when})"


def _how(item: Item) -> str:
    name = item.model.short or shlex.quote(item.model.id)
    if item.why and item.state == "installed":
        return "press the key, or: caro WORDS"
    if item.state == "installed":
        return f"once: caro -m {name} WORDS; from now on: caro model use {name}"
    return f"caro model pull {name}"
