"""Small sets of tasks for tests of the benchmark itself, so that none depends on the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from caro_shell.bench import task

#: What no output or file may show of the tasks of the split test.
SECRETS = ("whisper", "hidden.txt", "wc -c")

_FIXTURE = """
[fixture.house]
[fixture.house.files]
"guests.txt" = "ann\\nbob\\nann\\n"
"hidden.txt" = "one\\n"
"""

_DEV = """
[[task]]
id = "guests-sorted"
words = "every guest once"
level = "easy"
everyday = true
short = true
fixture = "house"
accept = ["sort -u guests.txt"]

[[task]]
id = "guests-counted"
words = "how many guests"
level = "hard"
fixture = "house"
accept = ["wc -l < guests.txt"]

[[task]]
id = "guests-in-fish"
words = "every guest once, in fish"
level = "medium"
fixture = "house"
shell = "fish"
accept = ["sort -u guests.txt"]
"""

# Not run here: its tools are those of macOS.
_MACOS = """
[[task]]
id = "guests-on-macos"
words = "every guest once, on a mac"
level = "easy"
everyday = true
fixture = "house"
platform = "darwin"
accept = ["sort -u guests.txt"]
"""

_NO_GUESTS = """
[[task]]
id = "guests-gone"
words = "delete the list of guests"
level = "medium"
everyday = true
fixture = "house"
accept = ["rm guests.txt"]
output = "nothing"
"""

_TEST = """
[[task]]
id = "secret-one"
words = "whisper how long hidden.txt is"
level = "easy"
everyday = true
fixture = "house"
accept = ["wc -c < hidden.txt"]

[[task]]
id = "secret-two"
words = "whisper the guests, each once"
level = "easy"
fixture = "house"
accept = ["sort -u guests.txt"]
"""


def use_tasks(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the benchmark have the tasks above, written to `directory`."""
    files = {"dev/guests": _DEV + _MACOS, "dev/files": _NO_GUESTS, "test/guests": _TEST}
    for name, tasks in files.items():
        path = directory / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_FIXTURE + tasks)
    monkeypatch.setattr(task, "resource", lambda *_: str(directory))
