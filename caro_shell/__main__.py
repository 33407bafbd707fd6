"""`python -m caro_shell` is `caro`."""

from __future__ import annotations

import sys

from caro_shell.cli import main

if __name__ == "__main__":
    sys.exit(main())
