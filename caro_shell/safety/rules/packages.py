"""Packages that would be removed, forced in, or taken from the network unchecked."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

from caro_shell.safety.arguments import Arguments, split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

#: Without these a system does not start, cannot be reached, or cannot install anything again.
_NEEDED = (
    "libc6 libc-bin glibc glibc-common musl systemd systemd-sysv systemd-libs init sysvinit-core openrc"
    " runit linux linux-lts linux-zen linux-generic linux-image-generic linux-image-amd64 linux-virt"
    " kernel kernel-core kernel-default kernel-modules grub grub2 grub-pc grub-common grub2-common grub-"
    " efi-amd64 shim-signed bash dash coreutils util-linux sudo login passwd shadow pam libpam0g libpam-"
    " modules libpam-runtime python3 python3-minimal python python-minimal perl perl-base dpkg apt rpm dnf"
    " yum pacman apk-tools zypper libzypp network-manager NetworkManager ifupdown netplan.io openssh"
    " openssh-server ssh dropbear dbus udev e2fsprogs mount initramfs-tools dracut mkinitcpio busybox base"
    " filesystem base-files base-passwd alpine-base gcc-libs libgcc-s1 libgcc libstdc++6 openssl openssl-"
    " libs libssl3 libssl1.1 ubuntu-minimal ubuntu-standard ubuntu-desktop hostname gzip tar sed grep"
    " findutils diffutils zlib1g zlib ncurses-base lvm2 cryptsetup debianutils debconf iproute2 iptables"
    " nftables ufw firewalld apparmor selinux-policy selinux-policy-targeted fail2ban auditd audit gdm3"
    " xorg xserver-xorg desktop-base systemd-udev libdnf5 libdnf ca-certificates polkit policykit-1"
    " rsyslog cloud-init"
)
_ESSENTIAL = _NEEDED.split()
_LINUX = re.compile(
    r"linux-image-[\w.-]+|kernel-\d[\w.-]*|python3\.\d+(?:-minimal)?|libpython3[\w.-]*"
    r"|linux-modules-[\w.-]+|grub-[\w-]+|glibc[-\w]*"
)
#: Managers of system packages: the words that remove, and the options of each with a value.
_REMOVE = (
    r"remove|purge|erase|rm|del|delete|uninstall|autopurge|autoremove|unmerge|deinstall|remove-with-leaves"
)
_MANAGERS = (
    "apt apt-get aptitude dnf dnf5 microdnf yum zypper apk snap flatpak eopkg xbps-remove opkg pkg nala tdnf"
    " rpm-ostree brew port pkgin pkgman"
)
_DRY = (
    "-s --simulate --dry-run --just-print --no-act --recon --assumeno --print -p -n --test --help -h"
    " --print-uris -D"
)
_ALL = re.compile(r"\*+|\.\*|\?\*|~i.*|'\*'|\^?\.[*+]\$?")
_VALUED = (
    "-o -t -c --option --target-release --config-file --installroot --setopt --disablerepo --enablerepo -x"
    " --exclude --repo -R --root"
)


def _system(call: Call, home: str) -> Iterator[Reason]:
    """Managers with a word for what they do."""
    del home
    found = split(call.words, _VALUED)
    words = [word.text for word in found.operands]
    verb, names = (words[0], words[1:]) if words else ("", [])
    if call.program == "xbps-remove":
        verb, names = "remove", words
    if (
        found.has("--help", "--version")
        or (found.has(*_DRY.split()) and call.program not in ("pkg", "brew", "apk", "nala"))
        or verb.startswith("search")
    ):
        return
    if found.has("--allow-remove-essential", "--force-broken-world", "--force-removal-of-essential-packages"):
        yield said(Level.DANGER, "removes what the system needs to start", call)
    if found.has(
        "--allow-unauthenticated",
        "--force-yes",
        "--allow-untrusted",
        "--allow-insecure-repositories",
        "--no-gpg-checks",
        "--nogpgcheck",
    ):
        level = (
            Level.DANGER
            if any("://" in name for name in names) or found.has("--allow-unauthenticated", "--force-yes")
            else Level.CAUTION
        )
        yield said(level, "installs packages whose origin is not checked", call)
    if re.fullmatch(_REMOVE, verb):
        yield from removed(call, names, found)
    elif (verb in ("module", "group", "groups") and names[:1] == ["remove"]) or verb == "groupremove":
        yield said(Level.CAUTION, "removes a whole group of packages", call)
    elif verb in ("install", "in", "add", "reinstall") and call.program.startswith(("apt", "nala")):
        gone = [name[:-1] for name in names if name.endswith("-")]
        if gone:
            yield from removed(call, gone, found)


def removed(call: Call, names: list[str], found: Arguments) -> Iterator[Reason]:
    """Yield what it means to remove the packages `names`."""
    if call.program in ("brew", "snap", "flatpak", "port"):
        everything = found.has("--all") and call.program == "flatpak"
        essential: list[str] = []
    else:
        everything = any(_ALL.fullmatch(name) for name in names)
        essential = [name for name in names if _essential(name)]
    made = [one for word in call.words for one in word.made_by] or list(call.stdin.calls)
    listed = [
        one
        for one in made
        if one.program
        in (
            "dpkg",
            "dpkg-query",
            "rpm",
            "pacman",
            "brew",
            "apt",
            "apk",
            "dnf",
            "snap",
            "flatpak",
            "pip",
            "pip3",
            "apt-mark",
            "pkg",
        )
    ]
    picks = any(map(_picks, made))
    if everything or (listed and not picks):
        yield said(Level.DANGER, "removes every package", call)
    elif essential:
        yield said(Level.DANGER, f"removes {essential[0]}, which the system needs", call)
    else:
        yield said(Level.CAUTION, "removes packages", call)


def _picks(call: Call) -> bool:
    """Say whether `call` lists or lets through only some packages."""
    words = " ".join(call.texts)
    some = re.search(r"-Q(?:dt|td)q|\bleaves\b|autoremove|~o|unneeded", words)
    filters = ("grep", "egrep", "head", "tail", "fzf", "sed", "comm")
    return bool(some) or call.program in filters or (call.program == "awk" and "/" in words)


def _essential(name: str) -> bool:
    name = re.sub(r"[\0\1]", "0", name)
    name = re.sub(r":(?:amd64|arm64|i386|any|all)$|[-+]$|[=/].*$", "", name).strip("^$")
    if re.search(r"[*?\[+]", name):
        plain = name.replace(".*", "*").replace(".+", "*")
        return bool(fnmatch.filter(_ESSENTIAL, plain)) or name.startswith(
            ("linux-image", "linux-*", "kernel*", "libc*")
        )
    extra = re.search(r"-(?:dev|devel|headers|docs?)$", name)
    return name in _ESSENTIAL or (bool(_LINUX.fullmatch(name)) and not extra)


def _by_option(call: Call, home: str) -> Iterator[Reason]:
    """dpkg, rpm, pacman and its helpers, emerge: an option says what is done."""
    del home
    found = split(call.words, "--root --dbpath --admindir --instdir -b --config --overwrite")
    names = [word.text for word in found.operands]
    dry = found.has("--dry-run", "--no-act", "--simulate", "--test", "--print", "--pretend", "-p", "--help")
    if dry:
        return
    forced = {
        "dpkg": found.has(
            "--force-all", "--force-remove-essential", "--force-remove-protected", "--force-depends"
        ),
        "rpm": found.has("--nodeps", "--force"),
    }.get(call.program, "dd" in " ".join(call.texts[:1]) or found.has("--nodeps"))
    takes = {
        "dpkg": ("-r", "-P", "--remove", "--purge"),
        "rpm": ("-e", "--erase"),
        "emerge": ("-C", "--unmerge", "-c", "--depclean"),
    }
    if found.has(*takes.get(call.program, ("-R", "--remove"))) and not found.has("-q", "--query", "-Q", "-S"):
        for reason in removed(call, names, found):
            level = (
                Level.DANGER if forced and (call.program != "rpm" or found.has("--nodeps")) else reason.level
            )
            yield said(
                level, reason.text if level is reason.level else "removes packages that others need", call
            )
    elif forced and call.program in ("dpkg", "rpm"):
        yield said(Level.CAUTION, "installs packages against what they need", call)
    elif found.values.get("--overwrite") and "*" in found.values["--overwrite"].text:
        yield said(Level.DANGER, "writes over files of other packages", call)
    http = next((name for name in names if name.startswith("http://")), "")
    if found.has("--nosignature", "--nodigest") and any("://" in name for name in names):
        yield said(Level.DANGER, "installs a package from the network whose origin is not checked", call)
    elif http:
        yield said(Level.CAUTION, "installs a package that anybody on the way may have changed (http)", call)


RULES = {
    **dict.fromkeys(_MANAGERS.split(), _system),
    **dict.fromkeys(("dpkg", "rpm", "pacman", "yay", "paru", "pamac", "emerge"), _by_option),
}  # fmt: skip
