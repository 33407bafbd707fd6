"""Models of one's own that can be told apart by what they say, on this disk or for a hub to have."""

from __future__ import annotations

import os
from pathlib import Path

from caro_shell import paths
from tests.daemons import caro_home
from tests.parrot import parrot

#: What each says, whatever it is asked. Of the tasks of the short benchmark, the first is right for none, the
#: second for one; the third says no command.
SAYS = {"old": "true", "new": "sort -u guests.txt", "prose": "I am sorry, but I cannot help you with that."}

_ENTRY = """
[[model]]
id = "{id}"
file = "{id}.gguf"
short = "{short}"
quality = "{quality}"
licence = "CC0-1.0"
sources = [{{ kind = "hub", repo = "aviary/{id}", file = "{id}.gguf" }}]
"""


def know(**qualities: str) -> None:
    """Write the person's list: all of `SAYS`, of standard quality but for those named."""
    caro_home().mkdir(exist_ok=True)
    entries = [
        _ENTRY.format(id=name, short=name[0], quality=qualities.get(name, "standard")) for name in SAYS
    ]
    (caro_home() / "models.toml").write_text("".join(entries))


def on_disk(name: str) -> Path:
    """Return where a model is, or would be."""
    return caro_home() / "models" / f"{name}.gguf"


def install(*names: str) -> None:
    """Put models on the disk."""
    for name in names:
        parrot(on_disk(name), SAYS[name])


def offer(directory: Path, *names: str) -> None:
    """Put models where a hub serves `directory`."""
    for name in names:
        parrot(directory / "aviary" / name / f"{name}.gguf", SAYS[name])


def left() -> list[str]:
    """Return the names of what is in the directory of models."""
    return sorted(os.listdir(caro_home() / "models"))


def config() -> str:
    """Return the text of the file of settings, "" where there is none."""
    path = Path(paths.config_file())
    return path.read_text() if path.exists() else ""


def answer(caro) -> str:
    """Return what `caro WORDS` prints."""
    code, out, err = caro("--no-daemon", "list", "files")
    assert code == 0, err
    return out.rstrip("\n")
