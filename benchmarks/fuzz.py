"""Tries inputs that coverage leads to on whatever reads what others wrote: `make bench-fuzz`.

The targets are the judge of risk, the dialects it reads, the parser of answers, the gate before the line, the
records and the settings (`fuzz_parts/targets.py` says what must hold). One process each, with atheris, which
is libFuzzer for Python. Ends with status 1 if an input failed, or, with `--plant`, if a bug was not found.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from fuzz_parts import plant, seeds, targets

HERE = Path(__file__).parent
_STATE = re.compile(r"^#(\d+)\s+\w+ .*?cov: (\d+)", re.MULTILINE)
_ERROR = re.compile(r"^\w*(?:Error|Exception|Interrupt)\b.*|^ERROR: libFuzzer.*|^ALARM.*", re.MULTILINE)
_TRIED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


class Outcome(NamedTuple):
    """What became of one target."""

    inputs: int
    edges: int
    seconds: float
    #: The input that failed, where one did; what was said of it.
    failed: bytes | None
    said: str


def main() -> int:
    """Run the targets, say what each came to."""
    options = _options()
    if options.again:
        return _again(options.target or "", Path(options.again), planted=options.plant)
    names = [options.target] if options.target else list(plant.PLANTED if options.plant else targets.TARGETS)
    total, is_well = 0, True
    for name in names:
        with ExitStack() as stack:
            kept = options.corpus and Path(options.corpus, name).resolve()
            kept = kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            outcome = _run(name, options.runs, kept, planted=options.plant)
        total += outcome.inputs
        found = outcome.failed is not None
        crashes = f"{int(found)} crashes" if not options.plant else "found" if found else "NOT FOUND"
        print(
            f"{name:10} {outcome.inputs:9,} inputs {outcome.edges:6,} edges"
            f" {outcome.seconds:7.1f} s  {crashes}",
            flush=True,
        )
        if outcome.failed is not None:
            _tell(name, outcome, planted=options.plant)
        is_well = is_well and found == options.plant
    print(f"{'all':10} {total:9,} inputs")
    return 0 if is_well else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=40_000, help="inputs for each target (default %(default)s)"
    )
    parser.add_argument("--target", choices=list(targets.TARGETS), help="this one only")
    parser.add_argument("--plant", action="store_true", help="plant a bug in the gate and in the judge first")
    parser.add_argument("--corpus", metavar="DIR", help="keep there what was found, and begin with it")
    parser.add_argument("--again", metavar="FILE", help="give the input in FILE to the target, once")
    options = parser.parse_args()
    if options.again and not options.target:
        parser.error("--again needs --target")
    if options.plant and options.target not in (None, *plant.PLANTED):
        parser.error(f"bugs are planted in {' and '.join(plant.PLANTED)}")
    return options


def _run(name: str, runs: int, kept: Path, *, planted: bool) -> Outcome:
    """Let one process try `runs` inputs; `kept` is the directory for those that reached something new."""
    kept.mkdir(parents=True, exist_ok=True)
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # each input of `config` is written to a file
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        first, failed = Path(scratch, "seeds"), Path(scratch, "failed")
        first.mkdir()
        for at, seed in enumerate(seeds.of(name)):
            Path(first, f"{at:05}").write_bytes(seed)
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "fuzz_parts.child", name, "plant" if planted else "-",
             f"-runs={runs}", "-timeout=120", "-print_final_stats=1", f"-exact_artifact_path={failed}",
             str(kept), str(first)],
            cwd=HERE, env={**os.environ, "TMPDIR": scratch}, capture_output=True, text=True, errors="replace",
            check=False,
        )  # fmt: skip
        took = time.monotonic() - start
        said = done.stdout + done.stderr
        states, tried = _STATE.findall(said), _TRIED.findall(said)
        if done.returncode and not failed.exists():
            raise SystemExit(f"{name}: the fuzzer did not run:\n{said[-1000:]}")
        inputs = int(tried[-1]) if tried else int(states[-1][0]) if states else 0
        content = failed.read_bytes() if failed.exists() else None
        return Outcome(inputs, int(states[-1][1]) if states else 0, took, content, said)


def _tell(name: str, outcome: Outcome, *, planted: bool) -> None:
    """Show the input that failed, and how to try it again."""
    descriptor, path = tempfile.mkstemp(prefix=f"caro-fuzz-{name}-")
    with open(descriptor, "wb") as file:
        file.write(outcome.failed or b"")
    trace = _ERROR.findall(outcome.said)
    print(f"  {outcome.failed!r}")
    print(f"  {trace[-1] if trace else outcome.said[-500:]}")
    print(f"  again: {sys.executable} {HERE}/fuzz.py --target {name} --again {path}{' --plant' * planted}")


def _again(name: str, path: Path, *, planted: bool) -> int:
    if planted:
        plant.into(name)
    targets.timed(targets.TARGETS[name][0])(path.read_bytes())
    print("nothing failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
