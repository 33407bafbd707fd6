"""Other work for every core."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping


@contextlib.contextmanager
def busy_cores(env: Mapping[str, str]) -> Iterator[None]:
    """Keep every core that this process may use busy; `env` is a `Lab`'s, which ends what is left."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    command = [sys.executable, "-I", "-S", "-c", "while True: pass"]
    loops = [subprocess.Popen(command, env=env, start_new_session=True) for _ in range(cores)]
    time.sleep(0.2)  # until they run
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
