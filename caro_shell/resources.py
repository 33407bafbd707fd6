"""Where the files that come with caro are: the shell hooks, the catalog of models, the benchmark's tasks."""

from __future__ import annotations

import os


def resource(kind: str, name: str) -> str:
    """Return the path of `shell/NAME`, `models/NAME` or `benchmarks/NAME`; `kind` is that directory.

    A wheel carries them inside the package; in a checkout they lie beside it.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    carried = os.path.join(package, kind, name)
    if os.path.exists(carried):
        return carried
    return os.path.join(os.path.dirname(package), kind, name)
