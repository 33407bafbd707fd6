"""What a line runs: wrappers, quotes, variables, pipes and other shells seen through, spans kept."""

from __future__ import annotations

import pytest

from caro_shell.safety import Level, judge

WHOLE_SYSTEM = [
    "rm -rf 2>/dev/null /",
    "rm </dev/null -rf /",
    "time { rm -rf /; }",
    "coproc x { rm -rf /; }",
    "/b?n/r? -rf /",
    "r${nothing}m -rf /",
    "x=xrmx; ${x:1:2} -rf /",
    "x=RM; ${x,,} -rf /",
    '$"rm" -rf /',
    "$SUDO rm -rf /",
    "a='rm -rf'; b=/; eval \"$a $b\"",
    'f() { rm -rf "${@:2}"; }; f x /',
    'd() { echo /; }; rm -rf "$(d)"',
    "declare -n x=y; y=/; rm -rf $x",
    'a[1]=/; rm -rf "${a[1]}"',
    "case $(rm -rf /) in *) ;; esac",
    "(( $(rm -rf /) ))",
    "bash > log <<< 'rm -rf /'",
    "cat <<E | sh\nrm -rf /\nE\n",
    "echo 'rm -rf /' > x; sh x",
    "env D=/ sh -c 'rm -rf $D'",
    "echo 'rm -rf /' | xargs -I{} sh -c '{}'",
    "echo 'rm -rf /' | ssh host",
    "ssh host bash -c '\"rm -rf /\"'",
    "for h in a b; do ssh $h rm -rf /; done",
    "poetry run rm -rf /",
    "xterm -e rm -rf /",
    "gosu root rm -rf /",
    "sed 's/.*/rm -rf \\//e' x",
    "echo '0 3 * * * root rm -rf /' | sudo tee /etc/cron.d/x",
    "{ printf 'rm '; echo '-rf /'; } | bash",
    "yes 'rm -rf /' | sh",
    "while read x; do $x; done <<< 'rm -rf /'",
    "rm -rf $(echo x; echo /)",
    'x=$(if true; then echo /; else echo y; fi); rm -rf "$x"',
    "rm -rf $(cut -d: -f2 <<< 'x:/')",
    "rm -rf $(perl -e 'print \"/\"')",
    'cd / && rm -rf "$_"',
    "d=x:/; IFS=:; rm -rf $d",
    "x=/y/; rm -rf ${x/\\/y/}",
    "bash -s -- / <<< 'rm -rf \"$1\"'",
    "tee >(sh) <<< 'rm -rf /'",
    "cat <<E\n$(rm -rf /)\nE\n",
    'echo "${a[$(rm -rf /)]}"',
    "xargs -a <(echo /) rm -rf",
    "flatpak run --command=rm app -rf /",
    "start-stop-daemon --start --exec /bin/rm -- -rf /",
    "podman unshare rm -rf /",
    "mpirun -np 2 rm -rf /",
    "lerna exec 'rm -rf /'",
    "git config merge.x.driver 'rm -rf /'",
    "sqlite3 x.db '.read |rm -rf /'",
    "less '+!rm -rf /' x",
    "PS1='$(rm -rf /)'",
    "make -f <(echo 'all:; rm -rf /')",
    "bind -x '\"x\": rm -rf /'",
    "rm -rf /",
    "sudo -u root -- /bin/rm -fr /",
    r"\rm -rf $'\x2f'",
    "'r'm -r --force \"/\"",
    "env -i A=b nice -n 5 timeout -k 1 5 rm -rf //",
    "rm -rf /usr/../ && echo done",
    "cd / && rm -rf *",
    "(cd /; rm -rf .)",
    "a=rm; b=-rf; $a $b /",
    'x=/; for d in $x; do rm -rf "$d"; done',
    "rm -rf ${NOWHERE:-/}",
    'rm -rf "$DIR"/*',
    "sh -c 'rm -rf /'",
    "eval 'rm -rf /'",
    "bash <<< 'rm -rf /'",
    "echo 'rm -rf /' | sh",
    "printf '\\162\\155 -rf /' | bash",
    "echo cm0gLXJmIC8K | base64 -d | sh",
    "ls / | xargs rm -rf",
    "find / -exec rm -rf {} +",
    'f() { rm -rf "$1"; }; f /',
    "if true; then rm -rf /; fi",
    "true || { rm -rf / & }",
    "alias l='rm -rf /'",
    "trap 'rm -rf /' EXIT",
    "ssh host 'rm -rf /'",
    "echo $(rm -rf /)",
    "diff <(rm -rf /) x",
    "{rm,-rf,/}",
    "rm${IFS}-rf${IFS}/",
]


@pytest.mark.parametrize("line", WHOLE_SYSTEM)
def test_the_whole_system_is_critical_however_it_is_written(line):
    found = judge(line, home="/home/me")
    assert found.level is Level.DANGER
    assert found.critical


@pytest.mark.parametrize(
    "line",
    [
        "echo 'rm -rf /'",
        "grep -r 'rm -rf /' .",
        "git commit -m 'no more rm -rf /'",
        "man rm # rm -rf /",
        'rm -rf "${DIR:?}"/*',
        'tmp=$(mktemp -d); rm -rf "$tmp"',
        'cd "$(mktemp -d)" && rm -rf *',
        "rm -rf ./build node_modules",
        "rm *.pyc",
        "find . -name '*.tmp' -delete",
        "trap 'rm -f \"$lock\"' EXIT",
        "rm -f !(keep).tmp",
        "cat > x.txt <<< hello",
        "cat <<E | sort\nrm -rf /\nE\n",
        "x=/etc/hosts; echo ${x##*/}",
        "for h in a b; do ssh $h uptime; done",
        "npx rimraf dist",
        'a=(x y); rm "${a[@]:1}"',
        'a=(/ build); rm -rf "${a[1]}"',
        "echo '*/5 * * * * root /opt/x.sh' | sudo tee /etc/cron.d/x",
        "[[ -f x ]] && rm x",
        "date > out.txt 2> /dev/null",
        'eval "$(ssh-agent -s)"',
        "rm -rf $(echo build; echo dist)",
        "mkdir x && cd $_ && rm -rf build",
        r"PS1='\u@\h:\w\$ '",
        "git push -u origin main",
        "cat <<'E'\n$(rm -rf /)\nE\n",
        "lerna exec -- npm test",
        "parallel git -C {} pull ::: x y",
        "while read -r f; do rm -f $f; done < list",
        "rm -f .git/index.lock",
        "sudo sed -i '/ swap / s/^/#/' /etc/fstab",
    ],
)
def test_ordinary_lines_and_text_about_dangerous_ones_are_quiet(line):
    assert judge(line, home="/home/me").reasons == ()


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("fish", "for d in /*; rm -rf $d; end"),
        ("fish", "set d /; rm -rf $d"),
        ("fish", "if true; rm -rf (echo /); else; date; end"),
        ("fish", "begin; rm -rf /; end"),
        ("fish", "function f; rm -rf $argv; end; f /"),
        ("fish", "true; and rm -rf /"),
        ("fish", r"rm -rf '/'"),
        ("zsh", "rm -rf /*(D)"),
        ("zsh", "=rm -rf /"),
        ("zsh", "for d (/*) rm -rf $d"),
        ("zsh", "rm -rf ${:-/}"),
        ("bash", "fish -c 'for d in /*; rm -rf $d; end'"),
    ],
)
def test_other_shells_are_read_as_themselves(shell, line):
    assert judge(line, shell, home="/home/me").level is Level.DANGER


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("date; rm -rf ~/x /etc", "/etc"),
        ("échø é; rm -rf /etc", "/etc"),
        ("cat a > /dev/sda", "/dev/sda"),
        ("sudo sh -c 'rm -rf /etc'", "'rm -rf /etc'"),
    ],
)
def test_a_reason_names_the_part_of_the_line(line, part):
    worst = judge(line, home="/home/me").reasons[0]
    assert line[worst.start : worst.end] == part


def test_a_span_in_fish_is_of_the_line_that_was_written():
    line = "if test -d x; rm -rf /etc; end"
    worst = judge(line, "fish", home="/home/me").reasons[0]
    assert line[worst.start : worst.end] == "/etc"


@pytest.mark.parametrize("line", ['eval "$x"', "$CMD a", "$(pick) a", 'sh -c "$x"', "rm -rf 'unclosed"])
def test_what_cannot_be_judged_is_said_to_be_unknown_never_safe(line):
    assert judge(line, home="/home/me").level is Level.UNKNOWN


def test_where_the_line_would_run_counts():
    assert judge("rm -rf *", home="/home/me", cwd="/home/me").critical
    assert judge("rm -rf ..", home="/home/me", cwd="/home/me/x").critical
    assert not judge("rm -rf ../build", home="/home/me", cwd="/home/me/x").reasons


def test_a_line_that_calls_itself_for_ever_or_nests_without_end_is_judged_in_time():
    assert judge("f() { f; }; f", home="/home/me").level <= Level.UNKNOWN
    assert judge("x() { x | x & }; x", home="/home/me").level is Level.DANGER
    judge("$(" * 300 + "x" + ")" * 300, home="/home/me")
    judge("sudo " * 500 + "rm -rf /", home="/home/me")
    judge("{a,b}" * 40, home="/home/me")


def test_a_home_below_a_temporary_directory_is_a_home():
    assert judge("rm -rf ~/*", home="/tmp/me").critical
    assert judge("rm -rf ~/.ssh", home="/tmp/me").level is Level.DANGER
    assert judge("rm -rf /tmp/other", home="/tmp/me").reasons == ()


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("sudo !!", "unknown"),
        ("echo ok; !rm", "unknown"),
        ("^a^b", "unknown"),
        ('echo "really!?x"', "unknown"),
        ("awk '!x[$0]++' f", "safe"),
        ("[ ! -f a ] && echo 'done!!'", "safe"),
        ("a != b; kill $!; echo ${!x} hi!", "safe"),
        ("fish: echo !!", "safe"),
        ("grep '^a^b' f", "safe"),
    ],
)
def test_what_the_history_puts_there_is_not_known(line, level):
    shell, _, rest = line.partition(": ") if line.startswith("fish: ") else ("bash", "", line)
    assert str(judge(rest, shell, home="/home/user").level) == level


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("while true; do bash & done", "danger"),
        ("for ((;;)); do ./serve & done", "danger"),
        ("while true; do make & wait; done", "safe"),
        ("for f in *.mp4; do ffmpeg -i $f $f.mp3 & done; wait", "safe"),
        ('for h in web1 web2; do ssh root@$h "rm -rf /var/www/*"; done', "danger"),
        ("ls -a | grep -v keep | xargs rm -rf", "danger"),
        ("ls | grep old- | xargs rm -rf", "safe"),
        ("[ -w / ] && rm -rf /*", "danger"),
        ("cat list | xargs rm -rf", "caution"),
        ("df | awk '{print $6}' | xargs rm -rf", "danger"),
    ],
)
def test_loops_and_lists(line, level):
    assert str(judge(line, "bash", home="/home/user").level) == level
