"""Firewalls switched off, emptied or opened to everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.output import read_text
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_OFF = "switches off the firewall: everything on this machine can be reached"
_EMPTY = "empties the firewall's rules: what they kept out may come in, and you may lock yourself out"
_OPEN = "lets everything through the firewall"
_SHUT = "shuts everything out: you may lock yourself out"
_ANYWHERE = r"(?:0\.0\.0\.0/0|::/0|any|anywhere|all)"
#: Ports that nobody should open to everybody.
_PORTS = r"(?:22|23|3389|3306|5432|6379|9200|27017|2375|5900|11211)"


def _iptables(call: Call, home: str) -> Iterator[Reason]:
    """Flushed or deleted chains, other policies, rules that let in or shut out whoever comes."""
    del home
    texts = call.texts
    words = " ".join(texts)
    if re.search(r"(?:^| )(?:-h|--help|--version|-V|-C|--check)(?: |$)", words):
        return
    found = split(
        call.words,
        "-t --table -P -A -I -D -s -d -p -j -i -o -m --dport --sport --source --jump --policy --state --ctstate",
    )
    table = found.values.get("-t") or found.values.get("--table")
    filters = table is None or table.text in ("filter", "raw", "security")
    policy = re.search(r"(?:^| )(?:-P|--policy) ?(\S+(?: [A-Z]+)*) (ACCEPT|DROP|REJECT)\b", words)
    if policy and policy[2] == "ACCEPT":
        yield said(Level.DANGER, f"{_OPEN} that no rule names", call)
    elif policy and policy[1] in ("INPUT", "OUTPUT") and policy[2] in ("DROP", "REJECT"):
        yield said(Level.CAUTION, "shuts out everything that no rule names: you may lock yourself out", call)
    elif found.has("-F", "--flush") or (found.has("-X", "--delete-chain") and not found.operands):
        yield said(
            Level.DANGER, _EMPTY if filters else "empties the rules by which packets are passed on", call
        )
    elif found.has("-Z", "--zero", "-L", "-S", "--list", "--list-rules"):
        return
    elif found.has("-A", "-I", "--append", "--insert"):
        yield from _rule(call, words)
    elif found.has("-D", "--delete") and re.search(r"--dport ?(?:22|ssh)\b.*(?:-j|--jump) ?ACCEPT", words):
        yield said(Level.DANGER, "shuts out the logins over ssh: you may lock yourself out", call)
    elif found.has("-D", "--delete", "-R", "--replace"):
        yield said(Level.CAUTION, "changes a rule of the firewall", call)


def _rule(call: Call, words: str) -> Iterator[Reason]:
    """A rule that is added: whom it lets in or keeps out."""
    narrow = re.search(
        r"(?:^| )(?:--?[sd]port\S*|-s|--source|-d|--destination|--ctstate|--state|-i|--in-interface|-o|-p|--protocol) ?(?!0\.0\.0\.0/0|::/0|all\b)\S",
        words,
    )
    incoming = re.search(r"(?:^| )(?:-[AI]|--append|--insert) ?(?:INPUT|OUTPUT|FORWARD)\b", words)
    target = re.search(r"(?:-j|--jump) ?(\w+)", words)
    if not (incoming and target):
        return
    if not narrow and target[1] == "ACCEPT":
        yield said(Level.DANGER, _OPEN, call)
    elif not narrow and target[1] in ("DROP", "REJECT"):
        yield said(Level.DANGER, _SHUT, call)
    elif (
        target[1] in ("DROP", "REJECT")
        and re.search(r"--dport ?(?:22|ssh)\b", words)
        and not re.search(r"(?:-s|--source) ", words)
    ):
        yield said(Level.DANGER, "shuts out the logins over ssh: you may lock yourself out", call)
    elif target[1] == "ACCEPT" and re.search(rf"(?:-s|--source) ?{_ANYWHERE}", words):
        yield said(Level.CAUTION, "lets everybody reach this machine through the firewall", call)


def _nft(call: Call, home: str) -> Iterator[Reason]:
    """`nft -f -`: the rules are read."""
    del home
    text = read_text(call) if split(call.words, "-f -I -D").values.get("-f") else None
    if text and re.search(r"\bflush ruleset\b|\b(?:delete|destroy|flush) (?:table|chain)\b", text):
        added = re.search(r"\bhook input\b.*\bpolicy drop\b", text, re.DOTALL)
        yield said(Level.CAUTION if added else Level.DANGER, _EMPTY, call)


def _restored(call: Call, home: str) -> Iterator[Reason]:
    """`iptables-restore`: the rules are replaced as a whole."""
    del home
    if split(call.words).has("-t", "--test", "-h", "--help", "-n", "--noflush"):
        return
    text = read_text(call)
    nothing = any(one.program == "cat" and one.texts == ("/dev/null",) for one in call.stdin.calls[-1:])
    if nothing or (text and re.search(r":INPUT ACCEPT", text) and not re.search(r"-[AI] INPUT\b", text)):
        yield said(Level.DANGER, _EMPTY, call)
    else:
        yield said(Level.CAUTION, "replaces all rules of the firewall", call)


_TABLES = (
    "iptables",
    "ip6tables",
    "iptables-legacy",
    "iptables-nft",
    "ip6tables-legacy",
    "ip6tables-nft",
    "ebtables",
    "arptables",
)
RULES = {
    **dict.fromkeys(_TABLES, _iptables),
    "nft": _nft,
    **dict.fromkeys((f"{name}-restore" for name in _TABLES), _restored),
}
_DRY = "--dry-run --help -h"
_GUARDS = (
    r"(?:firewalld|iptables|ip6tables|nftables|ufw|shorewall|apparmor|fail2ban|auditd|sshguard|crowdsec|clamav-daemon"
    r"|csf|netfilter-persistent|pf|ipfw|falcon-sensor|wazuh-agent)(?:\.service)?"
)
ROWS = (
    Row("ufw", Level.DANGER, _OFF, verbs="disable|reset", unless=_DRY),
    Row("ufw", Level.DANGER, _OPEN, verbs="default allow", unless=_DRY, words=r"default allow(?! (?:outgoing|out)\b)"),
    Row("ufw", Level.CAUTION, _SHUT, verbs="default (?:deny|reject)", words="outgoing|incoming .*outgoing", unless=_DRY),
    Row("ufw", Level.DANGER, _OPEN, unless=_DRY, words=rf"\b(?:allow|limit) (?:in )?(?:proto \w+ )?from {_ANYWHERE}(?: to any)?$|\ballow any$|\ballow (?:1|0):65535|\ballow proto \w+ from any to any$"),
    Row("ufw", Level.CAUTION, "opens to everybody a service that should not be open", unless=_DRY,
        words=r"\ballow (?:in )?(?:from any to any port )?(?:23|3389|3306|5432|6379|9200|27017|2375|5900|11211)\b"),
    Row("ufw", Level.DANGER, "shuts out the logins over ssh: you may lock yourself out", unless=_DRY,
        words=r"\b(?:deny|reject) (?:in )?(?:22|ssh|OpenSSH)\b|\bdelete (?:allow|limit) (?:in )?(?:22|ssh|OpenSSH)\b"),
    Row("ufw", Level.CAUTION, "takes a rule of the firewall away", verbs="delete", unless=_DRY),
    Row("ufw", Level.CAUTION, "switches on the firewall: without a rule for ssh you lock yourself out", options="--force", verbs="enable", unless=_DRY),
    Row("nft", Level.DANGER, _EMPTY, unless="-c --check", words=r"\bflush ruleset\b"),
    Row("nft", Level.DANGER, _EMPTY, unless="-c --check", words=r"\b(?:flush|delete|destroy) (?:table|chain)s?\b"),
    Row("nft", Level.DANGER, f"{_OPEN} that no rule names", unless="-c --check", words=r"\bhook input\b.*\bpolicy accept\b"),
    Row("nft", Level.DANGER, _OPEN, unless="-c --check", words=r"\b(?:add|insert) rule (?:\w+ )?\w+ input (?:counter )?accept\b"),
    Row("nft", Level.CAUTION, "changes the rules of the firewall", unless="-c --check", words=r"\bdelete (?:rule|set|element|map)\b"),
    Row("firewall-cmd", Level.DANGER, _OPEN, words=r"--set-default-zone[= ]trusted|--zone[= ]trusted.*--(?:add|change)-(?:interface|source)|--set-target[= ]ACCEPT|--add-rich-rule[= ]rule (?:family=\S+ )?accept"),
    Row("firewall-cmd", Level.DANGER, _SHUT, options="--panic-on"),
    Row("firewall-cmd", Level.DANGER, _OPEN, words=r"--add-port[= ](?:0|1)-65535/|--add-source[= ](?:0\.0\.0\.0/0|::/0)"),
    Row("firewall-cmd", Level.DANGER, "shuts out the logins over ssh: you may lock yourself out", words=r"--remove-service[= ]ssh\b|--remove-port[= ]22/"),
    Row("firewall-cmd", Level.CAUTION, "changes the rules of the firewall", words=r"--(?:remove|delete)-|--complete-reload|--load-zone-defaults|--reset-to-defaults"),
    Row("firewall-offline-cmd", Level.DANGER, _OFF, options="--disabled"),
    Row("systemctl|rc-service|service|chkconfig|rc-update|sv|update-rc.d|launchctl|sysrc|insserv", Level.DANGER, "stops what protects this machine", unless="--user --help --dry-run -n",
        words=rf"\b(?:stop|disable|mask|kill|off|remove|del|unload|down)\b.*\b{_GUARDS}(?: |$)|\b{_GUARDS} (?:stop|off|onestop|disable|remove)\b|firewall_enable=\W?NO|pf_enable=\W?NO"),
    Row("pfctl", Level.DANGER, _OFF, options="-d", unless="-n"),
    Row("pfctl", Level.DANGER, _EMPTY, unless="-n", words=r"-F ?(?:all|rules|Reset|nat)"),
    Row("pfctl", Level.CAUTION, "replaces the rules of the firewall", options="-f", unless="-n"),
    Row("ipfw", Level.DANGER, _EMPTY, words=r"\bflush\b|\bdisable firewall\b|\bset disable\b"),
    Row("ipfw", Level.DANGER, _OPEN, words=r"\badd (?:\d+ )?(?:allow|pass|permit) (?:all|ip) from any to any$"),
    Row("ipset", Level.CAUTION, "empties lists that the firewall goes by", verbs="destroy|flush"),
    Row("shorewall|shorewall6|csf|ferm|firehol|apf", Level.DANGER, _OFF, words=r"^(?:clear|stop|--disable|-x|-f|--stop|--flush)\b"),
    Row("socketfilterfw", Level.DANGER, _OFF, words=r"--setglobalstate off|--setblockall off"),
    Row("defaults", Level.DANGER, _OFF, words=r"write \S*com\.apple\.alf\S* globalstate (?:-int )?0"),
    Row("netsh", Level.DANGER, _OFF, words=r"(?i)advfirewall set \w+ state off|firewall set opmode disable|advfirewall reset"),
    Row("Set-NetFirewallProfile|Set-MpPreference", Level.DANGER, "switches off what protects this machine", words=r"(?i)-Enabled false|-Disable\w+ (?:\$?true|[\0\1])|-Enabled \$?false"),
)  # fmt: skip
