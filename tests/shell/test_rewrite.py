"""One key press, in three shells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terminal import CTRL_C, CTRL_G, CTRL_UNDO, ENTER, ESCAPE, KILL_LINE, LEFT, UP, PtyTerminal

pytestmark = pytest.mark.shell


def test_line_becomes_the_command(terminal: PtyTerminal) -> None:
    terminal.send("say ls -l /var/log" + CTRL_G)
    terminal.wait_for_line("ls -l /var/log")
    assert terminal.state().cursor == len("ls -l /var/log")


def test_one_undo_brings_the_words_back(terminal: PtyTerminal) -> None:
    terminal.send("say pwd" + CTRL_G)
    terminal.wait_for_line("pwd")
    terminal.send(CTRL_UNDO)
    terminal.wait_for_line("say pwd")


def test_the_command_is_not_run(terminal: PtyTerminal, own_home: Path) -> None:
    terminal.send("say touch ran" + CTRL_G)
    terminal.wait_for_line("touch ran")
    assert not (own_home / "ran").exists()
    terminal.send(ENTER)
    terminal.wait_for((own_home / "ran").exists, "effect of the command")


@pytest.mark.parametrize(
    "command",
    [
        r"""printf '%s\n' "$HOME" 'a b' \\ `id` $(id) !x ~ * ?""",
        "echo 你好，世界 🎉 ünï",
        r"awk '{print $1 \"\\t\" $2}' \$x",
        "echo -n; print -- -r -l %s %d",
    ],
)
def test_characters_survive(terminal: PtyTerminal, command: str) -> None:
    terminal.send("say " + command)
    terminal.wait_for_text("$ say ")
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: "$ " + command[:4] in terminal.text(), "rewritten line")
    assert terminal.state() == (command, len(command))


def test_words_may_span_lines(terminal: PtyTerminal, shell: str) -> None:
    newline = {"zsh": ESCAPE + ENTER, "bash": "\x16\n", "fish": ESCAPE + ENTER}[shell]
    terminal.send("say ls -l" + newline + "-a" + CTRL_G)
    terminal.wait_for_line("ls -l -a")
    terminal.send(CTRL_UNDO)
    assert terminal.state().line == "say ls -l\n-a"


def test_progress_is_shown_and_leaves_no_trace(terminal: PtyTerminal, scripted: Path) -> None:
    terminal.send("hold ls -l")
    terminal.wait_for_text("$ hold ls -l")
    before = terminal.text()
    terminal.send(CTRL_G)
    terminal.wait_for_progress("hold ls -l", "ls -l")
    (scripted / "release").touch()
    terminal.wait_for_line("ls -l")
    terminal.send(CTRL_UNDO)
    terminal.wait_for(lambda: terminal.text() == before, f"screen as before ({before!r})")


def test_ctrl_c_keeps_the_line_and_stops_the_work(terminal: PtyTerminal, scripted: Path) -> None:
    words = "hold ls -l"
    terminal.send(words + LEFT * 3)
    terminal.wait_for_text(words)
    before = terminal.state()
    terminal.send(CTRL_G)
    terminal.wait_for((scripted / "held").exists, "work begun")
    terminal.send(CTRL_C)
    terminal.wait_for((scripted / "cancelled").exists, "work stopped")
    assert terminal.state() == before
    terminal.wait_for(lambda: terminal.text() == "$ " + words, "clean screen")
    terminal.run(
        "echo still $((40 + 2))" if terminal.shell != "fish" else "echo still (math 40 + 2)", "still 42"
    )


def test_a_client_that_dies_of_ctrl_c_is_not_heard(
    open_terminal: Callable[..., PtyTerminal], shell: str, own_home: Path
) -> None:
    program = f"sh -c 'echo Traceback >&2; touch {own_home}/begun; exec sleep 60' sh"
    client = f"set -g _caro_client {program}\n" if shell == "fish" else f"_caro_client=({program})\n"
    terminal = open_terminal(after=client)
    terminal.send("list files" + CTRL_G)
    terminal.wait_for((own_home / "begun").exists, "the client")
    terminal.send(CTRL_C)
    assert terminal.state() == ("list files", 10)
    terminal.wait_for(lambda: terminal.text() == "$ list files", "a clean screen")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("fail", "caro: the scripted model is unwell; press the key again"),
        ("refuse", "caro: the model gave no command"),
        ("raise", "caro: caro failed (RuntimeError: a bug)"),
        ("die", "caro: the caro daemon ended while answering; try again"),
    ],
)
def test_failure_keeps_line_and_cursor(terminal: PtyTerminal, words: str, sentence: str) -> None:
    terminal.send(f"{words} now" + LEFT * 2)
    terminal.wait_for_text(f"$ {words} now")
    before = terminal.state()
    terminal.send(CTRL_G)
    terminal.wait_for_text(sentence)
    assert terminal.state() == before == (f"{words} now", len(words) + 2)


def test_empty_line_teaches(terminal: PtyTerminal) -> None:
    terminal.send("  " + CTRL_G)
    terminal.wait_for_text("caro: type what you want in plain words")
    assert terminal.state().line == "  "


def test_line_longer_than_the_screen_is_wide(terminal: PtyTerminal) -> None:
    command = "echo " + " ".join(f"word{i}" for i in range(40))
    terminal.send("say " + command + CTRL_G)
    terminal.wait_for_line(command)
    terminal.send(CTRL_UNDO)
    terminal.wait_for_line("say " + command)


def test_progress_at_the_bottom_of_the_screen(terminal: PtyTerminal, scripted: Path) -> None:
    terminal.run("seq 30", "\n30")
    terminal.send("hold ls" + CTRL_G)
    terminal.wait_for_progress("hold ls", "ls")
    (scripted / "release").touch()
    terminal.wait_for(lambda: terminal.text().endswith("29\n30\n$ ls"), "the command below what was there")
    assert terminal.state() == ("ls", 2)  # asked last: the key makes bash draw its line anew


def test_resize_while_waiting(terminal: PtyTerminal, scripted: Path) -> None:
    terminal.send("hold ls -la" + CTRL_G)
    terminal.wait_for((scripted / "held").exists, "work begun")
    terminal.resize(20, 60)
    (scripted / "release").touch()
    terminal.wait_for(lambda: "$ ls -la" in terminal.rows(), "the command")
    assert terminal.state() == ("ls -la", 6)


def test_text_typed_ahead_is_kept(terminal: PtyTerminal, scripted: Path) -> None:
    terminal.send("hold ls" + CTRL_G)
    terminal.wait_for((scripted / "held").exists, "work begun")
    terminal.send(" -l")
    (scripted / "release").touch()
    terminal.wait_for_line("ls -l")


def test_an_impatient_enter_runs_nothing(terminal: PtyTerminal, scripted: Path, own_home: Path) -> None:
    terminal.send("hold touch ran" + CTRL_G)
    terminal.wait_for((scripted / "held").exists, "work begun")
    terminal.send(ENTER + UP + CTRL_G + "\x04" + ENTER + " it")
    (scripted / "release").touch()
    terminal.wait_for_line("touch ran it")
    assert not (own_home / "ran").exists()


def test_an_impatient_enter_does_not_run_the_words(terminal: PtyTerminal, scripted: Path) -> None:
    terminal.send("hold ls" + CTRL_G)
    terminal.wait_for((scripted / "held").exists, "work begun")
    terminal.send(ENTER)
    terminal.send(CTRL_C)
    terminal.wait_for((scripted / "cancelled").exists, "work stopped")
    assert terminal.state() == ("hold ls", 7)


def test_a_command_stays_as_it_is(terminal: PtyTerminal) -> None:
    terminal.send("same ls -l" + CTRL_G)
    terminal.wait_for_text("caro: the line is a command already")
    assert terminal.state().line == "same ls -l"


@pytest.mark.parametrize("columns", [80, 40, 24])
def test_a_sentence_is_whole_below_a_line_that_wraps(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], columns: int
) -> None:
    terminal = open_terminal(size=(24, columns))
    words = "fail " + "at each and every thing that was ever tried, " * 2 + "amen"
    sentence = "caro: the scripted model is unwell; press the key again"
    terminal.send(words)
    terminal.wait_for(lambda: terminal.text().endswith("amen"), "the words")
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: sentence in "".join(row.ljust(columns) for row in terminal.rows()), sentence)
    assert terminal.state() == (words, len(words))


@pytest.mark.parametrize("position", ["first", "last"])
def test_words_that_wrap_stay_visible(terminal: PtyTerminal, scripted: Path, position: str) -> None:
    words = "hold " + " ".join(f"word{i}" for i in range(25))
    terminal.send(words + ("\x01" if position == "first" else ""))
    terminal.wait_for(lambda: "word24" in terminal.text(), "the words")
    state = terminal.state()
    before = terminal.text()
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: terminal.text() != before and terminal.text().startswith(before), "progress")
    terminal.send(CTRL_C)
    terminal.wait_for((scripted / "cancelled").exists, "work stopped")
    terminal.wait_for(lambda: terminal.text() == before, "the screen as it was")
    assert terminal.state() == state


def test_words_go_into_the_history(terminal: PtyTerminal) -> None:
    terminal.send("say true" + CTRL_G)
    terminal.wait_for_line("true")
    terminal.send(ENTER)
    terminal.wait_for(lambda: terminal.text().count("$") == 2, "next prompt")
    terminal.state()
    terminal.send(UP)
    terminal.wait_for(lambda: terminal.rows().count("$ true") == 2, "the last command")
    terminal.send(UP)
    terminal.wait_for_line("# say true")
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: terminal.rows().count("$ true") == 2, "the command once more")
    assert terminal.state().line == "true"


def test_words_after_a_blank_do_not_go_into_the_history(terminal: PtyTerminal) -> None:
    terminal.run("echo first", "\nfirst")
    terminal.send(" say true" + CTRL_G)
    terminal.wait_for_line("true")
    terminal.send(KILL_LINE + UP)
    terminal.wait_for_line("echo first")


def test_a_search_still_aborts(terminal: PtyTerminal, shell: str) -> None:
    kept = "" if shell == "fish" else "kept"  # fish takes the line for what to look for
    terminal.run("echo needle", "\nneedle")
    terminal.send(kept + "\x12needle")
    terminal.wait_for_text("search: needle" if shell == "fish" else "needle")
    terminal.send(CTRL_G)
    terminal.wait_for_line(kept)
