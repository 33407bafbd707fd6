"""The example bank: its form, its commands' syntax in their shells, and a run of each that can be run."""

from __future__ import annotations

import contextlib
import itertools
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tomli

from caro_shell.bench import sandbox
from caro_shell.bench.bubblewrap import ENVIRONMENT, HOME
from tests.sandboxed import needs_sandbox

FILES = sorted(Path(__file__).parents[1].glob("models/bank/*.toml"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)

#: The shells that the commands of a table are for; a run takes the first.
TABLES = {
    "common": ("bash", "zsh", "fish"),
    "gnu": ("bash", "zsh", "fish"),
    "bsd": ("bash", "zsh", "fish"),
    "posix": ("bash", "zsh"),
    "fish": ("fish",),
}

PROGRAMS = {
    kind: frozenset(words.split())
    for kind, words in tomli.loads(Path(__file__).with_name("bank_programs.toml").read_text()).items()
}

#: Paths that the sandbox lacks: a run looks for them below the home, where `setup` can lay them out.
ELSEWHERE = re.compile(
    r"(?<![\w.~*}/])/(?=(?:boot|data|media|mnt|opt|root|srv|var|backups?)\b"
    r"|etc\b(?!/(?:passwd|group|hosts|services|alternatives)\b)|home/(?!user\b))"
)

#: What a command that works does not say.
WRONG = re.compile(
    r"No such file|command not found|Unknown command|syntax error|(?:invalid|unrecognized|illegal) option"
    r"|missing operand|[Uu]sage:|unexpected|No matches for wildcard|no matches found|invalid argument"
)


def tables(path: Path) -> dict[str, dict[str, list[str]]]:
    """Return the tables of the file at `path`: the requests by their commands."""
    return {name: table for name, table in tomli.loads(path.read_text()).items() if name != "setup"}


def commands(path: Path) -> list[tuple[str, str]]:
    """Return the commands of the file at `path`, each with the name of its table."""
    return [(name, command) for name, table in tables(path).items() for command in table]


# Form


@each_file
def test_a_file_holds_known_tables_of_commands_with_their_requests(path):
    wrong = []
    for name, table in tables(path).items():
        assert name in TABLES
        for command, requests in table.items():
            texts = [command, *requests]
            if len(requests) < 2 or not all(isinstance(text, str) for text in requests):
                wrong.append(f"two requests or more, please: {command}")
            elif not all(text.isprintable() and text == text.strip() and text for text in texts):
                wrong.append(f"one line of plain text each, please: {texts}")
    assert not wrong, "\n".join(wrong)


def test_nobody_is_shown_two_commands_for_the_same_words_nor_a_command_twice():
    found: dict[tuple[str, str, str], list[str]] = {}
    for path in FILES:
        for name, table in tables(path).items():
            systems = [name] if name in {"gnu", "bsd"} else ["gnu", "bsd"]
            for command, requests in table.items():
                for text in {" ".join(text.lower().split()) for text in requests} | {command}:
                    for key in itertools.product([text], TABLES[name], systems):
                        found.setdefault(key, []).append(f"{path.stem}: {command}")
    twice = {text: pairs for (text, *_), pairs in found.items() if len(pairs) > 1}
    assert not twice, "\n".join(f"{text} -- {pairs}" for text, pairs in twice.items())


# Syntax

#: Parses what comes behind, and says nothing if it can be; the status of fish is always 0.
_PARSE = {"bash": "bash -nc", "zsh": "zsh -fnc", "fish": "fish -Nnc"}


def refused(shell: str, lines: list[str]) -> list[str]:
    """Return those of `lines` that `shell` cannot parse."""
    each = f'for line; do [ -z "$({_PARSE[shell]} "$line" 2>&1)" ] || printf "%s\\n" "$line"; done'
    parsed = subprocess.run(["bash", "-c", each, "-", *lines], capture_output=True, text=True, check=False)
    return parsed.stdout.splitlines()


@pytest.mark.parametrize("shell", list(filter(shutil.which, _PARSE)))
def test_the_parser_refuses_what_is_wrong_and_runs_nothing(shell, tmp_path):
    wrong = ["echo 'open", "if true", "ls | | wc"]
    assert refused(shell, [*wrong, f"touch {tmp_path}/made"]) == wrong
    assert not (tmp_path / "made").exists()


@each_file
def test_the_commands_parse_in_the_shells_of_their_table(path):
    wrong = {
        shell: refused(shell, [command for table, command in commands(path) if shell in TABLES[table]])
        for shell in _PARSE
        if shutil.which(shell)
    }
    assert not any(wrong.values()), "\n".join(
        f"{shell}: {line}" for shell, lines in wrong.items() for line in lines
    )


# Programs

#: Programs behind which another one's name follows, and their options that take a value.
_LEADING = {
    "sudo": ["-u", "-g"],
    "xargs": ["-n", "-I", "-P", "-d", "-L", "-s", "-a", "-J", "-R"],
    "env": ["-u", "-C"],
    "nice": ["-n"],
    "ionice": ["-c", "-n"],
    "timeout": ["-s", "-k"],
    "watch": ["-n"],
    "parallel": ["-j"],
    **{
        name: []
        for name in ("nohup", "setsid", "command", "builtin", "exec", "time", "doas", "chroot", "stdbuf")
    },
}
_EXEC = ("-exec", "-execdir", "-ok", "-okdir")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.")


def programs(command: str) -> Iterator[str]:
    """Yield the words of `command` that stand where a program's name does; "$" for what is quoted."""
    bare = re.sub(r"\(\(.*?\)\)", "", _QUOTED.sub("$", command))
    words = re.findall(r"[();<>|&]+|[^\s();<>|&]+", bare)
    expected, leading, before, depth = True, "", "", 0
    for word, behind in zip(words, [*words[1:], ""]):
        if word[0] in "();<>|&":
            depth += word.count("(") - word.count(")")
            opens = word.endswith("(") and not before.endswith("=")
            begins = word == "()" or depth < 0 or (word[-1] in ";|&" and not set(word) & set("<>"))
            expected, leading, depth = opens or begins, "", max(depth, 0)
        elif behind == "()" or (behind.startswith(")") and depth == 0):
            pass  # the name of a function, a pattern of `case`
        elif expected and word not in PROGRAMS["keywords"] and not before.endswith(("<", ">")):
            argument = leading and (re.match(r"[-+\d{]", word) or before in _LEADING[leading])
            if not argument and not re.match(r"\w+\+?=", word):
                yield word
                leading = word if word in _LEADING else ""
                expected = bool(leading)
        expected = expected or word in _EXEC
        before = word


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("ls -l | sort -k5 > out.txt", ["ls", "sort"]),
        (
            "LC_ALL=C sudo -u www find /srv \\( -name a -o -name b \\) -exec chmod 640 {} +",
            ["sudo", "find", "chmod"],
        ),
        ("find . -print0 | xargs -0 -n 1 -I{} cp {} /tmp", ["find", "xargs", "cp"]),
        ('for f in *.txt; do mv -- "$f" "${f%.txt}"; done', ["for", "mv"]),
        ("awk '{ print $1 | \"sort\" }' <(cut -f1 a) 2>&1; echo $(wc -l < b)", ["awk", "cut", "echo", "wc"]),
        ("timeout 5s tail -f a & wait", ["timeout", "tail", "wait"]),
        ("up() { cd ..; }; for ((i = 0; i < $((n + 1)); i++)); do a+=(x); up; done", ["cd", "for", "up"]),
        ("case $(uname) in Linux) free;; *) top -l 1;; esac", ["case", "uname", "free", "top"]),
    ],
)
def test_programs_are_what_stands_first(command, named):
    assert list(programs(command)) == named


def installed(program: str) -> bool:
    """Say whether `program` can be called in the sandbox."""
    return program in PROGRAMS["builtins"] or shutil.which(program, path=ENVIRONMENT["PATH"]) is not None


#: Words with which nothing is run: the whole file tree, devices, other people's processes, what never ends or
#: would end the run itself.
NOT_RUN_WITH = re.compile(
    r"(?<=[\s'\"=])/(?=[\s;'\"]|$)|/sys\b|/dev/(?!null|std|zero|u?random|full)|/proc/\d"
    r"|\btail\b.* (-\w*[fF]|--follow)\b|\bzip -e\b|-m (?:venv|http\.server)\b"
    r"|\b(?:ps|pgrep|pkill|killall)\b.* -\w*[fuU]\b"
)


def can_run(table: str, command: str) -> bool:
    """Say whether a run of `command` in the sandbox says something about it."""
    named = list(programs(command))
    return not (
        table == "bsd"
        or NOT_RUN_WITH.search(command)
        or not PROGRAMS["not_run"].isdisjoint(named)
        or ("git" in named and not PROGRAMS["not_run_git"].isdisjoint(command.split()))
        or not all(map(installed, named))
    )


@each_file
def test_the_programs_are_known(path):
    unknown = [
        f"{program}: {command}"
        for _, command in commands(path)
        for program in programs(command)
        if not (
            installed(program)
            or program in PROGRAMS["known"] | PROGRAMS["not_run"]
            or program.startswith(("./", "~/", "$", "/"))
        )
    ]
    assert not unknown, "\n".join(unknown)


# Runs


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay thousands of homes out in memory where there is some to spare: on a disk it takes minutes."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30:
        monkeypatch.setattr(tempfile, "tempdir", str(memory))


@contextlib.contextmanager
def laid_out(setup: str) -> Iterator[str]:
    """Make a directory for the sandbox, and in it what `setup` does."""
    with sandbox.directory() as home:
        assert sandbox.run("bash", f"set -e\n{setup}", home).status == 0, "setup fails"
        yield home


def failure(table: str, command: str, given: str) -> str:
    """Run `command` in a copy of the directory `given`; return what is wrong with how it went, or ""."""
    line = shlex.quote(ELSEWHERE.sub(f"{HOME}/", command))
    with sandbox.directory() as home:
        subprocess.run(["cp", "-a", f"{given}/.", home], check=True)
        ran = sandbox.run("bash", f"{TABLES[table][0]} -c {line} 2>&1 >/tmp/.printed", home, limit_s=30)
    if ran.problem:
        return ran.problem
    return (
        ran.output or f"status {ran.status}"
        if ran.status not in {0, 1, 123} or WRONG.search(ran.output)
        else ""
    )


@pytest.mark.slow
@needs_sandbox
@each_file
def test_the_commands_work_on_what_the_file_lays_out(path):
    with laid_out(tomli.loads(path.read_text()).get("setup", "")) as given:
        runs = [(table, command, given) for table, command in commands(path) if can_run(table, command)]
        with ThreadPoolExecutor(8) as several:  # most of a run is waiting until the kernel has its namespaces
            found = several.map(failure, *zip(*runs))
            failures = [f"{command}\n    {said}" for (_, command, _), said in zip(runs, found) if said]
    assert not failures, "\n".join(failures)


@pytest.mark.slow
@needs_sandbox
@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("ls given", ""),
        ("grep nothing given", ""),
        ("ls missing", "No such file"),
        ("ls --no-such given", "unrecognized option"),
        ("cat /var/log/there", ""),
        ("no-such-program", "not found"),
    ],
)
def test_a_run_shows_what_is_wrong(command, said):
    with laid_out("echo > given; mkdir -p var/log; echo > var/log/there") as given:
        found = failure("common", command, given)
    assert said in found
    assert bool(said) == bool(found)
