"""A model of a megabyte, and what an earlier pull of it may have left."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pickle
import random
import subprocess
import sys

from caro_shell import catalog
from caro_shell.commands import model as command
from caro_shell.pull.digest import CHUNK

CONTENT = random.Random(0).randbytes(4 * CHUNK + 1000)
PART_SIZE = 2 * CHUNK

#: `caro model pull`, which at `after` bytes sends itself a signal.
CHILD = """
import argparse, os, pickle, sys
from caro_shell import catalog
from caro_shell.commands import model as command
from caro_shell.pull.part import PartFile

tiny, after, signal = pickle.loads(bytes.fromhex(sys.argv[1]))
catalog.load_catalog = lambda: {tiny.id: tiny}
append = PartFile.append

def append_and_signal(part, data):
    append(part, data)
    if part.size >= after:
        os.kill(os.getpid(), signal)

if signal:
    PartFile.append = append_and_signal
parser = argparse.ArgumentParser()
command.add_arguments(parser)
sys.exit(command.run(parser.parse_args(["pull", tiny.id])))
"""


def tiny(*sources):
    return catalog.Model(
        id="tiny",
        title="a megabyte of noise",
        file="tiny.gguf",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="CC0-1.0",
        context=8,
        chat="chatml",
        sources=sources,
    )


def from_url(server):
    return tiny(catalog.HttpsSource(server.url))


def leave_part(models, content, tag=None):
    """Leave what an earlier pull would have left."""
    models.mkdir(parents=True, exist_ok=True)
    (models / "tiny.gguf.part").write_bytes(content)
    if tag:
        (models / "tiny.gguf.part.etag").write_text(json.dumps(tag))


def child(model, *, after=0, kill=0):
    """Start `caro model pull` for `model` in a process of its own."""
    order = pickle.dumps((model, after, int(kill))).hex()
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, order], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(*argv):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(argv))


def names(directory):
    return sorted(os.listdir(directory))


WHOLE = ["tiny.gguf", "tiny.gguf.verified"]


def assert_whole(models):
    """The model, its record, and nothing else."""
    assert (models / "tiny.gguf").read_bytes() == CONTENT
    assert names(models) == WHOLE
