"""One process of the fuzzer: `python -m fuzz_parts.child TARGET PLANT [option of libFuzzer ...]`."""

from __future__ import annotations

import logging
import sys

import atheris

with atheris.instrument_imports(include=["caro_shell", "fuzz_parts.plant"]):
    from fuzz_parts import plant, targets


def main() -> None:
    """Try inputs until there were enough or one fails; libFuzzer ends the process."""
    name, planted, *options = sys.argv[1:]
    logging.disable()
    if planted == "plant":
        plant.into(name)
    target, longest = targets.TARGETS[name]
    atheris.Setup([sys.argv[0], f"-max_len={longest}", *options], targets.timed(target))
    atheris.Fuzz()


main()
