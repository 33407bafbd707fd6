"""A virtual environment for each peer of `peers.py`, made from the package index once and kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence


def install(packages: Sequence[str]) -> str:
    """Make the virtual environment of `packages`, called after the first; return where its programs are.

    Raises SystemExit with a sentence when that cannot be done.
    """
    if sys.version_info < (3, 10):
        raise SystemExit("the peers need Python 3.10 or newer: run this with such a one")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    directory = os.path.join(cache, "caro", "peers", packages[0].partition("==")[0])
    bin_dir, mark = os.path.join(directory, "bin"), os.path.join(directory, "packages.json")
    wanted = json.dumps([*packages, sys.version])
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as file:
            if file.read() == wanted:
                return bin_dir
    print(f"installing {', '.join(packages)} into {directory}", file=sys.stderr)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", directory], check=True)
        pip = [os.path.join(bin_dir, "python"), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
        subprocess.run([*pip, *packages], check=True)
    except subprocess.CalledProcessError:
        raise SystemExit(
            f"{', '.join(packages)} could not be installed; the reason is above: once the package index can "
            "be reached, run this again"
        ) from None
    with open(mark, "w", encoding="utf-8") as file:
        file.write(wanted)
    return bin_dir
