"""A command's names as they are in the person's directory; what no look decides stays as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from caro_shell import mending
from caro_shell.mending import mended


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(mending, "LIMIT_S", 60.0)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in (
        "etc/hosts",
        "README.md",
        "my notes.txt",
        "report.csv",
        "a.TXT",
        "a.Txt",
        "home/todo.md",
        "todo.md",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "command", "expected"),
    [
        ("sort etc/hosts", "sort -u /etc/hosts", "sort -u etc/hosts"),
        ("sort etc/hosts", "sort </etc/hosts", "sort <etc/hosts"),
        ("show report.csv", 'cat "/path/to/report.csv"', 'cat "report.csv"'),
        ("show report.csv", "cat /path/to/report.csv | head", "cat report.csv | head"),
        ("show readme.md", "cat readme.md", "cat README.md"),
        ("show my notes.txt", "cat my notes.txt", "cat my notes.txt"),  # "my" is no part of a name here
        ('show "my notes.txt"', "cat my notes.txt", "cat 'my notes.txt'"),
        ('make "shopping list.txt"', "touch shopping list.txt", "touch 'shopping list.txt'"),
        ('add "eggs" to "my notes.txt"', 'echo "eggs" >> my notes.txt', "echo \"eggs\" >> 'my notes.txt'"),
        ("make a folder x/y", "mkdir x/y", "mkdir -p x/y"),
        ("make x/y and ~/z", "sudo mkdir x/y ~/z", "sudo mkdir -p x/y ~/z"),
        ("which commits added legacy_tax? one line each", "git log -S legacy_tax?", "git log -S legacy_tax"),
        ("ids of tail", "ps -ef | grep tail | awk '{print $2}'", "ps -ef | grep '[t]ail' | awk '{print $2}'"),
        ("count nginx", 'ps aux | grep -c "nginx"', "ps aux | grep -c '[n]ginx'"),
        ("count nginx", "sudo ps ax|grep -i nginx | wc -l", "sudo ps ax|grep -i '[n]ginx' | wc -l"),
        (
            "broken links",
            "find . -type l -exec test ! -e {} \\;",
            "find . -type l -exec test ! -e {} \\; -print",
        ),
        ("count", "find . -exec grep -q x {} \\; | wc -l", "find . -exec grep -q x {} \\; -print | wc -l"),
        ("who is on port 22?", "ss -tn 'sport = 22?'", "ss -tn 'sport = 22'"),
    ],
)
def test_a_name_is_written_as_it_is_here(here: Path, words: str, command: str, expected: str) -> None:
    assert mended(command, words, str(here)) == expected
    assert mended(expected, words, str(here)) == expected


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("sort etc/passwd", "sort /etc/passwd"),  # not here: another one may be meant
        ("sort /etc/hosts, then etc/hosts", "sort /etc/hosts etc/hosts"),
        ("copy report.csv to my home", "cp report.csv ~/report.csv"),
        ("copy report.csv to the root", "cp report.csv /report.csv"),
        ("show todo.md in my home", "cat ~/todo.md"),  # it is there
        ("show a.txt", "cat a.txt"),  # two that it may be
        ("show report.csv", "cat report.csv.old /x/report.csv my-report.csv"),
        ('print "hello world.txt"', "echo 'say hello world.txt'"),
        ('run "make install" in build', "cd build && make install"),
        ("make etc/conf.d", "mkdir etc/conf.d"),
        ("make a/b", "mkdir a && mkdir a/b"),
        ("make a folder for each day", 'mkdir "$(date +%F)/x"'),
        ("show nginx", "ps aux | grep nginx"),
        ("empty", "find . -exec test -s {} \\; -print"),
        ("empty", "find . -exec test -s {} \\; -exec rm {} \\;"),
        ("x", "find . -exec grep -l x {} \\;"),
        ("count nginx", "ps aux | grep nginx | grep -v grep | wc -l"),
        ("count nginx", "ps aux | grep '[n]ginx' | wc -l"),
        ("count nginx", "ps aux | grep -F nginx | wc -l"),
        ("count", "cat ps | grep x | wc -l"),
        ("delete report.csv in every folder", "rm */report.csv"),
        ("delete report.csv below", "find . -path '*/report.csv' -delete"),
        ("show report.csv of each", 'cat "$d"/report.csv "$HOME"/report.csv $(pwd)/report.csv ?/report.csv'),
        ("sort etc/hosts", 'sort */etc/hosts "$d"/etc/hosts'),
        ("fetch etc/hosts of web", "scp web:/etc/hosts ."),
        ("show etc/hosts in web", "docker exec web cat /etc/hosts"),
        ("create report.csv in my home", "touch ~/report.csv"),
        ("rename README.md to readme.md", "mv README.md readme.md"),
        ("copy it to readme.md", "cp x readme.md"),
        ("write to readme.md", "ls > readme.md"),
        ("search for 'readme.md' and todo", "grep -rn todo ."),
        ("find 'report' in all", "grep -rn 'report' ."),
        ("run 'python3 main.py' again", "nohup python3 main.py &"),
        ("show 'a.txt b.txt'", "cat a.txt b.txt"),
        ("which lines contain http or https?", "grep -E 'https?' f"),
        ("which files are called file?", "ls file?"),
        ("which files match data?.csv", "ls data?.csv"),
        ("list files like note?", "ls note?"),
    ],
)
def test_all_else_stays_as_it_is(here: Path, words: str, command: str) -> None:
    assert mended(command, words, str(here)) == command


def test_without_a_directory_nothing_is_looked_up(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)
    assert mended("sort /etc/hosts", "sort etc/hosts", "") == "sort /etc/hosts"
    assert mended("mkdir x/y", "make x/y", "") == "mkdir x/y"
    assert mended("cat a b.txt", 'show "a b.txt"', "") == "cat 'a b.txt'"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.shell
def test_what_was_one_word_in_the_request_is_one_in_the_shell(here: Path, shell: str) -> None:
    command = mended("printf '<%s>' \"it's\" my notes.txt my notes.txt", 'show "my notes.txt"', str(here))
    ran = subprocess.run([shell, "-c", command], capture_output=True, text=True, check=True, cwd=here)
    assert ran.stdout == "<it's><my notes.txt><my notes.txt>"


@pytest.mark.parametrize(
    "command",
    [
        "mkdir " + "a" * 3000 + " && cd x",
        "find " + "\\( " * 700 + "-exec grep -q x {} \\; ;",
        "find " + "-exec test " * 300,
        "ps " + "a" * 3000 + " | grep " + "-i " * 300 + ";",
        "ls " + "a b" * 1000,
    ],
    ids=["mkdir", "brackets", "tests", "ps", "words"],
)
def test_a_long_answer_is_looked_at_to_its_end(here, command):
    look = "import sys; from caro_shell.mending import _mended; print(_mended(*sys.argv[1:]), end='')"
    looked = [sys.executable, "-c", look, command, "do it with 'my notes.txt'", str(here)]
    # Were there two ways over the same text, it would take years.
    ran = subprocess.run(looked, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout == command
