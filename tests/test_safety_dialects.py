"""What zsh and fish write in another way is judged as what it does."""

from __future__ import annotations

import pytest

from caro_shell.safety import Level, judge

DANGEROUS = [
    ("zsh", "for a b (x /etc) rm -rf $b"),
    ("zsh", "function f g { rm -rf $1 }; g /etc"),
    ("zsh", "set -A a /etc; rm -rf $a"),
    ("zsh", "alias -g X='/etc'; rm -rf X"),
    ("zsh", "x=(rm -rf /etc); $x[@]"),
    ("zsh", "rm -rf ${(e):-'$HOME'}"),
    ("zsh", "case $1 in (a|b) rm -rf /etc ;| (c) ls ;; esac"),
    ("zsh", "mapfile[/etc/passwd]=''"),
    ("zsh", "zmv '(*)' /dev/null"),
    ("zsh", "ls *(e['rm -rf /etc'])"),
    ("zsh", "if [[ -d x ]] { pwd } else { rm -rf /etc }"),
    ("zsh", "() { rm -rf $1 } /usr"),
    ("zsh", "{ pwd } always { rm -rf /usr }"),
    ("zsh", "x=(a /usr); rm -rf $x[2]"),
    ("zsh", "x=/usr/a; rm -rf $x:h"),
    ("zsh", "ls *(e:'rm -rf /':)"),
    ("zsh", "zargs -- /usr/*(/) -- rm -rf"),
    ("fish", "if false; pwd; else if true; rm -rf /usr; end"),
    ("fish", "function f -a x; rm -rf $x; end; f /usr"),
    ("fish", "alias f 'rm -rf'; f /usr"),
    ("fish", "set a x /usr; rm -rf $a[2]"),
    ("fish", "rm -rf (string replace a /usr a)"),
    ("fish", "source (echo 'rm -rf /usr' | psub)"),
    ("fish", r"rm -rf \x2fusr"),
    ("fish", "functions -c rm zap; zap -rf /usr"),
    ("fish", "(command -s rm) -rf /usr"),
    ("fish", "rm -rf (path resolve /tmp/../usr)"),
    ("fish", "rm -rf (string match -r '/.*' x/usr)"),
    ("fish", "set a[1] /usr; rm -rf $a"),
    ("fish", "sleep 1 & ; rm -rf /usr"),
    ("fish", "rm -rf /usr/$x/"),
]
SAFE = [
    ("fish", "string match -qr '^rm' $x; and echo yes"),
    ("fish", "string match -r '(a+)+$' aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
    ("zsh", "while (( i++ < 3 )) { print $i }"),
    ("zsh", "rm -f *(.L0)"),
    ("zsh", "rm -f *(.om[6,-1])"),
    ("zsh", "print -z 'rm -rf /'"),
    ("fish", "begin; date; end > log; sleep 1 &; disown"),
    ("fish", "set a x /usr; rm -rf /tmp/$a[1]"),
    ("fish", "starship init fish | source"),
]


@pytest.mark.parametrize(("shell", "line"), DANGEROUS)
def test_danger_is_seen(shell, line):
    assert judge(line, shell, home="/home/me").level is Level.DANGER


@pytest.mark.parametrize(("shell", "line"), SAFE)
def test_ordinary_work_stays_quiet(shell, line):
    assert judge(line, shell, home="/home/me").level is Level.SAFE
