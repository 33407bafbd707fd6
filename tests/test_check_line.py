"""A line taken apart: which words go to which command, in three shells."""

from __future__ import annotations

import pytest

from caro_shell.check.line import UNKNOWN, read


def commands(line, shell="bash"):
    """Return the commands of a line, each as one text, in which "?" is what only the shell knows."""
    found = read(line, shell)
    assert found is not None
    return [" ".join(word.text for word in command).replace(UNKNOWN, "?") for command in found.commands]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ls -l | sort -k2 > out.txt", ["ls -l", "sort -k2"]),
        ("make 2>&1 >log <in && ./a.out; date & wait", ["make", "./a.out", "date", "wait"]),
        ("X=1 Y='a b' env", ["env"]),
        ("grep 'a b' \"c d\" e\\ f", ["grep a b c d e f"]),
        ('echo "a $x b" ${y:-z} *.{c,h} $((1+2))', ["echo a ? b ? *.? ?"]),
        ('echo "$(ls -l "$x y")" `date +%F`', ["ls -l ? y", "date +%F", "echo ? ?"]),
        ("diff <(sort a) <(sort b)", ["sort a", "sort b", "diff ? ?"]),
        ("(cd x && ls) | wc -l", ["cd x", "ls", "wc -l"]),
        ("{ ls; pwd; }", ["ls", "pwd"]),
        ('for f in *.c $(cat list); do mv -- "$f" x; done', ["cat list", "mv -- ? x"]),
        ("for ((i=0; i<3; i++)); do echo $i; done", ["echo ?"]),
        ("while read -r l; do echo $l; done < f", ["read -r l", "echo ?"]),
        ("if ! grep -q x f; then echo y; else echo n; fi", ["grep -q x f", "echo y", "echo n"]),
        ("case $x in a|b) ls;; (c) pwd;; *) echo x; esac; date", ["ls", "pwd", "echo x", "date"]),
        ("[[ -f a && ( -d b || c < d ) ]] && ls", ["ls"]),
        ("[[ $(id -u) -eq 0 ]] && ls", ["id -u", "ls"]),
        ("time -p ls", ["ls"]),
        ("a=(1 2); echo ${a[@]}", ["echo ?"]),
        ("grep -c x <<< 'a b'", ["grep -c x"]),
        ("ls # and no more", ["ls"]),
        ("find . -exec rm {} \\;", ["find . -exec rm {} ;"]),
        ("ls !(a|b)", ["ls !?"]),
    ],
)
def test_the_words_of_each_command(line, expected):
    assert commands(line) == expected
    if "!(" not in line and "[[" not in line:
        assert commands(line, "zsh") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "for f in *.c; mv $f (string replace -r '\\.c$' .h $f); end",
            ["string replace -r \\.c$ .h ?", "mv ? ?"],
        ),
        ("if test -d a; ls; else if true; pwd; end", ["test -d a", "ls", "true", "pwd"]),
        ("set x (date +%s); and echo $x", ["date +%s", "set x ?", "echo ?"]),
        ("echo 'it\\'s' \"$(ls)\"", ["ls", "echo it's ?"]),
        ("switch $x; case 'a*'; ls; end", ["ls"]),
    ],
)
def test_the_words_of_each_command_in_fish(line, expected):
    assert commands(line, "fish") == expected


def test_a_glob_of_zsh_is_a_part_of_its_word():
    assert commands("print -l *(om[1]) **/*.py(.)", "zsh") == ["print -l *? **/*.py?"]


@pytest.mark.parametrize(
    ("line", "shell"),
    [("f() { ls; }; f x", "bash"), ("function f { ls; }; f x", "zsh"), ("function f; ls; end; f x", "fish")],
)
def test_functions_that_a_line_defines(line, shell):
    assert read(line, shell).functions == {"f"}
    assert commands(line, shell) == ["ls", "f x"]


def test_each_word_knows_where_it_stands():
    line = "ls -l \"a $b\" | sort 'x y'"
    words = [word for command in read(line, "bash").commands for word in command]
    assert [word.raw for word in words] == ["ls", "-l", '"a $b"', "sort", "'x y'"]
    assert all(line.startswith(word.raw, word.start) for word in words)


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("sort a > > b", False),
        ("echo a) b", False),
        ("sort < a > b", True),
        ("ls -l | sort > out; date && pwd", True),
        ('echo "$x" ${y} *.txt', True),
        ("ls;", True),
        ("ls |", False),
        ("| ls", False),
        ("ls | | sort", False),
        ("ls && ; pwd", False),
        ("(ls)", False),
        ("echo $(ls)", False),
        ("if true; then ls", False),
        ("ls >", False),
        ("> out | ls", True),
    ],
)
def test_what_is_plainly_right(line, plain):
    assert read(line, "bash").plain is plain


def test_what_is_a_parameter_in_one_shell_is_an_error_in_another():
    assert read("echo ${x}", "bash").plain
    assert not read("echo ${x}", "fish").plain


@pytest.mark.parametrize("line", ["echo 'a", 'echo "a', "echo $(ls", "cat <<EOF", "echo ${x"])
def test_what_ends_too_early_is_not_taken_apart(line):
    assert read(line, "bash") is None
