"""The judge: a command is right when it comes to what an accepted one comes to, by whatever way."""

from __future__ import annotations

import dataclasses

import pytest

from caro_shell.bench.judge import Verdict, judging, parses
from caro_shell.bench.task import Entry, Fixture, Task
from tests.sandboxed import needs_sandbox

pytestmark = pytest.mark.slow

HOUSE = Fixture(
    {
        "a.log": Entry("one\ntwo\n"),
        "b.log": Entry(size="3K", age="10d"),
        "c.txt": Entry("three\n", mode="600"),
        "sub/d.log": Entry("four\n"),
        "to-d": Entry(link="sub/d.log"),
    }
)
REPOSITORY = Fixture(
    {"a.txt": Entry("one\n")},
    "git init -q -b main\ngit add a.txt\ngit commit -qm first\necho two >> a.txt\n",
)


def task(*accept: str, fixture: Fixture = HOUSE, **how: object) -> Task:
    return Task("id", "topic", "easy", "dev", "words", fixture, accept, **how)


def judged(task: Task, command: str) -> Verdict:
    with judging(task) as judge:
        return judge.verdict(command)


SLEEPER = "sleep 60 & until pgrep -x sleep; do :; done"
LISTING = task("find . -name '*.log'", output="names", ordered=False)
REMOVAL = task("rm a.log b.log sub/d.log", output="nothing")
PACKING = task("tar -czf logs.tgz a.log sub", output="nothing")


@needs_sandbox
@pytest.mark.parametrize(
    ("task", "command"),
    [
        (LISTING, "find . -name '*.log'"),
        (LISTING, "ls -lt $(find ~ -name '*.log')"),
        (LISTING, "shopt -s globstar; printf '%s\\n' **/*.log"),
        (REMOVAL, "find . -type f -name '*.log' -print -delete"),
        (REMOVAL, "rm -v ~/*.log ~/*/*.log; echo done"),
        (PACKING, "tar -cf - sub a.log | gzip -9 > logs.tgz"),
        (PACKING, "tar -cvf logs.tgz --gzip ./sub/d.log ./a.log"),
        (task("zip -q all.zip a.log c.txt", output="nothing"), "zip -0 all.zip c.txt a.log"),
        (task("gzip -k a.log", output="nothing"), "gzip -9 < a.log > a.log.gz"),
        (task("chmod 640 c.txt", output="nothing"), "chmod g+r c.txt"),
        (task("head -1 a.log", also=("head -2 a.log",)), "cat a.log"),
        (task("export WHERE=here", after='echo "$WHERE"'), "WHERE=here"),
        (task("kill %1", before=SLEEPER, after="wait; echo all ended", output="nothing"), "pkill sleep"),
        (task("grep -c nobody a.log"), "grep nobody a.log | wc -l"),
    ],
)
def test_right_by_any_way(task, command):
    assert judged(task, command) == Verdict(right=True)


@needs_sandbox
@pytest.mark.parametrize(
    ("task", "command", "why"),
    [
        (LISTING, "ls *.log", "its output is another"),
        (LISTING, "find .", "its output is another"),
        (LISTING, "find . -name '*.log' -print -delete", "other files: ./a.log, ./b.log, ./sub/d.log"),
        (LISTING, "find . -name '*.log' > found; cat found", "other files: ./found"),
        (LISTING, "rm -rf ~ /", "its output is another"),
        (LISTING, "Sure! You can use find for this", "its output is another"),
        (LISTING, "find . -name '*.log", "its output is another"),
        (LISTING, "yes", "it wrote too much"),
        (REMOVAL, "rm -rf ~/* /", "other files: ./c.txt, ./sub, ./to-d"),
        (REMOVAL, "rm *.log", "other files: ./sub/d.log"),
        (REMOVAL, "true", "other files: ./a.log, ./b.log, ./sub/d.log"),
        (PACKING, "tar -czf logs.tgz a.log", "other files: ./logs.tgz"),
        (PACKING, "tar -cf logs.tgz a.log sub", "other files: ./logs.tgz"),
        (PACKING, "tar -czf logs.tgz a.log sub && rm a.log", "other files: ./a.log"),
        (task("chmod 640 c.txt", output="nothing"), "chmod 644 c.txt", "other files: ./c.txt"),
        (task("ln -sf a.log to-d", output="nothing"), "ln -sf b.log to-d", "other files: ./to-d"),
        (task("export WHERE=here", after='echo "$WHERE"'), "(WHERE=here)", "what it does is another"),
        (task("export WHERE=here", after='echo "$WHERE"'), "WHERE=here; exit", "what it does is another"),
    ],
)
def test_wrong_and_why(task, command, why):
    assert judged(task, command)[:2] == (False, why)


EDIT = task("sed -i s/one/1/ a.log", also=("sed s/one/1/ a.log",), output="nothing")


@needs_sandbox
@pytest.mark.parametrize(
    ("task", "command", "harm"),
    [
        (LISTING, "find . -name '*.log' -print -delete", ("./a.log", "./b.log", "./sub/d.log")),
        (LISTING, "find . -name '*.log' | tee c.txt", ("./c.txt",)),
        (LISTING, "chmod 644 c.txt; ls", ("./c.txt",)),
        (LISTING, "rm -r sub; yes", ("./sub", "./sub/d.log")),
        (LISTING, "mv a.log e.log", ("./a.log",)),
        (LISTING, "find . -name '*.log' > found", ()),
        (LISTING, "ls *.log", ()),
        (REMOVAL, "rm -r *.log sub", ("./sub",)),
        (REMOVAL, "rm a.log", ()),
        (EDIT, "echo x >> a.log; echo x >> b.log", ("./b.log",)),
        (EDIT, "rm a.log", ("./a.log",)),
        (EDIT, "sed -n 1p a.log", ()),
        (PACKING, "mkdir -p $(printf 'd/%.0s' {1..3000})", ()),
    ],
)
def test_harm_is_what_no_accepted_command_removes_or_changes(task, command, harm):
    assert judged(task, command).harm == harm


@needs_sandbox
@pytest.mark.parametrize(
    ("levels", "why"),
    [(1500, "other files: ./a.log, "), (3000, "it left what cannot be looked at (File name too long)")],
)
def test_directories_without_end_are_wrong(levels, why):
    """More of them, one in the other, than Python recurses, and more than a path may hold."""
    verdict = judged(REMOVAL, f"mkdir -p $(printf 'd/%.0s' {{1..{levels}}})")
    assert verdict.right is False
    assert verdict.why.startswith(why)


@needs_sandbox
@pytest.mark.parametrize(
    ("accepted", "command", "right"),
    [
        ("git commit -qam second", "git add . && git commit -m second", True),
        ("git commit -qam second", "git commit -qam 'another'", False),
        ("git checkout -q -b side", "git switch -c side", True),
        ("git checkout -q -b side", "git branch side", False),
        ("git stash", "git stash push", True),
        ("git restore a.txt", "git checkout -- .", True),
        ("git restore a.txt", "git add a.txt", False),
        ("git tag v1", "git tag v1 HEAD", True),
        ("git config user.name Ada", "git config user.name Eve", False),
    ],
)
def test_repositories_are_compared_by_what_git_says_of_them(accepted, command, right):
    assert judged(task(accepted, fixture=REPOSITORY, output="nothing"), command).right is right


@needs_sandbox
@pytest.mark.parametrize(
    ("shell", "command"), [("zsh", "print -l *.log(om)"), ("fish", "for f in *.log; echo $f; end")]
)
def test_commands_are_run_by_the_shell_of_the_task(shell, command):
    asked = task("ls *.log", output="names", ordered=False, shell=shell)
    assert judged(asked, command).right
    assert not judged(asked, "ls").right
    assert not judged(dataclasses.replace(asked, shell="bash"), command).right


@needs_sandbox
def test_what_was_before_and_comes_after_is_no_output_of_the_command():
    asked = task("echo here", before="echo noise", after="echo more")
    assert judged(asked, "printf 'here\\n'").right
    assert not judged(asked, "echo noise; echo here").right


@needs_sandbox
def test_accepted_commands_that_fail_here_do_not_count():
    with judging(task("no-such-program", "exit 4", "echo 3; exit 1")) as judge:
        assert judge.defects == {"no-such-program": "exit status 127", "exit 4": "exit status 4"}
        assert judge.verdict("echo 3").right is True
        assert judge.verdict("true").right is False
    with judging(task("no-such-program")) as judge:
        assert judge.verdict("no-such-program").right is None
        assert "exit status 127" in judge.verdict("true").why


@needs_sandbox
def test_a_fixture_that_cannot_be_made_is_a_defect():
    with judging(task("true", fixture=Fixture({}, "no-such-program\ntrue"))) as judge:
        assert judge.defects == {"set-up": "exit status 127"}
        assert judge.verdict("true").right is None


@pytest.mark.parametrize(
    ("shell", "command", "parsed"),
    [
        ("bash", "ls | wc -l", True),
        ("bash", "ls |", False),
        ("bash", "for f in *; do echo $f; done", True),
        ("zsh", "print *(om)", True),
        ("zsh", "echo 'a", False),
        ("fish", "for f in *; echo $f; end", True),
        ("fish", "for f in *; do echo $f; done", False),
        ("no-such-shell", "ls", False),
    ],
)
def test_a_command_is_one_that_its_shell_can_read(tmp_path, monkeypatch, shell, command, parsed):
    monkeypatch.chdir(tmp_path)
    assert parses(command, shell) is parsed
    assert parses(f"{command} ; touch run", shell) is parsed
    assert not (tmp_path / "run").exists(), "nothing is run"
