"""llama.cpp's own server in a process of its own, out of the wheel of xllamacpp: `served(FILE, key)`.

`started(FILE, key)` gives the process as well, to be killed, and `talkative=True` makes a model that never
ends an answer by itself.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

CONTEXT_TOKENS, LONG_CONTEXT_TOKENS = 2048, 8192


class LlamaServer(NamedTuple):
    """A server that answers at `url`."""

    url: str
    process: subprocess.Popen[str]


@contextlib.contextmanager
def served(model: str, key: str) -> Iterator[str]:
    """Serve the GGUF file `model` for those who have `key`; give the URL, once it answers."""
    with started(model, key) as server:
        yield server.url


@contextlib.contextmanager
def started(model: str, key: str, *, talkative: bool = False) -> Iterator[LlamaServer]:
    """Serve as above. A `talkative` model writes to its limit in a conversation, some thousand tokens."""
    with subprocess.Popen(
        [sys.executable, __file__, model, key, *["talkative"] * talkative],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield LlamaServer(process.stdout.readline().strip(), process)
        finally:
            process.kill()


def main(model: str, key: str, talkative: str = "") -> None:
    """Serve until standard input ends: also when a test is killed."""
    import xllamacpp  # noqa: PLC0415 - only the child needs it

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = LONG_CONTEXT_TOKENS if talkative else CONTEXT_TOKENS
    params.sampling.ignore_eos = bool(talkative)
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
