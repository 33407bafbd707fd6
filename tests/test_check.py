"""What is said against a command before it is given, and what is not: a false alarm spoils a right answer."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from caro_shell import check, examples
from caro_shell.check import mentions, syntax

PATH = os.environ["PATH"]


def said(command, words="", shell="bash", platform="linux", path=PATH):
    return [finding.text for finding in check.findings(command, words, shell, platform, path=path)]


@pytest.fixture
def programs(tmp_path):
    """Return a search path on which there are a few programs, and no manual."""
    directory = tmp_path / "programs"
    directory.mkdir()
    for name in (
        "ls",
        "sort",
        "find",
        "grep",
        "sudo",
        "xargs",
        "env",
        "timeout",
        "watch",
        "sh",
        "bash",
        "apt",
    ):
        (directory / name).write_text("#!/bin/sh\n")
        (directory / name).chmod(0o755)
    return str(directory)


def test_a_finding_is_a_sentence_of_a_kind():
    (finding,) = check.findings("sort --by-size a", "sort a", "bash", "linux", path=PATH)
    assert finding == ("option", "sort has no option --by-size")
    assert finding.is_fault


@pytest.mark.skipif(sys.platform != "linux", reason="the programs that there are belong to this machine")
@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("ls | srot", ["srot"]),
        ("sudo -u bob lss -l", ["lss"]),
        ("sudo -E env X=1 timeout 5 nope a", ["nope"]),
        ("find . | xargs -0 -n 1 rmm", ["rmm"]),
        ("find . -exec grpe x {} +", ["grpe"]),
        ("ls $(sortt a) `findd`", ["sortt", "findd"]),
        ("watch -n 5 'lss -l | sort'", ["lss"]),
        ("bash -c 'lss; sort'", ["lss"]),
        ("time nope; exec nope2; command nope3", ["nope", "nope2", "nope3"]),
        ("for f in *; do nope $f; done", ["nope"]),
        ("X=1 cd a && echo b; . ./env; [ -f a ] && export B=1", []),
        ('f() { ls; }; f; ./run.sh a; ~/bin/x; /opt/y; $EDITOR f; "$x" y', []),
        ("command -v nope || type nope", []),
        ("sudo apt install ncdu && ncdu /", []),
        ("[[ -f a ]] && { ls; } || (sort)", []),
        ("if true; then ls; fi; case a in b) ls;; esac", []),
    ],
)
def test_names_that_are_no_programs(programs, command, names):
    assert said(command, path=programs) == [f"there is no program {name} here" for name in names]


@pytest.mark.skipif(sys.platform != "linux", reason="the programs that there are belong to this machine")
def test_where_the_path_is_not_known_no_name_is_wrong():
    assert said("no-such-program a", path=None) == []
    assert said("no-such-program a", path="") == []


@pytest.mark.skipif(sys.platform != "linux", reason="the programs that there are belong to this machine")
def test_a_program_that_the_person_named_is_theirs_to_install(programs):
    (finding,) = check.findings("ncdu /", "disk use with NCDU", "bash", "linux", path=programs)
    assert (finding.kind, finding.is_fault) == ("note", False)
    assert check.findings("ncdu /", "disk use", "bash", "linux", path=programs)[0].is_fault


@pytest.mark.parametrize(
    ("shell", "command"),
    [("fish", "string match 'a*' b; fish_add_path x"), ("zsh", "print -l a; autoload -U zmv")],
)
def test_the_shells_own_names_are_known(programs, shell, command):
    assert said(command, shell=shell, path=programs) == []


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("find . -nam x", "find has no option -nam"),
        ("ls | head -n 5 --by-line", "head has no option --by-line"),
        ("sudo find / -exec ls --big {} \\;", "ls has no option --big"),
        ("xargs -0 ls --long", "ls has no option --long"),
        ("sed -i '' 's/a/b/' f", "sed -i takes no '' here"),
    ],
)
def test_options_of_programs_inside_others(command, option):
    assert said(command, path=None) == [option]


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ("find . -type d -exec find {} -type f | wc -l \\;", "-exec has no end"),
        ("find a -execdir ls {} | wc -l", "-execdir has no end"),
        ("find a -type d -size +2M", "-size of a folder"),
        ("find a -exec tar -rf b.tar.gz {} +", "tar adds nothing to a compressed"),
        ("tar --append -f b.tgz c", "tar adds nothing to a compressed"),
    ],
)
def test_calls_that_come_to_nothing(command, start):
    (fault,) = said(command, path=None)
    assert fault.startswith(start)


@pytest.mark.parametrize(
    "command",
    [
        "find . -exec ls {} + | wc -l",
        "find . -name x -exec sh -c 'ls | wc' \\;",
        "find . -exec ls {} ';'",
        "find . -type f -size +2M",
        "tar -xvf purge.gz",
        "tar rf a.tar b.gz",
        "tar --append -f logs.tar app.log.gz",
        "find . \\( -type f -size 0 -o -type d -empty \\)",
        "tar rvf a.tar x.gz.d",
        "tar czf r.tar.gz u",
        "tar -tf u.tar.gz",
    ],
)
def test_calls_like_those_that_come_to_something(command):
    assert said(command, path=None) == []


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("find . -printf '%p'", "find has no option -printf"),
        ("free -h", "there is no program free here"),
        ("sed -i 's/a/b/' f", "sed -i takes a suffix here, which may be empty: sed -i ''"),
        ("ps aux --sort=-%mem", "ps has no option --sort"),
    ],
)
def test_what_a_mac_lacks_is_known_elsewhere(command, sentence):
    assert said(command, platform="darwin", path=None) == [sentence]


@pytest.mark.parametrize(
    "command", ["date -v-1d +%F", "sed -i '' 's/a/b/' f", "stat -f '%Sm' a", "ls -lahtG"]
)
def test_what_a_mac_has_is_right_there(command):
    assert said(command, platform="darwin", path=None) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_git_takes_is_what_its_subcommand_takes():
    if not Path("/usr/share/man/man1/git-log.1.gz").exists():
        pytest.skip("needs git's manual")
    assert said("git -C x log --oneline -5 --since='1 week ago' -S foo") == []
    assert said("git log --oneline --graphh") == ["git log has no option --graphh"]


@pytest.mark.parametrize(
    ("shell", "command"),
    [
        ("bash", "if true; then ls"),
        ("bash", "ls | | sort"),
        ("bash", "echo 'a"),
        ("zsh", "for f in *; do ls"),
        ("fish", "for f in *; ls"),
        ("fish", "echo ${HOME}"),
    ],
)
def test_a_line_that_its_shell_does_not_read(shell, command):
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    (finding,) = check.findings(command, "", shell, "linux", path=PATH)
    assert finding.kind == "syntax"
    assert finding.text.startswith(f"{shell} cannot read it: ")
    assert len(finding.text) < 150


@pytest.mark.parametrize(
    ("shell", "command"),
    [
        ("bash", "for f in *; do ls; done"),
        ("bash", "ls !(a|b)"),
        ("zsh", "ls *(om[1]) ^a"),
        ("fish", "for f in *; ls; end"),
    ],
)
def test_a_line_that_its_shell_reads(shell, command):
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    assert said(command, shell=shell) == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_line_is_read_and_never_run(tmp_path):
    assert syntax.complaint(f"touch {tmp_path}/ran; $(touch {tmp_path}/ran)", "bash", PATH) == ""
    assert not (tmp_path / "ran").exists()


def test_a_shell_that_is_not_here_says_nothing(tmp_path):
    assert syntax.complaint("if", "zsh", str(tmp_path)) == ""


def test_no_process_is_started_for_a_plain_line(tmp_path):
    (tmp_path / "bash").write_text(f"#!/bin/sh\n: >{tmp_path}/asked\n")
    (tmp_path / "bash").chmod(0o755)
    said("ls -l 'a b' | sort -k 2 > out && pwd", path=str(tmp_path))
    assert not (tmp_path / "asked").exists()
    said("(ls)", path=str(tmp_path))
    assert (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("words", "command", "missing"),
    [
        ('add oats to "shopping list.txt"', "echo oats >> shopping_list.txt", ["shopping list.txt"]),
        ('add oats to "shopping list.txt"', "echo oats >> shopping\\ list.txt", []),
        ('lines with "error and more"', "grep -E 'error.*and.*more' a", []),
        ("sort report.csv by size", "sort -k5 data.csv", ["report.csv"]),
        ("read /etc/hosts", "cat /etc/host", ["/etc/hosts"]),
        ("all *.log files", "find . -name '*.txt'", ["*.log"]),
        ("count lines in src/lib", "wc -l *", ["src/lib"]),
        ('lines with "foo bar" in a.txt', "grep foo a.txt", ["foo bar"]),
        ("get https://example.org/x.zip", "curl -O https://example.org/y.zip", ["https://example.org/x.zip"]),
        ("copy ~/notes.md to backup/", "cp ~/note.md backup", ["~/notes.md"]),
        ("list .env files", "ls -a", [".env"]),
        ("run x.sh at 3:30 each day", 'echo "0 3 * * * x.sh" >> c', ["3:30"]),
        # and what is there, in one way or another
        ("run x.sh at 3:30 each day", 'echo "30 3 * * * x.sh" >> c', []),
        ("run x.sh at 7:05 or 6:00", 'echo "5 7 * * * x.sh" >> c', []),
        ("cut a.mp4 from 1:30 on", "ffmpeg -ss 90 -i a.mp4 b.mp4", ["a.mp4"][1:]),
        ("set a.txt to 2024-05-31 20:15", "touch -t 202405312015 a.txt", []),
        ("what is at 10.0.0.1:22, port:80, 16:30:59", "ls", []),
        ("read /etc/hosts", "cd /etc && cat hosts", []),
        ("copy ~/notes.md to ./backup/", 'cp "$HOME/notes.md" backup', []),
        ("what is in /home/ann/pics", "ls ~/pics", []),
        ("jpg and .png pictures, *.gif too", "ls *.{jpg,png,gif}", []),
        ("make a.txt, b.txt and c.txt", "touch {a,b,c}.txt", []),
        ("replace 'a.b' by 'c/d' in x.txt", "sed -i 's/a\\.b/c\\/d/' x.txt", []),
        ("lines with 'Error' or 'ERROR' in app.log", "grep -i error app.log", []),
        ("find files/directories named x.c", "find . -name x.c", []),
        ("1.5 GB at 10 MB/s, e.g. 24/7, and/or more, i.e. all", "ls", []),
        ("delete all but keep notes.txt", "find . ! -name n -delete", []),
        ("what does `ip addr` print", "ls", []),
        ("post it as application/json", "curl --json @x http://h", []),
        ("node.js version 3.11 in python3.11", "ls", []),
        ("bob's file's name don't matter", "ls", []),
    ],
)
def test_names_in_the_request_stand_in_the_command(words, command, missing):
    assert list(mentions.missing(words, command)) == missing


@pytest.mark.parametrize(
    ("shell", "platform", "pairs"),
    [
        ("bash", "linux", examples.COMMON + examples.GNU + examples.POSIX_SHELL),
        ("zsh", "darwin", examples.COMMON + examples.BSD + examples.POSIX_SHELL),
        ("fish", "linux", examples.COMMON + examples.GNU + examples.FISH_SHELL),
    ],
)
def test_nothing_is_said_against_the_examples(shell, platform, pairs):
    for words, command in pairs:
        assert said(command, words, shell, platform, path=None) == [], command


def test_there_are_never_many_findings():
    assert len(check.findings("ls " + " ".join(f"--no-such{n}" for n in range(9)), "", "bash", "linux")) == 4
