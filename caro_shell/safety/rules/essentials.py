"""Packages without which a system does not start, cannot be reached or cannot install anything again."""

from __future__ import annotations

import fnmatch
import re

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call

_NEEDED = (
    "libc6 libc-bin glibc glibc-common libc uclibc musl systemd systemd-sysv systemd-libs init"
    " sysvinit-core openrc sysvinit runit linux linux-lts linux-zen linux-hardened linux-generic linux-base"
    " linux-image-generic linux-image-amd64 linux-virt linux-firmware kernel kernel-core kernel-default"
    " kernel-modules grub grub2 grub-pc grub-common grub2-common grub-efi-amd64 systemd-boot shim-signed"
    " bash dash coreutils util-linux sudo doas login passwd shadow pam libpam0g libpam-modules"
    " libpam-runtime python3 python3-minimal python python-minimal perl perl-base dpkg apt rpm dnf dnf5 yum"
    " pacman portage xbps apk-tools zypper libzypp pkg opkg aaa_base network-manager NetworkManager"
    " ifupdown netplan.io wpasupplicant wpa_supplicant openssh openssh-server ssh dropbear dbus udev eudev"
    " e2fsprogs mount kmod initramfs-tools dracut mkinitcpio busybox base base-system core-system os-core"
    " system.base filesystem base-files base-passwd alpine-base baselayout gcc-libs libgcc-s1 libgcc"
    " libstdc++6 openssl openssl-libs libssl3 libssl1.1 ubuntu-minimal ubuntu-standard ubuntu-desktop"
    " hostname gzip tar sed grep findutils diffutils zlib1g zlib ncurses-base lvm2 mdadm btrfs-progs"
    " zfsutils-linux cryptsetup cryptsetup-initramfs debianutils debconf iproute2 iptables nftables ufw"
    " firewalld apparmor selinux-policy selinux-policy-targeted fail2ban auditd audit gdm3 xorg xserver-xorg"
    " xserver-xorg-core desktop-base systemd-udev libdnf5 libdnf ca-certificates polkit policykit-1 rsyslog"
    " cloud-init libsystemd0 libudev1 libselinux1 libcrypt1 libxcrypt libacl1 libattr1 libmount1 libblkid1"
    " libuuid1 liblzma5 libtinfo6 @world @system @core"
)
_ESSENTIAL = _NEEDED.split()
_VERSIONED = re.compile(
    r"linux-(?:image|modules|kernel)-[\w.-]+|kernel-(?:core-|modules-|default-|lts-)?\d[\w.-]*|python3\.\d+(?:-minimal)?"
    r"|libpython3[\w.-]*|grub2?-[\w-]+|shim-(?!unsigned)[\w-]+|glibc[-\w]*|libapt-pkg[\d.]*"
)
_ALL = re.compile(
    r"(?:/.*/)?[*?.]*\*[*?.]*|\.[*+]|'\*'|\^?\.[*+]?\$?|~[iE].*|~n\.?[*+]?|\?(?:installed|essential)\S*|\?name\(\W*\)"
)
#: Programs that list what is installed.
_LISTERS = frozenset(
    "dpkg dpkg-query rpm pacman yay paru brew apt apt-cache apk dnf yum zypper snap flatpak pip pip3 apt-mark pkg port"
    " xbps-query opkg equery qlist nix-env guix eopkg".split()
)
#: What lets all that is installed through, or all but a heading or a few.
_MARK = re.compile(
    r"\bii\b|\binstall(?:ed)?\b|^-n ?\+\d|^[1-9](?:,\d)?d$|^s\W|(?:^| )-\w*v\w*\b|--invert-match"
)
_FILTERS = ("grep", "egrep", "rg", "head", "tail", "fzf", "sed", "comm")


def everything(name: str) -> bool:
    """Say whether the pattern `name` leaves no package out."""
    return bool(_ALL.fullmatch(name))


def essential(name: str) -> bool:
    """Say whether `name`, which may be a pattern or have a version or a category, is one of those packages."""
    part = re.fullmatch(r"~n\^?([\w.+-]{4,}).*|\?name\(\W?([\w.+-]{4,}).*\)", name)
    if part:  # aptitude looks for a part of the name
        return any((part[1] or part[2]) in one for one in (*_ESSENTIAL, "linux-image"))
    name = re.sub(r"[\0\1]", "0", name)
    name = re.sub(r"^[a-z]+-[a-z]+/|^~n|:(?:amd64|arm64|i386|any|all)$|[-+]$|[=/].*$", "", name).strip("^$")
    if re.search(r"[*?\[+]", name):
        plain = name.replace(".*", "*").replace(".+", "*")
        return bool(fnmatch.filter(_ESSENTIAL, plain)) or name.startswith(
            ("linux-image", "linux-*", "kernel*", "libc*")
        )
    extra = re.search(r"-(?:dev|devel|headers|docs?|customize|theme\S*|tools?)$", name)
    return name in _ESSENTIAL or (bool(_VERSIONED.fullmatch(name)) and not extra)


def all_listed(call: Call) -> bool:
    """Say whether `call` is given every package that a manager lists."""
    made = _made(call)
    return any(one.program in _LISTERS for one in made) and not any(map(_picks, made))


def needed_listed(call: Call) -> bool:
    """Say whether `call` is given all packages of a list that are of a name that the system needs."""
    made = _made(call)
    if not any(one.program in _LISTERS for one in made) or any(map(_inverts, made)):
        return False
    names = [
        name for one in made if _picks(one) for text in one.texts for name in re.findall(r"[\w.*+-]+", text)
    ]
    return any(
        essential(name) or name.startswith(("linux-image", "kernel-core")) for name in names if len(name) > 3
    )


def _made(call: Call) -> list[Call]:
    return [one for word in call.words for one in word.made_by] or list(call.stdin.calls)


def _inverts(call: Call) -> bool:
    return call.program in _FILTERS and any(re.match(r"-\w*v|--invert", text) for text in call.texts)


def _picks(call: Call) -> bool:
    """Say whether `call` lists or lets through only some packages; the mark of those installed picks none."""
    words = " ".join(call.texts)
    if call.program in _FILTERS or (call.program == "awk" and "/" in words):
        return not (_MARK.search(words) or _inverts(call))
    if call.program in ("dpkg", "dpkg-query", "rpm"):
        patterns = split(call.words, "-f --showformat --qf --queryformat").operands
        return any(not everything(word.text) and word.text != "lib*" for word in patterns)
    return bool(re.search(r"-Q(?:dt|td)q|\bleaves\b|autoremove|~o|unneeded|~c|residual", words))
