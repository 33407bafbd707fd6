"""Normal forms: what says the same in other letters has the same one, and what does not has another."""

from __future__ import annotations

import itertools
from functools import partial

import pytest

from caro_shell.bench import unrun
from caro_shell.bench.normalform import normal
from caro_shell.bench.task import Fixture, Task
from caro_shell.check import options
from caro_shell.errors import NoCommandFound


def form(line, **kwargs):
    return normal(line, "bash", partial(options.known, platform="darwin"), **kwargs)


SAME = [
    ["ls -lt ~/bin", 'ls -tl "$HOME/bin"', "/bin/ls -t -l ${HOME}/bin/", "ls -l  -t -t ~/bin"],
    ["cat 'a b'", 'cat "a b"', "cat a\\ b", 'cat ./"a b"', "cat 2>/dev/null 'a b'"],
    ["head -n 5 a", "head -5 a", "head -n5 a", "head --lines=5 a", "head --lines 5 a"],
    ["sed -i '' 's/a/b/g' x", "sed -i \"\" -e 's/a/b/g' x", "sed -i '' 's|a|b|g' ./x", "sed -i '' s,a,b,g x"],
    ["awk '{ print $1 }' a", "awk '{print $1}' a", 'awk "{print \\$1}" a', "awk '{print $1;}' a"],
    ["awk '/a b/ { n += $2 } END { print n }' x", "awk '/a b/{n+=$2} END{print n}' x"],
    ["date -v-1d +%F", "date -v -1d '+%Y-%m-%d'"],
    ["tar czf a.tgz src", "tar --create --gzip --file a.tgz src", "tar -czf a.tgz src/"],
    ["tar --exclude '*.o' -czf a.tgz src", "tar -czf a.tgz --exclude='*.o' src"],
    ["ps aux -r", "ps auxr"],
    ["lsof -nP -iTCP:80", "lsof -n -P -i tcp:80"],
    ["grep -E 'a|b' x", 'egrep "a|b" x'],
    ["grep -rn x src", "grep x -r -n src", "grep x src --recursive --line-number"],
    ['for f in *.png; do sips -Z 80 "$f"; done', "for img in *.png; do sips -Z 80 $img; done"],
    ['ls | while read -r f; do stat -x "$f"; done', 'ls | while read -r name; do stat -x "${name}"; done'],
    ["cat a | xargs -I{} mv {} b", "cat a | xargs -I % mv % b", "cat a | xargs -I '{}' mv '{}' b"],
    ['echo "$(date -v-1d +%F)"', "echo `date -v-1d +%Y-%m-%d`", "echo $(date -v -1d +%F)"],
    ["echo $((RANDOM % 6 + 1))", 'echo "$(( $RANDOM%6+1 ))"'],
    ["cd a && ls", "cd a; ls", "cd a/ && ls ."],
    ["a > x 2> y", "a 2>y >x", "a 2> ./y > x"],
    ["find . -type f -name '*.c'", 'find . -name "*.c" -type f', "find ./ -name \\*.c -a -type f -print"],
    ["find a -mtime +3", "find a -mtime +3d", "find a -mmin +4320", "find a -mtime +72h"],
    ["find a -size +1M", "find a -size +1024k", "find a -size +2048", "find a -size +1048576c"],
    ["find a \\( -name b -o -name c \\) -delete", "find a '(' -name c -or -name b ')' -delete"],
    ["find a ! -name b", "find a -not -name b", "find a \\! \\( -name b \\)"],
    ["find -E a -iregex '.*b' -exec rm -rf {} \\;", "find -E a -iregex \".*b\" -exec rm -f -r '{}' ';'"],
]  # fmt: skip

OTHER = [
    ("ls -l ~/bin", "ls ~/bin -l"),
    ("cat '*.txt'", "cat *.txt"),
    ("cat '$x'", 'cat "$x"'),
    ("cat '~/a'", "cat ~/a"),
    ("cp -R a/ b", "cp -R a b"),
    ("du -sh a/*/", "du -sh a/*"),
    ("cp a b", "cp b a"),
    ("head -n 5 a", "head -c 5 a"),
    ("sed -i '' s/a/b/ x", "sed -i '' s/a/b/g x"),
    ("sed -i .orig s/a/b/ x", "sed -i '' s/a/b/ x"),
    ("sort a | uniq", "sort a; uniq"),
    ("ps aux", "ps -aux"),
    ("date -v1d -v+1m +%F", "date -v+1m -v1d +%F"),
    ("awk '/a b/'", "awk '/ab/'"),
    ("a 2>&1", "a 2>/dev/null"),
    ("a > x", "a >> x"),
    ("a && b", "a || b"),
    ("(cd a && b)", "cd a && b"),
    ("echo $(a)", "echo '$(a)'"),
    ("sudo a", "a"),
    ("find a -name '*.c' -delete", "find a -delete -name '*.c'"),
    ("find a -name b -o -name c -delete", "find a \\( -name b -o -name c \\) -delete"),
    ("find a -mtime +3", "find a -mtime 3"),
    ("find a -exec rm {} +", "find a -exec rm {} \\;"),
    ("find a -type f -print0", "find a -type f"),
    ("for f in *.a; do mv $f b; done", "for f in *.a; do mv $g b; done"),
]


@pytest.mark.parametrize("lines", SAME, ids=lambda lines: lines[0])
def test_what_changes_nothing_is_not_in_the_form(lines):
    assert {form(line) for line in lines} == {form(lines[0])}


@pytest.mark.parametrize(("line", "other"), OTHER)
def test_what_changes_something_is_in_the_form(line, other):
    assert form(line) != form(other)


def test_no_two_of_these_have_one_form():
    firsts = [lines[0] for lines in SAME]
    assert len(set(map(form, firsts))) == len(firsts)


def test_saying_what_is_done_does_not_matter_where_output_does_not():
    assert form("tar -czvf a.tgz src", quiet=True) == form("tar -czf a.tgz src", quiet=True)
    assert form("tar -czvf a.tgz src") != form("tar -czf a.tgz src")
    assert form("grep -v x a", quiet=True) != form("grep x a", quiet=True)


@pytest.mark.parametrize("line", ["echo 'a", 'echo "a', "echo $(a"])
def test_what_stays_open_has_no_form(line):
    with pytest.raises(NoCommandFound):
        form(line)


TASK = Task(
    id="t",
    topic="macos",
    level="easy",
    split="dev",
    words="w",
    fixture=Fixture({}),
    accept=("sed -i '' /a/d x",),
    also=("grep -v a x",),
    platform="darwin",
)


@pytest.mark.parametrize("command", ['sed -i "" -e "/a/d" ./x', "grep -v 'a' x"])
def test_a_command_in_an_accepted_form_is_right(command):
    assert unrun.objection(TASK, command) == ""


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("sed -i /a/d x", "sed -i takes a suffix here, which may be empty: sed -i ''"),
        ("sed --in-place /a/d x", "sed has no option --in-place"),
        ("free -h", "there is no program free here"),
        ("grep a x", "it is none of the known ways"),
        ("true", "it is none of the known ways"),
    ],
)
def test_why_a_command_is_not_right_is_said(command, why):
    assert unrun.objection(TASK, command) == why


def test_forms_do_not_depend_on_the_order_of_tests():
    tests = ["-type f", "-name '*.c'", "-size +1M", "-mtime -2", "\\( -user a -o -group b \\)"]
    lines = {f"find a {' '.join(order)} -print0" for order in itertools.permutations(tests)}
    assert len({form(line) for line in lines}) == 1
