"""What keeps programs in their bounds, switched off: SELinux, AppArmor, the kernel's own protection."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_SWITCHES = re.compile(
    r"/sys/fs/selinux/enforce|/proc/sys/kernel/(?:randomize_va_space|kptr_restrict|yama/ptrace_scope)|/sys/kernel/security/lockdown"
)


def _switched(call: Call, home: str) -> Iterator[Reason]:
    """Protection of the kernel that a zero switches off, and SELinux's own configuration."""
    del home
    paths = [one.target.text for one in call.redirects if one.writes] + (
        list(call.texts) if call.program == "tee" else []
    )
    if any(map(_SWITCHES.fullmatch, paths)):
        given = [
            *call.texts,
            call.stdin.text or "",
            *(text for one in call.stdin.calls for text in one.texts),
        ]
        if any(text.strip() == "0" for text in given):
            yield said(Level.DANGER, "switches off what keeps programs in their bounds", call)
    own = any(
        re.fullmatch(r"/etc/(?:selinux/config|sysconfig/selinux)", text) for text in (*call.texts, *paths)
    )
    off = r"SELINUX=(?:disabled|permissive)(?!.*/SELINUX=enforcing)|s([/|#,])[^/|#,]*enforcing\1(?:disabled|permissive)"
    if own and re.search(off, " ".join(call.texts)):
        yield said(Level.DANGER, "switches off SELinux, which keeps programs in their bounds", call)


_WEAKENS = re.compile(
    r"\b(?:mitigations=off|(?:selinux|enforcing|apparmor|audit)=0|nokaslr|nosmep|nosmap|pti=off|lockdown=none)\b"
)


def _booted(call: Call, home: str) -> Iterator[Reason]:
    """Protection of the kernel that is switched off where its boot loader is configured."""
    del home
    paths = [one.target.text for one in call.redirects if one.writes or one.appends]
    edits = call.program in ("tee", "sponge") or (
        call.program in ("sed", "gsed", "perl")
        and any(re.match(r"-\w*i|--in-place", one) for one in call.texts)
    )
    paths += call.texts if edits else ()
    if any(
        re.match(r"/etc/(?:default/grub|kernel/cmdline)|/boot/\S*(?:grub|cmdline|loader)", path)
        for path in paths
    ):
        texts = (
            *call.texts,
            call.stdin.text or "",
            *(text for one in call.stdin.calls for text in one.texts),
        )
        put_in = re.sub(r"s([/|#,])(?:(?!\1).)*\1", " ", " ".join(texts))  # not what a sed takes away
        if _WEAKENS.search(put_in):
            yield said(Level.DANGER, "switches off a protection of the kernel from the next start on", call)


EVERY = (_switched, _booted)
ROWS = (
    Row("grubby|kernelstub|kernel-args", Level.DANGER, "switches off what keeps programs in their bounds", words=r"\b(?:selinux|enforcing|apparmor)=0\b"),
    Row("ln", Level.DANGER, "lets programs run unchecked by AppArmor", words=r"/etc/apparmor\.d/\*\S* .*apparmor\.d/disable"),
    Row("setenforce", Level.DANGER, "switches off SELinux, which keeps programs in their bounds", operand="0|(?i:permissive)"),
    Row("semanage", Level.DANGER, "lets everything run unchecked by SELinux", verbs="permissive", options="-a --add"),
    Row("aa-teardown", Level.DANGER, "switches off AppArmor, which keeps programs in their bounds"),
    Row("aa-disable|aa-complain", Level.DANGER, "lets programs run unchecked by AppArmor", operand=r"(?:/etc/apparmor\.d/)?\*|/etc/apparmor\.d/?"),
    Row("aa-disable|aa-complain", Level.CAUTION, "lets a program run unchecked by AppArmor"),
    Row("fail2ban-client", Level.DANGER, "stops what keeps out guessed passwords", verbs="stop"),
    Row("fail2ban-client", Level.CAUTION, "lets in again who was kept out", words=r"\bunban\b"),
    Row("auditctl", Level.DANGER, "stops the records of who did what", words=r"-e ?0|-D\b"),
    Row("spctl", Level.DANGER, "lets programs of unknown origin run", words="--(?:master|global)-disable"),
    Row("csrutil", Level.DANGER, "switches off what protects the system's own files", verbs="disable|authenticated-root", words="disable"),
    Row("fdesetup", Level.DANGER, "takes away the disk's encryption", verbs="disable"),
    Row("sysctl", Level.DANGER, "takes protection from the whole system", words=r"kernel\.randomize_va_space ?= ?0|kernel\.kptr_restrict ?= ?0|fs\.protected_\w+ ?= ?0|kernel\.yama\.ptrace_scope ?= ?0"),
    Row("sysctl", Level.CAUTION, "changes whom the machine passes packets on for", words=r"ip_forward ?= ?1|accept_redirects ?= ?1|accept_source_route ?= ?1|rp_filter ?= ?0|tcp_syncookies ?= ?0|conf\.all\.forwarding ?= ?1"),
    Row("update-crypto-policies", Level.CAUTION, "allows weak encryption everywhere", words=r"--set LEGACY"),
)  # fmt: skip
