"""Whatever a line holds, it is judged: nothing raises, and what is said is about that line."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caro_shell import sanitise
from caro_shell.safety import Level, judge, rules
from caro_shell.safety.dialects import plain
from caro_shell.safety.rules import FAILED

SHELLS = st.sampled_from(["bash", "zsh", "fish"])
PIECES = st.sampled_from(
    [
        " ", " ", " ", ";", "&&", "||", "|", "&", "\n", "$(", ")", "`", "(", "{", "}", '"', "'", "$'",
        "\\", "${", "<(", "=(", ">", ">>", "<", "<<E\n", "<<<", "2>&1", "*", "~", "..", "/", "//", "$x",
        "$HOME", "x=", "--", "-rf", "-c", "-exec", "rm", "sudo", "sh", "find", "xargs", "eval", "cd",
        "git", "push", "dd", "of=/dev/sda", "chmod", "777", "base64", "userdel", "for", "in", "do",
        "done", "if", "then", "fi", "end", "begin", "function", "case", "esac", "{1..9}", "{a,b}",
        "\\x2f", "%", "?", "[", "]", "(.om[1])", "é", "日本", "👩‍👩‍👧", "\udcff", "\x00", "\x1b[2J",
        "\u202e", "\t", "\r",
    ]
)  # fmt: skip
LINES = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60))


@settings(max_examples=300, deadline=None)
@given(LINES, SHELLS)
def test_any_line_has_a_verdict_about_parts_of_it(line, shell):
    found = judge(line, shell, home="/home/user")
    assert found.level == max((reason.level for reason in found.reasons), default=Level.SAFE)
    assert found.critical == any(reason.critical for reason in found.reasons)
    for reason in found.reasons:
        assert 0 <= reason.start <= reason.end <= len(line)
        assert reason.level > Level.SAFE
        assert reason.text not in ("", FAILED)
        assert sanitise.printable(reason.text) == reason.text
    assert judge(line, shell, home="/home/user") == found


@settings(max_examples=200, deadline=None)
@given(LINES, SHELLS)
def test_every_character_of_the_plain_text_has_a_place_in_the_line(line, shell):
    text, places = plain(line, shell)
    assert len(places) == len(text) + 1
    assert all(0 <= place <= len(line) for place in places)


def test_a_rule_that_fails_takes_nothing_from_the_others(monkeypatch):
    def broken(call, home):
        raise KeyError(call.program)

    monkeypatch.setitem(rules.RULES, "rm", [broken, *rules.RULES["rm"]])
    found = judge("ls; rm -rf /", "bash", home="/home/user")
    assert found.critical
    assert [reason.text for reason in found.reasons if reason.level is Level.UNKNOWN] == [FAILED]


def test_a_line_that_is_not_all_there_is_judged():
    assert judge("aws s3 sync s3://bucket --delete").level >= Level.CAUTION


def test_a_pipe_longer_than_anybody_writes_is_never_safe():
    assert judge("x|" * 300 + "x").level is Level.UNKNOWN
    assert judge("curl http://x|" + "cat|" * 300 + "sh").level is Level.DANGER


def test_a_reason_shows_nothing_of_the_line_that_a_terminal_would_obey():
    found = judge('for u in $(cut -d: -f1 /etc/passwd); do userdel -r "$u"; done', "bash", home="/home/user")
    assert any("the account * " in reason.text for reason in found.reasons)
    found = judge("userdel -r $'\\x1b[2Jx'", "bash", home="/home/user")
    assert "^[[2J" in found.reasons[0].text


@pytest.mark.parametrize(
    ("line", "shell"),
    [
        ("a=xxxxxxxxxx; " + "a=$a$a; " * 26, "bash"),
        ("a=xxxx;" + "a=$a$a$a$a;" * 14, "bash"),
        ("b=aaaa;" + "b=${b//a/aaaaaaaaaa};" * 9, "bash"),
        ("a=x; " + "a+=$a; " * 200, "bash"),
        ("a=(x); " + 'a=("${a[@]}" "${a[@]}"); ' * 40, "bash"),
        ('a=$(printf "%0999999999d" 1); b="$a$a"', "bash"),
        ("f() { f; f; }; f", "bash"),
        ("echo {1..999999999} " + "{a,b}" * 30, "bash"),
        ("set a x; " + "set a $a$a; " * 30, "fish"),
        ("set a x; " + "set a $a $a; " * 30, "fish"),
        ("string repeat -n 999999999 x | source", "fish"),
        ("a=x; " + "a=$a$a; " * 30, "zsh"),
        ("print -r -- ${(l:999999999::x:)a}", "zsh"),
    ],
    ids=lambda value: value[:24],
)
def test_what_would_grow_without_end_is_not_known(line, shell):
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31));"
        "from caro_shell.safety import judge; judge(*sys.argv[1:])"
    )
    subprocess.run([sys.executable, "-c", limited, line, shell], check=True, timeout=120)
