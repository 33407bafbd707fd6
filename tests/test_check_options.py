"""What programs take: the notation, help texts and manual pages read, the tables, what is installed here."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from caro_shell import paths, resources
from caro_shell.check import options
from caro_shell.check.arguments import format_, parse, read
from caro_shell.check.helptext import from_help, from_page
from caro_shell.check.line import read as read_line
from caro_shell.check.manual import documented

SORT = "-k: --key: -r --reverse -n -t: --check? -c -S?"


def test_a_pipe_in_a_pages_place_is_not_waited_for(tmp_path):
    (tmp_path / "share/man/man1").mkdir(parents=True)
    os.mkfifo(tmp_path / "share/man/man1/prog.1")
    assert documented(str(tmp_path / "bin/prog")) is None


def words(line):
    (command,) = read_line(line, "bash").commands
    return command[1:]


@pytest.mark.parametrize(
    ("notation", "line", "unknown"),
    [
        (SORT, "sort -rnk2 -t, f", []),
        (SORT, "sort -k 2,3 -t -x f", []),
        (SORT, "sort --key=2 --reverse --check f", []),
        (SORT, "sort --rev --ke 2", []),
        (SORT, "sort --by-size f", ["--by-size"]),
        (SORT, "sort -rx f", ["-x"]),
        (SORT, "sort -S50% -5 - f", []),
        (SORT, "sort -- -x --by-size", []),
        (SORT, 'sort "$a" -$b --$c -r"$d" f', []),
        (SORT, "sort f -x", ["-x"]),
        ("+ -n:", "nice -n 5 ls -l", []),
        ("+ -n:", "nice -x ls -l", ["-x"]),
        ("= -name: -type: -o -exec; -print", "find . -name -x -o -type f -exec rm -rf {} + -print", []),
        ("= -name: -exec;", "find . -exec rm {} \\; -size +1M", ["-size"]),
        ("-c! -u", "python -u -c 'x' --foo", []),
        ("-n --arg::", "jq --arg -a -b -n", []),
        ("~ -a? -o", "prog -abc -xyz -z", ["-z"]),
        ("~ -classpath:", "prog -classpath -x", []),
        ("--color", "ls --no-color", []),
    ],
)
def test_options_that_a_program_does_not_take(notation, line, unknown):
    assert read(words(line), parse(notation)).unknown == unknown


def test_operands_and_what_they_run():
    reading = read(words("find . -exec grep -l x {} + -print"), parse("= -exec; -print"))
    assert [word.text for word in reading.operands] == ["."]
    assert [[word.text for word in run] for run in reading.runs] == [["grep", "-l", "x", "{}"]]
    assert read(words("sh -c 'ls -l' x"), parse("-c!")).script.text == "ls -l"


def test_the_notation_can_be_written():
    notation = "+ = ~ -a -k: -i? --all -? -exec; --arg:: -c!"
    assert format_(parse(notation)) == notation


def test_what_two_sources_know_together():
    both = parse("-a: -b") | parse("~ + -a? -c?")
    assert format_(both) == "+ -a: -c? -b"


HELP = """Usage: sort [OPTION]... [FILE]...
  -b, --ignore-blanks       ignore -x blanks
      --sort=WORD           sort by WORD
  -c, --check, --check=diagnose  check
  -i[SUFFIX], --in-place[=SUFFIX]
  -I R                      same as --replace=R
 -p, p, --pid <PID>         process id
  -e script, --expression=script
 -                          nothing
"""


def test_a_help_text_says_what_takes_a_value():
    notation = "-b --ignore-blanks --sort: -c? --check? -i? --in-place? -I: -p: --pid: -e: --expression:"
    assert format_(from_help(HELP)) == notation


MAN = r"""
.TH PROG 1
.SH SYNOPSIS
.B prog
[\fI\,OPTION\/\fR]... [\-xyz] [FILE]
.SH OPTIONS
.TP
\fB\-k\fR, \fB\-\-key\fR=\fI\,KEYDEF\/\fR
as with \fB\-\-other\fR
.TP
.BI \-w " width"
\-\-[no\-]mailmap
"""
MDOC = r"""
.Sh SYNOPSIS
.Nm ssh
.Op Fl 46A
.Op Fl l Ar login
.Ar destination Op Ar command
.Sh DESCRIPTION
.It Fl -key Ar value
"""


def test_a_manual_page_is_read_generously():
    found = from_page(MAN).takes
    assert set(found) >= {"-k", "--key", "--other", "-x", "-y", "-z", "-w", "--mailmap", "--help"}
    assert found["--key"] == ":"
    assert found["-x"] == "?", "not known"
    assert not from_page(MAN).ends


def test_a_page_in_the_other_language():
    found = from_page(MDOC)
    assert set(found.takes) >= {"-4", "-6", "-A", "-l", "--key"}
    assert found.ends, "what follows belongs to a command"


def program(directory: Path, name: str, says: str = "") -> str:
    (directory / "bin").mkdir(exist_ok=True)
    file = directory / "bin" / name
    file.write_text(f"#!/bin/sh\ntouch {directory}/was-run\necho '{says}'\n")
    file.chmod(0o755)
    return str(file)


def page(directory: Path, name: str, text: str) -> None:
    (directory / "share/man/man1").mkdir(parents=True, exist_ok=True)
    with gzip.open(directory / f"share/man/man1/{name}.1.gz", "wt") as file:
        file.write(text)


def test_a_page_is_found_beside_the_program(tmp_path):
    path = program(tmp_path, "prog")
    page(tmp_path, "prog", MAN)
    page(tmp_path, "prog-sub", "--deeper")
    page(tmp_path, "other", ".so man1/prog.1.gz\n")
    assert "--key" in documented(path).takes
    assert "--deeper" in documented(path, "sub").takes
    assert "--key" not in documented(path, "sub").takes


def test_a_page_that_names_another_is_followed(tmp_path):
    path = program(tmp_path, "alias")
    page(tmp_path, "prog", MAN)
    page(tmp_path, "alias", ".so man1/prog.1\n")
    assert "--key" in documented(path).takes


def test_a_damaged_page_says_nothing(tmp_path):
    path = program(tmp_path, "prog")
    page(tmp_path, "prog", MAN)
    file = tmp_path / "share/man/man1/prog.1.gz"
    file.write_bytes(file.read_bytes()[:40])
    assert documented(path) is None


def test_no_program_is_run_that_is_not_the_systems(tmp_path):
    path = program(tmp_path, "sort", HELP)
    assert documented(path) is None
    assert not (tmp_path / "was-run").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux keeps its programs in /usr/bin")
def test_what_is_installed_is_kept_until_the_program_changes(tmp_path):
    path = program(tmp_path, "prog")
    page(tmp_path, "prog", MAN)
    assert "--key" in options.installed(path).takes
    (kept,) = Path(paths.home(), "cache", "options").iterdir()
    assert "--key" in kept.read_text()
    page(tmp_path, "prog", "--newer")
    assert "--newer" not in options.installed(path).takes
    os.utime(path, (1, 1))
    assert "--newer" in options.installed(path).takes


@pytest.mark.skipif(sys.platform != "linux", reason="Linux keeps its programs in /usr/bin")
def test_what_another_process_has_kept_is_taken(tmp_path):
    path = program(tmp_path, "prog")
    page(tmp_path, "prog", MAN)
    options.installed(path)
    (kept,) = Path(paths.home(), "cache", "options").iterdir()
    kept.write_text(kept.read_text().replace("--other", "--of-the-cache"))
    ask = f"from caro_shell.check import options; print(*options.installed({path!r}).takes)"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    assert "--of-the-cache" in said.split()


def test_what_is_not_there_takes_nothing_that_is_known(tmp_path):
    assert options.installed(str(tmp_path / "none")) is None
    assert options.known("no-such-program", "linux") is None


@pytest.mark.parametrize(
    ("program_", "option", "gnu", "bsd"),
    [
        ("ls", "--sort", True, False),
        ("ls", "-G", True, True),
        ("find", "-printf", True, False),
        ("find", "-newermt", True, True),
        ("date", "-d", True, False),
        ("date", "-v", False, True),
        ("stat", "-c", True, False),
        ("grep", "-P", True, False),
        ("grep", "--include", True, True),
        ("ps", "--sort", True, False),
        ("du", "--max-depth", True, False),
        ("du", "-d", True, True),
        ("sed", "-E", True, True),
        ("xargs", "-J", False, True),
        ("curl", "--output", True, True),
        ("cp", "--parents", True, False),
        ("tar", "--transform", True, False),
        ("tar", "--strip-components", True, True),
    ],
)
def test_the_tables_tell_gnu_from_bsd(program_, option, gnu, bsd):
    assert (option in options.known(program_, "linux").takes) is gnu
    assert (option in options.known(program_, "darwin").takes) is bsd


@pytest.mark.parametrize("table", ["gnu.txt", "linux.txt", "common.txt", "bsd.txt"])
def test_each_table_is_in_order_and_can_be_read(table):
    lines = Path(resources.resource("models", f"options/{table}")).read_text().splitlines()
    names = [line.split(": ", 1)[0] for line in lines]
    assert len(set(names)) == len(names)
    for line in lines:
        name, _, notation = line.partition(": ")
        assert format_(parse(notation)), name
        marks = [word for word in notation.split() if not word.startswith("-")]
        assert set(marks) <= {"+", "=", "~"}, name
