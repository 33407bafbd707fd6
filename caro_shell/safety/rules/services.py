"""Services and the machine's power: what keeps it reachable and protected, and what turns it off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

#: What is lost with a service, by the units' names; the first that fits counts.
_VITAL = tuple(
    (re.compile(names), what)
    for names, what in (
        (r"sshd?|openssh(?:-server)?|dropbear|com\.openssh\.sshd",
            "the ssh server: you may lock yourself out"),
        ((r"NetworkManager|network(?:ing|-manager)?|systemd-networkd|wpa_supplicant|dhcpcd|dhclient"
            r"|netplan.*|wicked|connman|iwd"
         r"|systemd-resolved"), "the network: the machine may not be reachable any more"),
        ((r"firewalld|ufw|nftables|ip6?tables|netfilter-persistent|shorewall|fail2ban|sshguard|crowdsec.*"
            r"|pf|com\.apple\.alf.*"),
         "the firewall or what stands guard with it"),
        ((r"apparmor|auditd|selinux.*|clamav.*|falcon-sensor|ossec.*|wazuh-agent|mdatp|osqueryd|aide.*"
            r"|tripwire|usbguard|sentinelone|cbagent.*"
            r"|com\.(?:crowdstrike|sentinelone|carbonblack|jamf|microsoft\.wdav|malwarebytes|sophos|osquery).*"),
         "a protection of the system"),
        (r"rsyslogd?|syslog(?:-ng)?|systemd-journald|com\.apple\.syslogd",
            "the logs: nothing is recorded any more"),
        ((r"dbus(?:-broker|-daemon)?|systemd-(?:logind|udevd|journald)|udev|polkit|(?:serial-)?getty@?.*"
            r"|console-getty|elogind|default"
         r"|multi-user|graphical|basic|sysinit|local-fs|com\.apple\.WindowServer|\*+|init\.scope"
         r"|-\.slice|-|system|user|machine|user@?.*"), "what logins and the whole system rest on"),
    )
)  # fmt: skip
_SERVING = re.compile(
    r"(?:nginx|apache2?|httpd|caddy|haproxy|traefik|postgres(?:ql)?(?:[@-].*)?|mysqld?|mariadb"
    r"|mongod(?:b)?|redis(?:-server)?|docker|containerd|kubelet|k3s"
    r"|cron(?:d|ie)?|postfix|exim4|dovecot|named|bind9|dnsmasq|unbound|slapd|nfs(?:-.*)?|smbd?"
    r"|rabbitmq(?:-server)?|kafka|zookeeper|elasticsearch"
    r"|gdm3?|sddm|lightdm|display-manager|libvirtd|tomcat\d*|php[\d.]*-fpm|vsftpd|squid|openvpn.*"
    r"|wg-quick.*|tailscaled?|chronyd?|ntpd?|etcd|jenkins|gitlab.*|vault|consul)"
)
_RESTARTED = re.compile(
    r"(?:docker|containerd|kubelet|k3s|postgres(?:ql)?(?:[@-].*)?|mysqld?|mariadb|mongod(?:b)?|etcd"
    r"|gdm3?|sddm|lightdm|display-manager|dbus|NetworkManager|network(?:ing)?|systemd-networkd"
    r"|systemd-logind|libvirtd)"
)
_OFF = r"stop|disable|mask|kill|freeze|try-stop|unload|bootout|remove|del|delete|off|down|exit|force-stop|zap"


def of_service(call: Call, verb: str, unit: str) -> Iterator[Reason]:
    """Yield what it means to do `verb` to the service `unit`."""
    name = re.sub(r"\.(?:service|socket|target|plist|scope|slice)$", "", unit.rpartition("/")[2])
    if re.fullmatch(_OFF, verb):
        what = next((what for names, what in _VITAL if names.fullmatch(name)), "")
        if what:
            yield said(Level.DANGER, f"{'masks' if verb == 'mask' else 'stops'} {what}", call)
        elif _SERVING.fullmatch(name) or verb in ("mask", "kill"):
            yield said(Level.CAUTION, f"stops {name}, which others may be using", call)
    elif re.fullmatch(
        r"(?:try-|force-|reload-or-)?restart|condrestart|reexec", verb
    ) and _RESTARTED.fullmatch(name):
        yield said(Level.CAUTION, f"restarts {name}: what uses it is cut off", call)


def _systemctl(call: Call, home: str) -> Iterator[Reason]:  # noqa: C901
    del home
    found = split(
        call.words,
        "-H -M -t -p -n -o -s -P --host --machine --type --property --lines --output --signal --root"
        " --what --kill-whom --state",
    )
    if not found.operands or found.has("--help", "--version", "--dry-run"):
        return
    verb, *units = [word.text for word in found.operands]
    if verb in ("isolate", "default", "set-default"):
        target = units[0] if units else verb
        if re.match(
            r"(?:rescue|emergency|poweroff|halt|reboot|shutdown|kexec|runlevel[016]|single|exit)\b", target
        ):
            yield said(Level.DANGER, f"takes the system down to {target}", call)
        elif verb == "isolate":
            yield said(Level.CAUTION, f"stops everything that {target} does not need", call)
    elif verb in ("poweroff", "halt", "emergency", "rescue", "kexec", "exit", "soft-reboot", "reboot"):
        level = (
            Level.DANGER
            if verb not in ("reboot", "soft-reboot") or found.has("-f", "--force")
            else Level.CAUTION
        )
        if "--user" in found.options and verb == "exit":
            yield said(Level.DANGER, "ends your session: all that runs in it is lost", call)
        else:
            yield said(level, f"takes the machine down ({verb}): all that runs on it ends", call)
    elif verb in ("enable", "start") and any(unit.startswith("debug-shell") for unit in units):
        yield said(Level.DANGER, "opens a shell of root on a console without a password", call)
    elif "--user" in found.options:
        if re.fullmatch(_OFF, verb) and any(
            re.fullmatch(r"\*+|default\.target|-\.slice", unit) for unit in units
        ):
            yield said(Level.DANGER, "ends everything that runs in your session", call)
    else:
        yield from _every_listed(call, verb)
        for unit in units:
            yield from of_service(call, verb, unit)


def _every_listed(call: Call, verb: str) -> Iterator[Reason]:
    """Units that are all that systemctl lists, whatever their state."""
    made = [one for word in call.words for one in word.made_by]
    made += call.stdin.calls if any(word.some for word in call.words) else ()
    lists = [one for one in made if one.program == "systemctl" and "list-" in " ".join(one.texts)]
    picks = any(one.program in ("grep", "egrep", "rg", "head", "fzf") for one in made)
    wide = any(
        not re.search(
            r"failed|--state(?![= ](?:enabled|running|active|loaded)\b)|\*|\.timer", " ".join(one.texts)
        )
        for one in lists
    )
    if wide and not picks and re.fullmatch(_OFF, verb):
        yield said(Level.DANGER, "stops every service that is listed", call)


#: What lists all services there are, by the program.
_LISTS = {
    "service": "--status-all", "rc-status": "", "launchctl": "list", "chkconfig": "--list", "rc-update": "show",
    "sv": "status", "initctl": "list",
}  # fmt: skip


def _all_of_them(call: Call) -> bool:
    """Say whether `call` is given every service that is listed."""
    made = [one for word in call.words for one in word.made_by]
    lists = any(_LISTS.get(one.program, "-") in ("", *one.texts) for one in made)
    return lists and not any(one.program in ("grep", "egrep", "rg", "head", "fzf") for one in made)


def _service(call: Call, home: str) -> Iterator[Reason]:
    """`service NAME VERB` and those that say it the other way round."""
    del home
    words = [word.text for word in split(call.words, "-r -s").operands]
    if call.program in ("sv", "initctl", "brew-services", "rc-update", "s6-svc", "dinitctl", "rcctl"):
        words.reverse()
        words = [words[0], words[-1]] if call.program == "rc-update" and len(words) > 2 else words
        if call.program == "rc-update" and len(words) == 2 and words[1] in ("del", "delete"):
            yield from of_service(call, "disable", words[0])
            return
    if any(re.fullmatch(_OFF, word) for word in words) and _all_of_them(call):
        yield said(Level.DANGER, "stops every service that is listed", call)
    if len(words) > 1:
        for verb in words[1:]:
            yield from of_service(call, verb, words[0])


def _launchctl(call: Call, home: str) -> Iterator[Reason]:
    del home
    words = [word.text for word in split(call.words).operands]
    if words and re.fullmatch(_OFF, words[0]) and _all_of_them(call):
        yield said(Level.DANGER, "stops every service that is listed", call)
    for unit in words[1:]:
        label = unit.rpartition("/")[2].replace("ssh.plist", "com.openssh.sshd.plist")
        said_of = list(of_service(call, words[0], label))
        yield from said_of
        if (
            not said_of
            and re.fullmatch(_OFF, words[0])
            and re.match(r"/System/Library|system(?:/com\.apple|$)", unit)
        ):
            yield said(Level.CAUTION, "stops a service of the system", call)
    if words[:2] in (["reboot", "system"], ["reboot", "halt"]) or words[:1] == ["reboot"]:
        yield said(Level.CAUTION, "takes the machine down: all that runs on it ends", call)


def _scripts(call: Call, home: str) -> Iterator[Reason]:
    """`/etc/init.d/NAME VERB`."""
    if call.name.text.startswith(("/etc/init.d/", "/etc/rc.d/", "/usr/local/etc/rc.d/")) and call.words:
        yield from _service(
            replace(call, words=(Word(call.program), *call.words), name=Word("service")), home
        )


_FRONTS = (
    "service", "rc-service", "invoke-rc.d", "update-rc.d", "chkconfig", "sv", "initctl", "rc-update",
    "dinitctl", "rcctl",
)  # fmt: skip
RULES = {
    "systemctl": _systemctl, "launchctl": _launchctl,
    **dict.fromkeys(_FRONTS, _service),
}  # fmt: skip
EVERY = (_scripts,)
ROWS = (
    Row("supervisorctl|monit|pm2|circusctl|god|foreverctl", Level.CAUTION, "stops everything that it keeps running",
        words=r"^(?:(?:stop|shutdown|delete|del|unmonitor|terminate)(?: all)$|kill$|shutdown$|quit$)"),
    Row("systemsetup", Level.DANGER, "switches off the login over ssh: you may lock yourself out",
        words="-setremotelogin off"),
    Row("systemsetup", Level.CAUTION, "opens the machine to logins over ssh",
        words="-setremotelogin on|-setremoteappleevents on"),
)  # fmt: skip
