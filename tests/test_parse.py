"""Model text in, one command out: recorded answers first, then each reader on its own."""

from __future__ import annotations

import json
import logging
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caro_shell.errors import NoCommandFound
from caro_shell.parse import NO_COMMAND, READERS, from_fence, from_inline_code, from_plain_line, read_answer
from caro_shell.parse.oneline import first_statement, one_line
from caro_shell.parse.prose import is_prose
from caro_shell.sanitise import LONGEST, command

REPLIES = os.path.join(os.path.dirname(__file__), "replies")
NAMES = sorted(name[: -len(".reply.txt")] for name in os.listdir(REPLIES) if name.endswith(".reply.txt"))


def text_of(name):
    with open(os.path.join(REPLIES, name), encoding="utf-8", newline="") as file:
        return file.read()


def shell_of(name):
    """`loop.fish` was asked for by a fish."""
    return name.partition(".")[2] or "bash"


@pytest.mark.parametrize("name", NAMES)
def test_recorded_answer(name):
    reply = text_of(name + ".reply.txt")
    if os.path.exists(os.path.join(REPLIES, name + ".none.txt")):
        with pytest.raises(NoCommandFound):
            read_answer(reply, shell_of(name))
    else:
        expected = text_of(name + ".command.txt").rstrip("\n")
        assert read_answer(reply, shell_of(name)).command == expected


def test_every_recorded_answer_has_one_expectation():
    for name in NAMES:
        expectations = [
            os.path.exists(os.path.join(REPLIES, f"{name}.{kind}.txt")) for kind in ("command", "none")
        ]
        assert expectations.count(True) == 1, name


@pytest.mark.parametrize(
    ("reply", "reader"),
    [
        ('{"command": "ls"}', "from_json"),
        ("{command: 'ls'}", "from_lenient_json"),
        ("```\nls\n```", "from_fence"),
        ("Command: ls", "from_label"),
        ("Try `ls -l`.", "from_inline_code"),
        ("ls", "from_plain_line"),
        ('{"response": "```\\nls\\n```"}', "from_fence"),
    ],
)
def test_answer_names_its_reader(reply, reader):
    assert read_answer(reply).reader == reader
    assert reader in [known.__name__ for known in READERS]


def test_explanation_and_confidence():
    reply = {"command": "ls", "explanation": "Lists\nthe\u00a0files\u202e.", "confidence": 85}
    answer = read_answer(json.dumps(reply))
    assert answer.explanation == "Lists the files<U+202E>."
    assert answer.confidence == 0.85


@pytest.mark.parametrize("confidence", ["high", None, True, -1, 101, float("nan"), float("inf"), [0.5]])
def test_confidence_that_is_none(confidence):
    assert read_answer(json.dumps({"command": "ls", "confidence": confidence})).confidence is None


@pytest.mark.parametrize(
    "value", [None, "", 5, ["ls", "-l"], {"bash": "ls"}, True, "   ", "I can't do that."]
)
def test_json_without_a_usable_command(value):
    with pytest.raises(NoCommandFound):
        read_answer(json.dumps({"command": value, "explanation": "see `ls -l`"}))


def test_refused_command_is_not_replaced_by_another():
    reply = "```bash\nrm -rf ./a\u200b\n```\n\nOr simply use `rm -rf /a`."
    with pytest.raises(NoCommandFound, match=r"U\+200B"):
        read_answer(reply)


def test_what_could_not_be_read_is_logged(caplog):
    caplog.set_level(logging.DEBUG, logger="caro")
    with pytest.raises(NoCommandFound, match=NO_COMMAND):
        read_answer("I am sorry.\x1b" + "x" * 500)
    assert "I am sorry.\\x1b" in caplog.text
    assert "x" * 201 not in caplog.text
    read_answer("ls")
    assert "read by from_plain_line" in caplog.text


def test_fence_for_the_asking_shell_comes_first():
    reply = "```bash\na 1\n```\n```zsh\nb 2\n```\n```\nc 3\n```"
    assert [from_fence(reply, shell).command.strip() for shell in ("bash", "zsh", "fish")] == [
        "a 1",
        "b 2",
        "a 1",
    ]


def test_command_line_before_prose_is_not_inline_code():
    reply = "ls -l\n\nYou could also use `ls -la`."
    assert from_inline_code(reply, "bash") is None
    assert from_plain_line(reply, "bash").command == "ls -l"


@pytest.mark.parametrize(
    ("shell", "script", "line"),
    [
        ("bash", "sleep 5 &\necho hi", "sleep 5 & echo hi"),
        ("bash", "a;\nb", "a; b"),
        (
            "bash",
            "while read -r x\ndo\n  echo $x\ndone < f\nls",
            "while read -r x; do echo $x; done < f && ls",
        ),
        ("bash", "f() {\n  ls\n}\nf", "f() { ls; } && f"),
        ("bash", "function f\n{\n ls\n}", "function f { ls; }"),
        ("bash", "(\n cd a\n ls\n)", "( cd a; ls )"),
        ("bash", "x=(\n a # first\n b\n)", "x=( a b )"),
        ("bash", "x=(\n \"a b\"\n '$c'\n)\nls", "x=( \"a b\" '$c' ) && ls"),
        ("bash", 'cd a\n"./b c"\n(ls)\n$d', 'cd a && "./b c" && (ls) && $d'),
        ("bash", "x=$(\n ls\n)", "x=$( ls )"),
        ("bash", 'echo "$(ls\npwd)"', 'echo "$(ls; pwd)"'),
        (
            "bash",
            "for ((i=0;\ni<3;\ni++)); do\n echo $((i<<1))\ndone",
            "for ((i=0; i<3; i++)); do echo $((i<<1)); done",
        ),
        ("bash", "[[ a == b ||\n c ]]", "[[ a == b || c ]]"),
        ("bash", "echo a#b $# 'c # d' # e", "echo a#b $# 'c # d'"),
        ("bash", "ls \\ \n  -l", "ls -l"),
        ("bash", "echo 'a\tb'", "echo 'a'$'\\t''b'"),
        ("bash", "kill <pid>", "kill <pid>"),
        (
            "fish",
            "if true\n a\nelse if false\n b\nelse\n c\nend\nd",
            "if true; a; else if false; b; else; c; end && d",
        ),
        ("fish", "a\nand b\nor c", "a; and b; or c"),
        ("fish", "echo 'a\nb' \"c\nd\"", "echo 'a'\\n'b' \"c\"\\n\"d\""),
        ("zsh", "for f (*.c) echo $f", "for f (*.c) echo $f"),
    ],
)
def test_lines_become_one(shell, script, line):
    assert one_line(script, shell) == line
    assert one_line(line, shell) == line


@pytest.mark.parametrize(
    "script",
    [
        "cat <<EOF\nx\nEOF",
        "echo 'a",
        'echo "a',
        "echo $(ls",
        "ls &&",
        "for f in *; do\nls",
        "${x\n}",
        "`echo 'a\nb'`",
        "(" * 100,
    ],
)
def test_what_cannot_be_one_line(script):
    with pytest.raises(NoCommandFound):
        one_line(script, "bash")


def test_first_statement_stops_where_the_command_is_whole():
    assert first_statement("for f in *; do\nls\ndone\nit isn't shell any more") == "for f in *; do ls; done"
    assert first_statement("# only a comment") == ""


@pytest.mark.parametrize(
    "line",
    [
        "echo this is a test of the thing",
        "git add .",
        "scp notes.txt host:",
        "which -a python",
        "R -q",
        "ls ..",
        ":",
        "for f in the list of files; do echo $f; done",
        "Rscript run.R",
        "LANG=C sort a",
        "./Configure --all",
        "w",
    ],
)
def test_command_is_not_prose(line):
    assert not is_prose(line)


@pytest.mark.parametrize(
    "line",
    [
        "Lists all files",
        "This command lists the files in /tmp",
        "Note:",
        "Sure!",
        "I'm afraid not",
        "the answer is 5",
        "Hier ist der Befehl:",
        "Finds files with *.txt extension.",
        "-l: long format",
        "Команда для поиска",
    ],
)
def test_sentence_is_prose(line):
    assert is_prose(line)


# -- whatever a model may write

HOSTILE = st.sampled_from(
    "\x00\t\n\r\x1b\x7f\x85\xa0\u200b\u200d\u202e\u2028\ufeff\ufe0f\ud800\udcff\U000e0041'\"`\\${}()[]<>|&;#"
)
COMMAND = st.sampled_from(
    [
        "ls -la",
        "```bash\nls -la\n```",
        '{"command": "du -sh *", "explanation": "x"}',
        "Use `find . -name '*.py'` now.",
        'for f in *; do\n  echo "$f"\ndone',
        "<think>a</think>$ ls",
        "Command: awk '{print $1}' f",
    ],
)
SHELL = st.sampled_from(["bash", "zsh", "fish"])


def outcome(text, shell):
    """The command, and if there is none the reason."""
    try:
        return read_answer(text, shell).command, ""
    except NoCommandFound as error:
        return "", str(error)


def check(text, shell):
    line, reason = outcome(text, shell)
    assert reason.isprintable()
    if reason:
        return
    assert line
    assert len(line) <= LONGEST
    assert command(line) == line
    assert not set(line) & set("\n\r\x1b\x85\u2028\u202e\u200b")


@settings(max_examples=120, deadline=None)
@given(st.text(), SHELL)
def test_any_text(text, shell):
    check(text, shell)


@settings(max_examples=80, deadline=None)
@given(st.binary(), st.sampled_from(["replace", "surrogateescape"]), SHELL)
def test_any_bytes(data, errors, shell):
    check(data.decode("utf-8", errors), shell)


@settings(max_examples=250, deadline=None)
@given(COMMAND, st.lists(st.tuples(st.integers(0, 60), HOSTILE), min_size=1, max_size=6), SHELL)
def test_commands_with_hostile_characters(text, insertions, shell):
    for at, char in insertions:
        text = text[:at] + char + text[at:]
    check(text, shell)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(COMMAND, HOSTILE, st.text(max_size=5)), max_size=8), SHELL)
def test_pieces_of_replies_in_any_order(pieces, shell):
    check("".join(pieces), shell)


@pytest.mark.parametrize(
    "piece",
    [
        "`",
        "'",
        '"',
        "``a",
        "$'\\'",
        "$(",
        "${",
        "\\ ",
        "\\\n",
        "{",
        '{"command": ',
        '{"command": "a" ',
        "[",
        "# or\n",
        "```\n",
        "~~~a",
        "<think>",
        "</think>\n",
        "</s> ",
        "a@",
        "( ",
        ": {",
        "1. ",
        "**",
        "\n",
        " ",
        "A. B ",
        "Use `",
    ],
)
def test_long_replies_end(piece):
    for text in (
        piece * (100_000 // len(piece)),
        "```" + piece * (100_000 // len(piece)),
        "ls " + piece * 30_000 + "x",
    ):
        check(text, "bash")
