"""What the rules say of accounts."""

from __future__ import annotations

import pytest

from caro_shell import safety

DANGER = [
    "sudo sed -i '/PermitRootLogin/s/no/yes/' /etc/ssh/sshd_config",
    "sudo ed -s /etc/ssh/sshd_config <<< $'g/PermitRootLogin/s/no/yes/\\nw'",
    "sudo sed -i '/^PermitRootLogin no/d' /etc/ssh/sshd_config",
    "sudo awk -i inplace '/PermitRootLogin/{$2=\"yes\"}1' /etc/ssh/sshd_config",
    "augtool set /files/etc/ssh/sshd_config/PermitRootLogin yes",
    "sudo sed -i 's/# %wheel/%wheel/' /etc/sudoers",
    "sudo cp x.rules /etc/sudoers.d/",
    "sudo EDITOR='sed -i s/a/b/' visudo",
    "sudo perl -i -pe 's/^root:x/root:/' /etc/passwd",
    "echo '+ +' >> ~/.rhosts",
    "chage -E 0 root",
    "usermod -U root",
    "sudo python3 -c \"open('/etc/sudoers', 'a').write(x)\"",
    "echo x | base64 -d >> ~/.bashrc",
    "userdel -r alice",
    "userdel -rf alice",
    "deluser --remove-home bob",
    "passwd -d root",
    "sudo passwd --delete alice",
    "usermod -o -u 0 bob",
    "useradd -o -u 0 -g 0 eve",
    "useradd -ou0 eve",
    "usermod -aG root bob",
    "usermod -s /usr/sbin/nologin root",
    "usermod -L root",
    "chsh -s /bin/false root",
    "echo 'root:x' | chpasswd",
    "groupdel sudo",
    "deluser root",
    "dscl . -delete /Users/alice",
    "sysadminctl -deleteUser alice",
    "pwunconv",
    "sudo userdel --force --remove bob",
    "sudo usermod --uid 0 --non-unique bob",
    "sudo useradd -u 0 -o -g root -s /bin/bash x",
    "echo 'root:toor' | sudo chpasswd",
    "sudo passwd -d $USER",
    "sudo usermod -p '' root",
    "sudo adduser bob root",
    "sudo deluser --remove-all-files bob",
    "sudo gpasswd -a bob root",
    "sudo sysadminctl -deleteUser bob -secure",
]
CAUTION = [
    "sudo gpasswd -a bob docker",
    "userdel bob",
    "usermod -aG sudo bob",
    "gpasswd -a bob wheel",
    "adduser bob sudo",
    "usermod -G docker bob",
    "passwd -l bob",
    "groupdel devs",
    "deluser bob sudo",
    "chage -E 0 bob",
]
SAFE = [
    "sudo sed -i 's/^PermitRootLogin yes/PermitRootLogin no/' /etc/ssh/sshd_config",
    "sudo visudo",
    "chage -l root",
    "echo 'alias ll=ls' >> ~/.bashrc",
    "useradd -m bob",
    "useradd -r -s /usr/sbin/nologin svc",
    "sudo adduser bob",
    "sudo usermod -aG docker $USER",
    "sudo passwd bob",
    "passwd",
    "passwd -S bob",
    "chage -l bob",
    "chsh -s /bin/zsh",
    "groupadd devs",
    "sudo usermod -aG video bob",
    "groups bob",
    "dscl . -list /Users",
    "getent passwd root",
    "sudo useradd -m -s /bin/bash -G video,audio bob",
    "sudo usermod -s /bin/zsh bob",
    "sudo groupadd -g 1500 devs",
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
