"""What the rules say of the system, its schedules and its traces."""

from __future__ import annotations

import pytest

from caro_shell import safety

DANGER = [
    "efibootmgr -b 0001 -B",
    "bootctl remove",
    "nvram -c",
    "csrutil disable",
    "insmod /tmp/rootkit.ko",
    "rmmod -f ext4",
    "sysctl kernel.core_pattern='|/tmp/x.sh'",
    "setenforce 0",
    "auditctl -D",
    "auditctl -e 0",
    "crontab -ru alice",
    "cat /dev/null | crontab -",
    "history -c",
    "journalctl --rotate --vacuum-time=1s",
    "journalctl --vacuum-size=1",
    "tmutil delete /Volumes/Backup/2023-01-01",
    "cat /dev/zero > ~/fill",
    "cat /dev/urandom >> /var/log/x",
    "dd if=/dev/zero of=/fill bs=1M",
    "yes | tee big",
    "tail /dev/zero",
    "ln -sf /dev/null ~/.zsh_history",
    "yes | sudo mkfs -t ext4 /dev/sdd",
    "sudo dd if=/dev/urandom of=/dev/disk2",
    "history -cw",
    "journalctl --vacuum-time 1s",
    "yes 'x' >> /var/tmp/fill",
    "dd if=/dev/zero of=$HOME/fill bs=1G",
]
CAUTION = [
    "modprobe -r nouveau",
    "crontab new.txt",
    "echo '* * * * * x' | crontab -",
    "journalctl --vacuum-time=2weeks",
    "unset HISTFILE",
    "export HISTSIZE=0",
    "dmesg -C",
    "date -s '2020-01-01'",
    "timedatectl set-time 12:00",
    "defaults delete com.apple.dock",
    "efibootmgr -o 0001,0000",
]
SAFE = [
    "efibootmgr -v",
    "csrutil status",
    "sysctl -a",
    "sysctl -p",
    "auditctl -l",
    "crontab -l -u www-data",
    "history 20",
    "journalctl -xe",
    "export HISTSIZE=10000",
    "dmesg | tail",
    "date -d 'next friday'",
    "sudo timedatectl set-timezone Europe/Lisbon",
    "tmutil listbackups",
    "yes | apt install foo",
    "cat /dev/urandom | head -c 16 | xxd",
    "dd if=/dev/zero of=test.img bs=1M count=100",
    "journalctl --since today -u ssh",
    "dd if=/dev/sda of=backup.img bs=4M",
    "crontab -l > backup.cron",
    "unset FOO",
    "sysctl -n hw.ncpu",
    "sudo modprobe -r --dry-run foo",
    "nvram -p",
    "date -r file",
    "cat /dev/null",
    "tail -f log",
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
