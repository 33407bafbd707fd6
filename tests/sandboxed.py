"""`needs_sandbox`: the mark of tests that run commands in the benchmark's sandbox; it skips them without."""

from __future__ import annotations

import pytest

from caro_shell.bench import sandbox

needs_sandbox = pytest.mark.skipif(bool(sandbox.unavailable()), reason=sandbox.unavailable())
