"""Pulls that are killed (SIGKILL) at random points: the next one goes on, and nothing is left over."""

from __future__ import annotations

import pickle
import random
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from caro_shell import catalog
from caro_shell.catalog import pins
from caro_shell.pull.digest import CHUNK
from tests.hub_server import hub
from tests.tiny_model import names, tiny

pytestmark = pytest.mark.slow

SEED = 5
KILLS = 10

GGUF = b"GGUF" + random.Random(4).randbytes(30 * CHUNK + 1234)
SHARDS = {
    "config.json": b"{}",
    "model-00001-of-00002.safetensors": random.Random(5).randbytes(20 * CHUNK + 99),
    "model-00002-of-00002.safetensors": random.Random(6).randbytes(12 * CHUNK),
    "tokenizer.json": random.Random(7).randbytes(CHUNK),
}

#: A pull, killed at its `limit`th step: a call of any function, ours or Python's, out of the code that pulls.
CHILD = """
import os, pickle, signal, sys
from caro_shell.pull import pull

model, limit = pickle.loads(bytes.fromhex(sys.argv[1]))
count = 0

def step(frame, event, argument):
    global count
    if event in ("call", "c_call") and "/caro_shell/" in frame.f_code.co_filename:
        count += 1
        if count == limit:
            os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(step)
pull(model, quiet=True)
sys.setprofile(None)
print(count)
"""


def child(model, limit=0):
    """Pull in a process of its own; return its exit status and how many steps it counted."""
    order = pickle.dumps((model, limit)).hex()
    done = subprocess.run([sys.executable, "-c", CHILD, order], capture_output=True, text=True, check=False)
    return done.returncode, int(done.stdout or 0)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A hub on the loopback interface, with the file and the directory in one repository."""
    repo = tmp_path / "hub" / "o" / "r"
    repo.mkdir(parents=True)
    for name, content in {"tiny.gguf": GGUF, **SHARDS}.items():
        (repo / name).write_bytes(content)
    with hub(repo.parent.parent) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


def as_file():
    return replace(tiny(catalog.HubSource("o/r", "tiny.gguf")), size=0, sha256="")


def as_directory():
    return replace(as_file(), file="tiny-mlx", form="mlx")


def content(models, model):
    """Return what was pulled: the bytes of each file by its name."""
    path = models / model.file
    if model.form == "gguf":
        return {model.file: path.read_bytes()}
    return {name: (path / name).read_bytes() for name in names(path)}


def arrived(models):
    """Return how many bytes of the model lie there, in whatever state."""
    found = [path for path in models.rglob("*") if path.is_file() and "pins" not in path.name]
    return sum(path.stat().st_size for path in found if path.suffix not in (".etag", ".verified", ".lock"))


def asked_for(server, expected, token):
    """Return how many bytes of content were asked for with this token."""
    count = 0
    for path, headers in server.contents():
        if headers.get("Authorization") == f"Bearer {token}":
            start = headers.get("Range", "bytes=0-")[len("bytes=") : -1]
            count += len(expected[path.rpartition("/")[2]]) - int(start)
    return count


@pytest.mark.parametrize(
    ("model", "expected"),
    [(as_file(), {"tiny.gguf": GGUF}), (as_directory(), SHARDS)],
    ids=["a file", "a directory"],
)
def test_killed_at_ten_random_steps(server, tmp_path, monkeypatch, model, expected):
    total = sum(map(len, expected.values()))
    monkeypatch.setenv("CARO_HOME", str(tmp_path / "unharmed"))
    status, steps = child(model)
    assert status == 0
    chances = random.Random(SEED)
    kept = []
    for number in range(KILLS):
        monkeypatch.setenv("CARO_HOME", str(tmp_path / str(number)))
        models = tmp_path / str(number) / "models"
        limit = chances.randrange(1, steps)
        assert child(model, limit) == (-signal.SIGKILL, 0), f"not killed at step {limit} of {steps}"
        kept.append(arrived(models))
        # The killed one's last request may still be on its way: the token tells whose is whose.
        monkeypatch.setenv("HF_TOKEN", f"second-{number}")
        assert child(model)[0] == 0
        assert asked_for(server, expected, f"second-{number}") == total - kept[-1], "it did not go on"
        assert content(models, model) == expected
        assert names(models) == sorted([model.file, f"{model.file}.verified", "pins.json"])
        assert pins.read()["tiny"].of(model).size == total
        assert child(model)[0] == 0
    assert len(set(kept)) >= KILLS // 2, "the kills were not spread over the pull"
