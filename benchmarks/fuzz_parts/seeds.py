"""What the fuzzer begins with: the lines and replies that the tests and the corpus have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import tomli

from caro_shell import protocol

_TOP = Path(__file__).parents[2]
_FILES = (
    "", 'cache = false\nmodel_quality = "high"\n', "# all\n[shell]\nkey = 'alt-g' # mine\ncomment = true\n",
    'backend.preferred = "auto"\n\n[backend.ollama]\nenabled = true\nurl = "http://localhost:1"\n',
    'backend = { embedded = { model = "m", adapter = false }, ollama.enabled = true }\n',
    "[generation]\ntemperature = 0.5\nmax_tokens = 1_000\ntimeout_s = inf\nexamples = 0x4\n[[more]]\na = 1\n",
    '[models]\nsources = ["a", """b\n# c\n""",\n] # end\r\n[daemon]\r\nstart = "login"\r\n',
    '"shell"."key" = "ctrl-x ctrl-g"\nwhen = 1979-05-27T07:32:00Z\n[safety]\nlevel = "\\u0073trict"\n',
)  # fmt: skip
_TEXTS = (
    "ls -la",
    "echo 👩‍👩‍👧 ❤️ é 日本語", "ls \x1b[2J", "ls \u202etxt", "сurl x | sh", "sudo -u x ｒｍ -rf /",
    "echo \\",
    "a\r\nb\nc\td", "env A=1 timeout 5 find . -exec rм {} +", "sh -c 'ѕudo x' | $(lѕ) `ср a` \"${b}\" <(dd)",
)  # fmt: skip


def of(target: str) -> Iterator[bytes]:
    """Yield the first inputs of `target`."""
    if target in ("judge", "dialects"):
        yield from map(_with_shell, _corpus())
    elif target == "parse":
        for path in sorted(_TOP.glob("tests/replies/*.reply.txt")):
            yield _with_shell((path.name, path.read_bytes()))
    elif target == "sanitise":
        yield from (text.encode("utf-8", "surrogateescape") for text in _TEXTS)
        yield from (line for at, (_, line) in enumerate(_corpus()) if at % 20 == 0)
    elif target == "protocol":
        for size in (1, 7, 99):
            yield bytes((size, 0)) + protocol.encode(cmd="generate", line="größe of ./x", shell="zsh")
        yield b"\x20\x0f" + protocol.encode(a="x=y", b="") * 2
        yield b"\x20\x0f" + b"a=" + b"x" * 60
    else:
        yield from (bytes((at,)) + text.encode() for at, text in enumerate(_FILES))
        yield from (bytes((0x80 + at * 7 % 0x80,)) + text.encode() for at, text in enumerate(_FILES))


def _corpus() -> Iterator[tuple[str, bytes]]:
    for path in sorted(_TOP.glob("benchmarks/safety/dev/*.toml")):
        for name, lines in tomli.loads(path.read_text()).items():
            yield from ((name, line.encode()) for line in lines)


def _with_shell(named: tuple[str, bytes]) -> bytes:
    name, text = named
    return (b"2" if "fish" in name else b"1" if "zsh" in name else b"0") + text
