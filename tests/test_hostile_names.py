"""Names that others chose, of files, models and servers' models: on no screen do they do anything."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.remote_server import says, serve
from tests.until import PATIENCE_S

ESCAPES = "\x1b[2J\x1b]0;owned\x07"
NAME = f"a\n{ESCAPES}\u202e\u200b\x9bc"


@pytest.fixture
def home(own_home: Path, monkeypatch) -> Path:
    """Return a CARO_HOME that has such a name itself."""
    home = own_home / NAME
    home.mkdir(mode=0o700)
    monkeypatch.setenv("CARO_HOME", str(home))
    return home


@pytest.fixture
def model(home: Path) -> Path:
    """Return a file that is no model, with such a name, in the configuration and in the list of models."""
    (home / "models").mkdir()
    file = home / "models" / f"{NAME}.gguf"
    file.write_bytes(b"GGUF" + bytes(100))
    (home / "models" / NAME).mkdir()
    quoted = json.dumps(str(file)).replace("\x7f", "\\u007f")
    (home / "config.toml").write_text(
        f'[backend.embedded]\nmodel = {quoted}\n["{json.dumps(NAME)[1:-1]}"]\nx = 1\n'
    )
    entries = (
        f"id = {json.dumps(NAME)}\nfile = 'b.gguf'",
        f"id = 'c'\ntitle = {json.dumps(NAME)}\nfile = {quoted}",
    )
    (home / "models.toml").write_text("".join(f"[[model]]\n{entry}\n" for entry in entries))
    return file


@pytest.mark.parametrize(
    "arguments",
    [
        ["config"],
        ["config", "show", "--json"],
        ["config", "set", "shell.key", "alt-g"],
        ["config", "set", "backend.vllm.model", NAME],
        ["config", "set", NAME, "1"],
        ["config", "unset", NAME],
        ["config", "get", NAME],
        ["doctor"],
        ["daemon", "status"],
        ["daemon", "status", "--json"],
        ["model", "list"],
        ["model", "list", "--json"],
        ["model", "info"],
        ["model", "info", "c"],
        ["model", "info", "c", "--json"],
        ["model", "info", NAME],
        ["model", "verify"],
        ["model", "use", NAME],
        ["model", "use", "MODEL"],
        ["model", "pull", NAME],
        ["model", "pull", "MODEL"],
        ["model", "pull", f"https://127.0.0.1:1/{NAME}.gguf"],
        ["model", "remove", "-y", "MODEL"],
        ["model", "path", NAME],
        ["bench", "compare", NAME, NAME],
        ["bench", "quality", "--model", NAME],
        ["bench", "quality", "--set", NAME],
        ["--model", NAME, "--no-daemon", "list"],
        ["--model", "MODEL", "--no-daemon", "list"],
        ["--shell", NAME, "list"],
        ["--json", "--model", NAME, "--no-daemon", "list"],
        ["config", NAME],
        ["daemon", "stop", NAME],
        [f"doctr{ESCAPES[:3]}"],
        ["init", NAME],
        ["init", "--backend", "vllm", "--url", NAME],
    ],
    ids=lambda arguments: " ".join(arguments[:3]).encode("unicode_escape").decode()[:40],
)
def test_no_verb_shows_a_name_as_it_is(caro, model, arguments):
    given = [str(model) if argument == "MODEL" else argument for argument in arguments]
    _, out, err = caro(*given)
    assert out + err
    for line in (out + err).split("\n"):
        assert line.isprintable(), repr(line)


def test_a_path_is_byte_for_byte_for_a_script_and_spelt_out_on_a_terminal(caro, model):
    assert caro("config", "path")[1] == f"{model.parent.parent}/config.toml\n"
    assert caro("config", "get", "backend.embedded.model")[1] == f"{model}\n"
    for arguments in (["config", "path"], ["config", "get", "backend.embedded.model"], ["model", "path"]):
        shown = on_a_terminal(*arguments)
        assert "^[[2J" in shown
        assert all(line.isprintable() for line in shown.replace("\r", "").split("\n"))


def on_a_terminal(*arguments: str) -> str:
    """Return what `caro` prints on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "caro_shell", *arguments], stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # how the end of a terminal is told on Linux
        pass
    os.close(ours)
    process.wait(PATIENCE_S)
    return shown.decode()


def test_a_servers_names_are_shown_spelt_out_or_not_at_all(caro, own_home):
    home = own_home / ".caro"
    home.mkdir(mode=0o700)
    with serve() as server:
        names = [{"name": NAME, "model": NAME, "id": NAME}, {"name": "fine", "id": "fine"}]
        server.on("/api/tags", says({"models": names}))
        server.on("/api/version", says({"version": f"0.9.9{ESCAPES}"}))
        server.on("/v1/models", says({"data": names}))
        settings = {"ollama": server.url, "vllm": server.url}
        (home / "config.toml").write_text(
            "".join(f"[backend.{name}]\nenabled = true\nurl = '{url}'\n" for name, url in settings.items())
        )
        _, out, err = caro("doctor")
        assert "fine" in out
        assert "owned" not in out
        assert all(line.isprintable() for line in (out + err).split("\n"))
