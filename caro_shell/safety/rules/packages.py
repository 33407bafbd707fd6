"""Packages of the system that would be removed, forced in, or taken from the network unchecked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import Arguments, split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.essentials import all_listed, essential, everything, needed_listed
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

#: Managers of system packages: the words that remove, and the options of each with a value.
_REMOVE = (
    r"remove|purge|erase|rm|del|delete|uninstall|autopurge|autoremove|unmerge|deinstall|remove-with-leaves"
    r"|bundle-remove"
)
_MANAGERS = (
    "apt apt-get aptitude dnf dnf5 microdnf yum zypper apk snap flatpak eopkg xbps-remove opkg pkg nala tdnf"
    " rpm-ostree brew port pkgin pkgman pkcon swupd equo tazpkg slackpkg cave kiss luet pkg_delete urpme"
    " removepkg dispel pkgrm prt-get cards apt-fast"
)
#: Managers whose every operand is a package to remove.
_REMOVERS = ("xbps-remove", "pkg_delete", "urpme", "removepkg", "dispel", "pkgrm")
_DRY = "-s --simulate --dry-run --just-print --no-act --recon --assumeno --print -p --test --help -h --print-uris"
#: What `-n` and `-D` are for others than those that only try.
_GOES_ON = ("port", "pkg", "brew", "apk", "nala", "pkg_delete", "pkgrm", "flatpak")
_VALUED = (
    "-o -t -c --option --target-release --config-file --installroot --setopt --disablerepo --enablerepo -x"
    " --exclude --repo -R --root"
)
_NEEDED = "removes what the system needs to start"


def _system(call: Call, home: str) -> Iterator[Reason]:
    """Managers with a word for what they do."""
    del home
    valued = "" if call.program in (*_REMOVERS, "eopkg") else _VALUED
    found = split(call.words, valued)
    words = [word.text for word in found.operands]
    verb, names = (words[0], words[1:]) if words else ("", [])
    if call.program in _REMOVERS:
        verb, names = "remove", words
    if _only_tried(call, found) or verb.startswith("search"):
        return
    if (
        found.has("--allow-remove-essential", "--force-broken-world", "--force-removal-of-essential-packages")
        or re.search(r"(?i)Allow-Remove-Essential=(?:true|yes|1)", " ".join(call.texts))
    ):  # fmt: skip
        yield said(Level.DANGER, _NEEDED, call)
    yield from _unchecked(call, names, found)
    if re.fullmatch(_REMOVE, verb):
        yield from removed(call, names, found)
    else:
        yield from _otherwise(call, verb, names, found)


def _otherwise(call: Call, verb: str, names: list[str], found: Arguments) -> Iterator[Reason]:
    """Verbs that remove something among other things."""
    if verb == "override" and names[:1] == ["remove"]:
        yield from removed(call, names[1:], found)
    elif verb == "swap" and names:
        yield from removed(call, names[:1], found)
    elif (verb in ("module", "group", "groups") and names[:1] == ["remove"]) or verb == "groupremove":
        base = any(re.fullmatch(r"(?i)@?core|minimal.*|base|server.*", name) for name in names)
        yield said(Level.DANGER if base else Level.CAUTION, "removes a whole group of packages", call)
    elif verb == "history" and names[:1] in (["undo"], ["rollback"]):
        yield said(Level.CAUTION, "takes back what was installed: packages are removed or replaced", call)
    elif verb in ("install", "in", "add", "reinstall") and call.program.startswith(("apt", "nala")):
        gone = [name[:-1] for name in names if name.endswith("-")]
        if gone:
            yield from removed(call, gone, found)


def _only_tried(call: Call, found: Arguments) -> bool:
    if found.has("--help", "--version") or found.has(*_DRY.split()):
        return call.program not in _GOES_ON or found.has("--help", "--version", "--dry-run")
    # zypper's `-n` asks nothing.
    return call.program not in (*_GOES_ON, "zypper") and found.has("-n")


def _unchecked(call: Call, names: list[str], found: Arguments) -> Iterator[Reason]:
    forced = found.has("--allow-unauthenticated", "--force-yes")
    unsigned = found.has(
        "--allow-untrusted", "--allow-insecure-repositories", "--no-gpg-checks", "--nogpgcheck"
    )
    if forced or unsigned:
        level = Level.DANGER if forced or any("://" in name for name in names) else Level.CAUTION
        yield said(level, "installs packages whose origin is not checked", call)


def removed(call: Call, names: list[str], found: Arguments) -> Iterator[Reason]:
    """Yield what it means to remove the packages `names`."""
    whole, needed = any(map(everything, names)), [name for name in names if essential(name)]
    if call.program in ("brew", "snap", "flatpak", "port"):
        needed = []
        whole = (found.has("--all") and call.program == "flatpak") or (
            call.program == "port" and names[-1:] in (["installed"], ["all"])
        )
    elif call.program in ("pkg", "pkg_delete", "pkgin"):
        whole = whole or found.has("-a", "--all") or (call.program == "pkg_delete" and found.has("-X"))
    if whole or all_listed(call):
        yield said(Level.DANGER, "removes every package", call)
    elif needed:
        yield said(Level.DANGER, f"removes {needed[0]}, which the system needs", call)
    elif needed_listed(call):
        yield said(Level.DANGER, _NEEDED, call)
    else:
        yield said(Level.CAUTION, "removes packages", call)


def _by_option(call: Call, home: str) -> Iterator[Reason]:
    """dpkg, rpm, pacman and its helpers, emerge: an option says what is done."""
    del home
    found = split(call.words, "--root --dbpath --admindir --instdir -b --config --overwrite")
    names = [word.text for word in found.operands]
    if found.has("--dry-run", "--no-act", "--simulate", "--test", "--print", "--pretend", "-p", "--help"):
        return
    forced = {
        "dpkg": any(text.startswith("--force-") for text in call.texts)
        and found.has(
            "--force-all", "--force-remove-essential", "--force-remove-protected", "--force-depends",
            "--force-remove-reinstreq",
        ),
        "rpm": found.has("--nodeps", "--force"),
    }.get(call.program, "dd" in " ".join(call.texts[:1]) or found.has("--nodeps"))  # fmt: skip
    takes = {
        "dpkg": ("-r", "-P", "--remove", "--purge"),
        "rpm": ("-e", "--erase"),
        "emerge": ("-C", "--unmerge", "-c", "--depclean"),
    }
    if found.has(*takes.get(call.program, ("-R", "--remove"))) and not (
        call.program != "emerge" and found.has("-q", "--query", "-Q", "-S")
    ):
        for reason in removed(call, names, found):
            level = (
                Level.DANGER if forced and (call.program != "rpm" or found.has("--nodeps")) else reason.level
            )
            yield said(
                level, reason.text if level is reason.level else "removes packages that others need", call
            )
    elif call.program == "pamac" and names[:1] == ["remove"]:
        yield from removed(call, names[1:], found)
    elif forced and call.program in ("dpkg", "rpm"):
        yield said(Level.CAUTION, "installs packages against what they need", call)
    elif found.values.get("--overwrite") and "*" in found.values["--overwrite"].text:
        yield said(Level.DANGER, "writes over files of other packages", call)
    http = next((name for name in names if name.startswith("http://")), "")
    if found.has("--nosignature", "--nodigest") and any("://" in name for name in names):
        yield said(Level.DANGER, "installs a package from the network whose origin is not checked", call)
    elif http:
        yield said(Level.CAUTION, "installs a package that anybody on the way may have changed (http)", call)


def _marked(call: Call, home: str) -> Iterator[Reason]:
    """Packages that are marked as wanted no more: the next clean-up removes them."""
    del home
    found = split(call.words)
    verb, *names = [word.text for word in found.operands] or [""]
    if verb in ("auto", "markauto") and (any(map(everything, names)) or all_listed(call)):
        yield said(Level.DANGER, "marks every package as not wanted: the next clean-up removes them", call)


RULES = {
    **dict.fromkeys(_MANAGERS.split(), _system),
    **dict.fromkeys(("dpkg", "rpm", "pacman", "yay", "paru", "pamac", "emerge", "trizen", "pikaur"), _by_option),
    "apt-mark": _marked,
}  # fmt: skip
ROWS = (
    Row("dpkg", Level.DANGER, "marks every package as not wanted: the next clean-up removes them", options="--clear-selections"),
    Row("nix", Level.CAUTION, "removes packages", verbs="profile remove", unless="--help"),
    Row("guix", Level.CAUTION, "removes packages", words=r"^(?:package\b.* (?:-r|--remove|-d|--delete-generations)|remove\b|gc\b.*--delete-generations)", unless="--help --dry-run -n"),
    Row("rpm-ostree", Level.CAUTION, "takes back changes of the whole system", verbs="reset|rollback|cleanup"),
    Row("winget|choco|scoop", Level.CAUTION, "removes packages", verbs="uninstall|remove|rm", unless="--help -h -?"),
    Row("kernel-install", Level.DANGER, "removes a kernel: without one the system does not start", verbs="remove"),
    Row("update-initramfs|mkinitramfs", Level.DANGER, _NEEDED, options="-d", words="-k ?all"),
)  # fmt: skip
