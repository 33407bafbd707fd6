"""`caro check`: levels for people and programs, marks below the line, any bytes on standard input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CARO = [sys.executable, "-m", "caro_shell", "check"]


@pytest.mark.parametrize(
    ("command", "status", "level"),
    [
        ("ls -l", 0, "safe"),
        ("rm -rf photos", 1, "caution"),
        ('eval "$x"', 1, "unknown"),
        ("rm -rf /var/www", 3, "danger"),
    ],
)
def test_the_level_is_said_and_is_the_status(caro, command: str, status: int, level: str) -> None:
    code, out, err = caro("check", command)
    assert (code, err) == (status, "")
    assert out.startswith(f"{level}: ")
    code, out, err = caro("check", "--json", command)
    assert (code, json.loads(out)["level"]) == (status, level)


def test_the_part_that_is_meant_is_marked_in_columns(caro) -> None:
    _, out, _ = caro("check", "echo 你好 ü; rm -rf /var/www")
    _, line, mark, *_ = out.splitlines()
    assert line == "  echo 你好 ü; rm -rf /var/www"
    assert mark == " " * (len("  echo 你好 ü; rm -rf ") + 2) + "^" * len("/var/www")


def test_the_part_is_seen_in_a_line_wider_than_the_screen(caro, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = caro("check", "echo " + "x" * 200 + "; rm -rf /var/www" + " " * 9 + "; echo " + "y" * 200)
    _, line, mark, *_ = out.splitlines()
    assert line[mark.index("^") : mark.rindex("^") + 1] == "/var/www"
    assert max(len(line), len(mark)) <= 60


def test_what_would_be_touched_here_is_said(caro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes").write_text("12")
    monkeypatch.chdir(tmp_path)
    assert caro("check", "ls > notes")[1] == "safe: ls > notes\nwould write over notes (2 bytes)\n"
    assert caro("check", "ls > other")[1] == "safe: ls > other\n"


def test_several_arguments_are_the_words_of_one_command(caro) -> None:
    assert caro("check", "sudo", "sh", "-c", "rm -rf /")[0] == 3
    assert caro("check", "--", "rm", "-rf", "/var/www")[0] == 3
    assert caro("check", "echo", ";", "rm -rf /")[0] == 0


def test_a_shell_can_be_named(caro) -> None:
    loop = "for f in /var/www; rm -rf $f; end"
    assert caro("check", "--shell", "fish", loop)[0] == 3


@pytest.mark.parametrize("arguments", [(), ("--stdin", "ls")])
def test_too_little_or_too_much_is_usage(caro, arguments: tuple[str, ...]) -> None:
    code, out, err = caro("check", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("caro: give ")


def test_nothing_reaches_the_terminal_that_it_would_obey(caro) -> None:
    for flags in ((), ("--json",)):
        code, out, _ = caro("check", *flags, "rm -rf '/var/\x1b[2Jwww' \u202e")
        assert code == 3
        assert "\x1b" not in out
        assert "\u202e" not in out


def judged(data: bytes, *flags: str) -> list[dict]:
    done = subprocess.run([*CARO, "--stdin", "--json", *flags], input=data, capture_output=True, check=True)
    assert done.stderr == b""
    assert done.stdout.isascii()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_a_line_in_is_an_object_out_whatever_its_bytes() -> None:
    lines = [
        b"rm -rf /var/www",
        b"",
        b"\xff\xfe\x00\x1b[2J",
        b"ls\r",
        b"x" * 200_000,
        b"rm -rf /  # \xe4\xbd\xa0",
        b"a\x0bb\x85c\x1ed",
    ]
    found = judged(b"\n".join(lines))
    assert len(found) == len(lines)
    assert found[0] == {
        "level": "danger",
        "critical": False,
        "reasons": ["deletes everything under /var/www, not recoverable"],
        "spans": [[7, 15]],
    }
    assert [one["level"] for one in (found[1], found[3], found[4], found[5])] == [
        "safe",
        "safe",
        "unknown",
        "danger",
    ]
    assert found[5]["critical"]


@pytest.mark.slow
def test_each_answer_comes_before_the_next_line() -> None:
    with subprocess.Popen(
        [*CARO, "--stdin", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        for line, level in ((b"ls\n", "safe"), (b"rm -rf /var\n", "danger")):
            process.stdin.write(line)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["level"] == level
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.slow
def test_it_starts_without_what_it_does_not_need() -> None:
    heavy = "numpy llama_cpp requests psutil caro_shell.engine caro_shell.config asyncio"
    program = f"""
import sys
from caro_shell import cli
assert cli.main(["check", "ls"]) == 0
print(*set({heavy.split()}) & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == [""]
