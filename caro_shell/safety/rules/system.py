"""The system's own state: how it boots, its kernel, its schedules and clocks, what protects it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_HELP = "--help --version -h"
#: Kernel settings, with the value from which on they weaken or stop the system.
_SETTINGS = tuple(
    (re.compile(names), re.compile(values), level, text)
    for names, values, level, text in (
        (r"kernel[./](?:core_pattern|modprobe|hotplug|poweroff_cmd)", r"\|?/(?:tmp|home|dev/shm|var/tmp).*",
            Level.DANGER,
         "makes the kernel run a program of one's own as root"),
        ((r"kernel[./](?:randomize_va_space|exec-shield|kexec_load_disabled)|fs[./]protected_\w+"
            r"|vm[./]mmap_min_addr"), "0", Level.DANGER,
         "switches off a protection of the kernel"),
        ((r"kernel[./](?:yama[./]ptrace_scope|kptr_restrict|dmesg_restrict|unprivileged_bpf_disabled"
            r"|perf_event_paranoid)"), "0|-1", Level.CAUTION,
         "weakens a protection of the kernel"),
        (r"net[./]ipv4[./](?:tcp_syncookies|conf[./]\w+[./]rp_filter)|fs[./]suid_dumpable", "0|2",
            Level.CAUTION, "weakens a protection of the kernel"),
        (r"kernel[./](?:pid_max|threads-max)|fs[./](?:file-max|nr_open)", r"\d{1,3}", Level.DANGER,
            "leaves the system no processes or files to work with"),
        ((r"kernel[./](?:sysrq|panic|panic_on_oops|modules_disabled|unprivileged_userns_clone)"
            r"|vm[./]panic_on_oom"), "1", Level.CAUTION, "changes how the kernel defends itself"),
    )
)  # fmt: skip


def _sysctl(call: Call, home: str) -> Iterator[Reason]:
    del home
    for at, text in enumerate(call.texts):
        name, equals, value = text.partition("=")
        if not equals and call.texts[at + 1 : at + 2] == ("=",):
            value = "".join(call.texts[at + 2 : at + 3])
        for names, values, level, reason in _SETTINGS:
            if names.fullmatch(name.strip()) and values.fullmatch(value.strip(" '\"")):
                yield said(level, reason, call)


def _crontab(call: Call, home: str) -> Iterator[Reason]:
    del home
    found = split(call.words, "-u")
    if found.has("-r"):
        level = Level.CAUTION if found.has("-i") else Level.DANGER
        yield said(level, "deletes all scheduled jobs, not recoverable", call)
    elif not found.has("-l", "-e", "-h", "-V", "-T", "--help") and (
        found.operands or call.stdin.calls or call.stdin.text is not None
    ):
        given = call.stdin.calls
        listed = any(one.program == "crontab" and "-l" in one.texts for one in given)
        filtered = any(one.program in ("grep", "sed", "awk", "egrep", "head", "tail") for one in given)
        empty = bool(given) and all(
            one.program in ("true", ":")
            or (one.program in ("echo", "printf") and not "".join(one.texts).removeprefix("-n").strip())
            for one in given
        )
        if empty or any(word.text == "/dev/null" for one in (call, *given) for word in one.words):
            yield said(Level.DANGER, "deletes all scheduled jobs, not recoverable", call)
        elif not listed or filtered or (found.operands and found.operands[0].text not in ("-", "/dev/stdin")):
            yield said(Level.CAUTION, "replaces all scheduled jobs", call)


def _date(call: Call, home: str) -> Iterator[Reason]:
    del home
    found = split(call.words, "-d -f -r --date --file --reference -v -I")
    sets = found.has("-s", "--set") or any(
        re.fullmatch(r"\d{8,12}(?:\.\d\d)?", word.text) for word in found.operands
    )
    if sets and not found.has("-d", "--date", "-j", "--help"):
        yield said(Level.CAUTION, "changes the clock: certificates and schedules go by it", call)


RULES = {
    "sysctl": _sysctl, "crontab": _crontab, "date": _date,
}  # fmt: skip
ROWS = (
    # How it boots.
    Row("efibootmgr", Level.DANGER, "deletes boot entries: the machine may not start again",
        options="-B -O --delete-bootnum --delete-bootorder"),
    Row("efibootmgr", Level.CAUTION, "changes what the machine boots",
        options="-o -n -c -a -A --bootorder --create --bootnext --inactive"),
    Row("bootctl", Level.DANGER, "removes the boot loader: the machine may not start again",
        verbs="remove|unlink"),
    Row("bootctl|grub2?-install|lilo|syslinux|extlinux|refind-install", Level.CAUTION,
        "writes a new boot loader", verbs="install|update|/.*", unless=_HELP),
    Row("grub2?-install|lilo", Level.CAUTION, "writes a new boot loader", unless=_HELP),
    Row("kernel-install", Level.DANGER, "removes a kernel: the machine may not start again", verbs="remove"),
    Row("update-initramfs", Level.DANGER, "deletes what the kernel boots from", options="-d"),
    Row("grubby", Level.DANGER, "removes a kernel: the machine may not start again",
        options="--remove-kernel"),
    Row("grubby", Level.DANGER, "switches off a protection of the kernel",
        words=r"--args[ =].*(?:mitigations=off|selinux=0|enforcing=0|apparmor=0|audit=0|nokaslr)"),
    Row("grubby", Level.CAUTION, "changes what the kernel is started with",
        options="--args --remove-args --set-default"),
    Row("nvram", Level.DANGER, "clears the firmware's settings", options="-c"),
    Row("nvram", Level.CAUTION, "changes the firmware's settings", words=r"^-d|boot-args="),
    Row("mokutil", Level.DANGER, "switches off the check of what is booted",
        options="--disable-validation --reset"),
    Row("tpm2_clear", Level.DANGER, "clears the keys that disks and logins are opened with"),
    Row("dracut|mkinitcpio|mkinitramfs", Level.CAUTION, "makes anew what the kernel boots from, without some of it",
        words=r"--omit-drivers|--omit\b|--no-kernel|--force-drivers"),
    Row("fwupdmgr", Level.DANGER, "writes firmware of an older version, by force", verbs="downgrade|install|reinstall",
        options="--allow-older --force"),
    Row("fwupdmgr", Level.CAUTION, "writes firmware", verbs="downgrade|install|reinstall"),
    # The kernel.
    Row("modprobe|rmmod", Level.DANGER, "takes the driver of the disks out of the running kernel", options="-r --remove",
        words=r"\b(?:nvme(?:_core)?|ahci|sd_mod|ext4|xfs|btrfs|virtio_blk|virtio_scsi|mmc_block|dm_(?:mod|crypt)|scsi_mod)\b",
        unless="-n --dry-run"),
    Row("rmmod|modprobe", Level.DANGER, "takes a part out of the running kernel by force",
        options="-f --force --force-vermagic"),
    Row("rmmod", Level.CAUTION, "takes a part out of the running kernel", unless=_HELP),
    Row("modprobe", Level.CAUTION, "takes a part out of the running kernel", options="-r --remove",
        unless="-n --dry-run"),
    Row("insmod|kextload", Level.DANGER, "runs code of unknown origin inside the kernel",
        operand=r"(?:/tmp|/dev/shm|/var/tmp)/.*"),
    Row("insmod|kextload|kextunload|kmutil", Level.CAUTION, "changes the running kernel",
        verbs="load|unload|.*[./].*"),
    Row("kmod", Level.CAUTION, "takes a part out of the running kernel", verbs="remove|unload|insert"),
    # What protects it.
    Row("csrutil", Level.DANGER, "switches off the protection of the system's files", verbs="disable"),
    Row("csrutil", Level.DANGER, "switches off the protection of the system's files",
        verbs="authenticated-root disable"),
    Row("fdesetup", Level.DANGER, "switches off the encryption of the disk", verbs="disable|remove|destroy"),
    Row("setenforce", Level.DANGER, "switches off SELinux", verbs="(?i:0|permissive)"),
    Row("semanage", Level.CAUTION, "switches off SELinux for a part of the system", verbs="permissive",
        options="-a --add"),
    Row("semodule", Level.CAUTION, "changes the rules of SELinux", options="-r -d -B -DB --remove --disable"),
    Row("aa-teardown|aa-disable", Level.DANGER, "switches off the protection of AppArmor", unless=_HELP),
    Row("aa-complain", Level.CAUTION, "makes AppArmor only report", unless=_HELP),
    Row("apparmor_parser", Level.DANGER, "switches off the protection of AppArmor", options="-R --remove"),
    Row("auditctl", Level.DANGER, "switches off the record of what happens", options="-D"),
    Row("auditctl", Level.DANGER, "switches off the record of what happens", words=r"-e ?0"),
    Row("auditctl", Level.CAUTION, "changes what is recorded", options="-d -W -R"),
    Row("pam-auth-update|authselect|authconfig", Level.CAUTION, "changes how everybody logs in",
        options="--remove --force --enable --disable --updateall"),
    Row("update-crypto-policies", Level.CAUTION, "allows weak encryption", words="--set (?:LEGACY|.*SHA1)"),
    Row("tccutil", Level.CAUTION, "takes back what programs were allowed", verbs="reset"),
    Row("chcon", Level.CAUTION, "changes what SELinux lets a part of the system do", options="-R --recursive",
        operand="/[^/]*/?"),
    # Settings and clocks.
    Row("defaults", Level.DANGER, "deletes all settings of every program",
        words=r"^delete (?:-g|-globalDomain|NSGlobalDomain|-all)$"),
    Row("defaults", Level.CAUTION, "deletes settings", verbs="delete|delete-all"),
    Row("defaults", Level.CAUTION, "switches off the check of what is downloaded",
        words="LSQuarantine (?:-bool )?(?:false|no|NO|0)"),
    Row("dconf", Level.CAUTION, "deletes settings", verbs="reset", options="-f"),
    Row("gsettings", Level.CAUTION, "deletes settings", verbs="reset-recursively"),
    Row("timedatectl", Level.CAUTION, "changes the clock: certificates and schedules go by it",
        verbs="set-time"),
    Row("hwclock", Level.CAUTION, "changes the machine's clock", options="--set"),
    Row("update-alternatives", Level.CAUTION, "removes a program's other names", options="--remove-all"),
    Row("stress|stress-ng", Level.CAUTION, "uses up the machine's memory or processors",
        words=r"--(?:vm|vm-bytes|hdd|fork)\b"),
)  # fmt: skip
