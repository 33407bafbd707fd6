"""Whether this machine has room for a model: in its memory, and on the disk that it goes to."""

from __future__ import annotations

import os
import shutil
from typing import Callable

from caro_shell import pressure
from caro_shell.catalog import Model
from caro_shell.errors import PullError
from caro_shell.pull.staging import Staging
from caro_shell.sizes import readable

#: Bytes of free disk beyond the model: for a wheel on its way, and for everyone else on that disk.
MARGIN = 256 << 20


def check_memory(model: Model, size: int, called: str, say: Callable[[str], None]) -> None:
    """Raise PullError for a model of `size` bytes that is larger than all of this machine's memory.

    It would be read from the disk anew for each token. Whoever `called` it by a name may want it for another
    machine, and is only told, by `say`.
    """
    memory = pressure.total()
    if size <= memory:
        return
    sentence = f"{model.id} has {readable(size)} and this machine {readable(memory)} of memory"
    if not called:
        raise PullError(f"{sentence}; to have it all the same: caro model pull {model.id}")
    say(f"{sentence}: it is fetched as you asked, and will be of little use here")


def check_disk(model: Model, size: int, staging: Staging) -> None:
    """Raise PullError where the disk has no room for what is to come of the `size` bytes of `model`."""
    directory = os.path.dirname(staging.target)
    needed = max(0, size - staging.kept()) + MARGIN
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise PullError(
            f"{model.id} needs {readable(needed)} in {directory} and {readable(free)} are free; "
            "make room, or set CARO_HOME to a directory on a larger disk"
        )
