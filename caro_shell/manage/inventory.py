"""Every model that caro knows, and how things stand with it on this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from caro_shell import measured
from caro_shell.catalog import Model, disk, load_catalog
from caro_shell.catalog.wanted import Wanted, wanted
from caro_shell.config import Config
from caro_shell.errors import ModelDamaged, ModelError, ModelMissing
from caro_shell.measured import Figures


@dataclass(frozen=True)
class Item:
    """One model: its `state`, its `path` if it is installed, and the bytes `fetched` by a pull broken off.

    `state` is `installed`, `damaged`, `partly fetched` or `available`, which one without a source is not:
    that is `missing`. `why` says why it is the one that answers, "" where it does not.
    """

    model: Model
    state: str
    path: str = ""
    fetched: int = 0
    why: str = ""
    figures: Figures | None = None

    @property
    def size(self) -> int:
        """The model's size in bytes, as it is known or as it is here; 0 where it is neither."""
        return self.model.size or (disk.bytes_at(self.path) if self.path else 0)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            **{
                name: value
                for name, value in asdict(self.model).items()
                if name not in ("sources", "files", "shipped")
            },
            "size": self.size,
            "sources": list(map(str, self.model.sources)),
            "state": self.state,
            "path": self.path or None,
            "verified": bool(self.path) and disk.verified(self.path, self.model),
            "fetched": self.fetched,
            "in_use": bool(self.why),
            "why": self.why or None,
            "measured": asdict(self.figures) if self.figures else None,
        }


def inventory(settings: Config) -> list[Item]:
    """Return the models of the catalogue, and the one that answers by `settings` if it is a file outside.

    None answers where `settings` name no model. Raises ModelError when the catalogue is unusable.
    """
    known = load_catalog()
    now = answering(settings)
    models = list(known.values())
    if now and now.model.id not in known:
        models.append(now.model)
    return [item(model, now) for model in models]


def answering(settings: Config) -> Wanted | None:
    """Return the model that answers by `settings`, None where they name none that there is."""
    try:
        return wanted(settings)
    except ModelError:
        return None


def item(model: Model, now: Wanted | None) -> Item:
    """Return how things stand with `model`, where `now` is what answers."""
    why = now.why if now and now.model.id == model.id else ""
    figures = measured.of(model.id)
    try:
        return Item(model, "installed", disk.locate(model), why=why, figures=figures)
    except ModelDamaged:
        return Item(model, "damaged", why=why, figures=figures)
    except ModelMissing:
        fetched = disk.bytes_of_part(model)
        state = "partly fetched" if fetched else "available" if model.sources else "missing"
        return Item(model, state, fetched=fetched, why=why, figures=figures)
