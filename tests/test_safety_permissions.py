"""What the rules say of rights and owners."""

from __future__ import annotations

import pytest

from caro_shell import safety

DANGER = [
    "chmod 777 /etc/passwd",
    "chmod -Rf 777 /home/alice",
    "chmod 777 ~/.ssh",
    "chmod 666 /etc/shadow",
    "chmod o+r ~/.ssh/id_rsa",
    "chmod -R 755 ~/.ssh",
    "chmod 6777 /tmp/x",
    "chmod u+s,o+x /usr/bin/find",
    "chmod -R 000 /etc",
    "chmod -R 644 /usr",
    "chmod -R 777 $HOME",
    "chmod 666 /var/run/docker.sock",
    "cd / && chmod -R 777 .",
    "chmod -R a-rwx ~",
    "chown root:root -R ~",
    "chown user /etc/shadow",
    "chown -R alice /etc",
    "chgrp users /etc/sudoers",
    "setfacl -R -m u:nobody:rwx /",
    "chattr -R +i /",
    "setcap cap_sys_admin=ep ./tool",
    "chmod ugo=rwx /usr/bin",
    "chmod -R 0 /",
    "chmod -c -R 777 /home",
    "chmod -R 777 /*",
    "chmod 4777 ./x",
    "chmod u= /bin/ls",
    "echo / | xargs chmod -R 777",
    "sudo chown -hR alice /lib",
    "sudo chown $USER /usr",
]
CAUTION = [
    "chmod 777 notes.txt",
    "chmod -R 777 ./storage",
    "chmod -R 777 .",
    "chmod 000 x",
    "chmod u+s ./helper",
    "chattr +i /etc/resolv.conf",
    "umask 000",
]
SAFE = [
    "chmod 600 ~/.ssh/id_rsa",
    "chmod 700 ~/.ssh ~/.gnupg",
    "chmod 755 script.sh",
    "chmod 2775 /srv/share",
    "chmod 440 /etc/sudoers.d/alice",
    "sudo chmod 755 /usr/local/bin/*",
    "sudo chmod 755 /opt/app",
    "chmod -w report.pdf",
    "chown -R alice:alice /home/alice",
    "sudo chown root:root /etc/nginx/nginx.conf",
    "chgrp devs report.txt",
    "setfacl -R -m g:devs:rwX shared",
    "lsattr /etc",
    "umask 077",
    "umask u=rwx,g=rx,o=",
    "chmod -R u+w vendor",
    "chmod -R a+rX docs",
    "sudo chmod 600 /etc/ssl/private/site.key",
    "chmod 755 ~",
    "chmod -R 700 ~/.gnupg",
    "chmod 664 *.csv",
    "chmod u+rwx,g-w,o-rwx file",
    'sudo chown -R "$USER":"$USER" ~/.config',
    "sudo chmod 666 /dev/ttyACM0",
    "chown -R node:node /app",
    "sudo setcap 'cap_net_bind_service,cap_net_raw=+ep' ./bin",
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
