"""What the rules say of processes, services and power."""

from __future__ import annotations

import pytest

from caro_shell import safety

DANGER = [
    "kill -9 {2..32768}",
    "for p in /proc/[0-9]*; do kill -9 ${p##*/}; done",
    "ls /proc | grep '^[0-9]' | xargs kill -9",
    "kill -9 $(ps -ef | awk 'NR>1{print $2}')",
    "ps ax -o pid | tail -n +2 | xargs kill -9",
    "kill $(pgrep sshd)",
    "kill $(cat /run/sshd.pid)",
    "pgrep -v x | xargs kill",
    "fuser -k /",
    "pkill -P 1",
    "perl -e 'kill 9, -1'",
    "skill -KILL -u bob",
    "loginctl terminate-user bob",
    "kill -9 -1",
    "kill -- -1",
    "kill -9 {1..65535}",
    "kill -9 $(pgrep -u alice)",
    "pkill -9 ''",
    "pkill -9 -f '.*'",
    "sudo killall -9 systemd",
    "killall5 -9",
    "loginctl terminate-user root",
    "systemctl disable --now sshd.service",
    "systemctl stop firewalld",
    "sudo systemctl stop dbus",
    "service networking stop",
    "sudo /etc/init.d/networking stop",
    "update-rc.d ssh remove",
    "sv down sshd",
    "systemctl isolate emergency.target",
    "systemctl poweroff",
    "halt -p",
    "init 0",
    "reboot -f",
    "for p in $(ps -eo pid=); do kill -9 $p; done",
    "pkill -KILL -U 0",
    "killall -s KILL -u root",
    "kill -SIGKILL -1",
    "systemctl stop sshd.socket ssh.service",
    "sudo systemctl mask --now systemd-logind.service",
    "sudo service iptables stop",
    "initctl stop networking",
    "sudo init 6",
]
CAUTION = [
    "kill 0",
    "kill -9 $(pidof nginx)",
    "ps aux | grep node | awk '{print $2}' | xargs kill -9",
    "killall -9 node",
    "reboot",
    "sudo reboot",
    "systemctl reboot",
    "shutdown -r +15",
    "systemctl stop nginx",
    "sudo service postgresql stop",
    "sudo systemctl restart postgresql",
    "systemctl mask foo",
    "systemctl isolate multi-user.target",
]
SAFE = [
    "kill $(cat server.pid)",
    "ps -ef | grep java | awk '{print $2}' | xargs kill",
    "pkill -P $$",
    "for i in {1..20}; do echo $i; done",
    "kill 1234 5678",
    "kill -TERM %1",
    "kill -l",
    "kill $(lsof -t -i:3000)",
    'kill "$PID"',
    "pkill -HUP sshd",
    "killall Finder",
    "pkill -f 'python -m http.server'",
    "systemctl list-units --failed",
    "systemctl restart sshd",
    "systemctl start docker",
    "systemctl is-active ssh",
    "systemctl suspend",
    "service --status-all",
    "shutdown -c",
    "launchctl unload ~/Library/LaunchAgents/com.me.foo.plist",
    "kill -TERM $(cat app.pid)",
    "kill -INT $$",
    "kill -l 9",
    "killall -0 vim",
    "killall Dock",
    "sudo systemctl status firewalld",
    "systemctl --user stop pipewire",
    "sudo systemctl enable sshd",
    "sudo service ssh start",
]


@pytest.mark.parametrize("line", DANGER)
def test_what_cannot_be_undone_is_danger(line):
    assert safety.judge(line, "bash", home="/home/user").level is safety.Level.DANGER


@pytest.mark.parametrize("line", CAUTION)
def test_what_is_narrow_or_can_be_undone_is_caution(line):
    assert safety.judge(line, "bash", home="/home/user").level is safety.Level.CAUTION


@pytest.mark.parametrize("line", SAFE)
def test_ordinary_work_stays_quiet(line):
    assert safety.judge(line, "bash", home="/home/user").level is safety.Level.SAFE
