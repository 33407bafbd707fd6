"""llama.cpp's own server in a process of its own, out of the wheel of xllamacpp: `served(FILE, key)`."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

CONTEXT_TOKENS = 2048


@contextlib.contextmanager
def served(model: str, key: str) -> Iterator[str]:
    """Serve the GGUF file `model` for those who have `key`; give the URL, once it answers."""
    with subprocess.Popen(
        [sys.executable, __file__, model, key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def main(model: str, key: str) -> None:
    """Serve until standard input ends: also when a test is killed."""
    import xllamacpp  # noqa: PLC0415 - only the child needs it

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
