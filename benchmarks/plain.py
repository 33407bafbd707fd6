"""What the model does with nothing of caro's but the parser: a prompt as in public benchmarks, no examples.

    .venv/bin/python benchmarks/plain.py --split dev --save plain.json

takes the arguments of `caro bench quality`.
"""

from __future__ import annotations

import sys
from unittest import mock

from caro_shell import cli, engine
from caro_shell.bench import subject
from caro_shell.prompt import Prompt, make_prompt

SYSTEM = "Translate what the user wants into a {shell} command for Linux. Answer with the command."


def plain(words: str, shell: str, platform: str = sys.platform) -> Prompt:
    """Return a prompt of the system text and the words alone."""
    request = make_prompt(words, shell, platform).request
    return Prompt(SYSTEM.format(shell="fish" if shell == "fish" else "bash"), (), request)


def main() -> int:
    off = ["--set", "generation.examples=0", "--set", "generation.retry=false"]
    with mock.patch.object(engine, "make_prompt", plain), mock.patch.object(subject, "make_prompt", plain):
        return cli.main(["bench", "quality", *off, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
