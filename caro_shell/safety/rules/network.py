"""Interfaces, routes and names taken down, tunnels opened, certificates not checked."""

from __future__ import annotations

from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_DOWN = "takes a network interface down: a remote machine can no longer be reached"
_ROUTES = "takes routes away: the machine may no longer be reached"
_UNCHECKED = "trusts whoever answers: nobody checks that it is the right machine"
_TUNNEL = "opens a tunnel that everybody who reaches this machine can use"
_LO = r"(?:lo\d*|dummy\d*|veth\S*|tun\d*|tap\d*|wg\d*|vcan\d*|docker\d+|br-\w+)"
_HELP = "-h --help --dry-run"
_CARDS = r"\b(?:e1000e?|igb|ixgbe|virtio_net|r8169|iwlwifi|mlx[45]\w*|bnxt_en|vmxnet3|ena)\b"


def _ssh(call: Call, home: str) -> Iterator[Reason]:
    """Ports that ssh opens to everybody, and host keys that it does not look at."""
    del home
    found = split(
        call.words,
        "-p -i -l -o -F -J -L -R -D -b -c -E -e -m -O -Q -S -W -w -B -I",
        ends=call.program == "ssh",
    )
    for option in ("-L", "-D", "-R"):
        value = found.values.get(option)
        if not value:
            continue
        parts = value.text.split(":")
        wide = parts[0] in ("*", "0.0.0.0", "") and len(parts) > (1 if option == "-D" else 3)  # noqa: S104
        if wide or (option == "-L" and found.has("-g")) or (option == "-D" and found.has("-g")):
            yield said(Level.CAUTION, _TUNNEL, call)
    words = " ".join(call.texts).lower().replace(" ", "=")
    if "stricthostkeychecking=no" in words or "userknownhostsfile=/dev/null" in words:
        yield said(Level.CAUTION, _UNCHECKED, call)
    if found.has("-A") and "-A" not in found.values and call.program == "ssh" and call.root:
        yield said(Level.CAUTION, "lends the keys of root to the other machine", call)


def _nmcli(call: Call, home: str) -> Iterator[Reason]:
    """nmcli, whose words may be shortened to their first letters."""
    del home
    operands = [
        word.text for word in split(call.words, "-f -m -t -c -w --fields --mode --colors --wait").operands
    ]
    if len(operands) < 2:
        return
    thing, verb = operands[0], operands[1]
    off = operands[-1] == "off"
    if ("networking".startswith(thing) and len(thing) > 1 and off) or (
        verb == "off" and thing in ("n", "net")
    ):
        yield said(Level.DANGER, "switches off the network: a remote machine can no longer be reached", call)
    elif "radio".startswith(thing) and off:
        yield said(Level.CAUTION, "switches off the wireless network", call)
    elif "connection".startswith(thing) and verb in ("down", "d", "do", "dow"):
        level = Level.DANGER if any(word.made_by or word.some for word in call.words) else Level.CAUTION
        yield said(level, "ends a connection: a remote machine may no longer be reached", call)
    elif "connection".startswith(thing) and verb in ("delete", "del", "de"):
        wide = any(word.made_by or word.some for word in call.words)
        text = "deletes every connection that is listed" if wide else "deletes a connection with its settings"
        yield said(Level.DANGER if wide else Level.CAUTION, text, call)
    elif "device".startswith(thing) and verb in ("disconnect", "down", "delete", "dis"):
        yield said(Level.DANGER, _DOWN, call)


RULES = {
    **dict.fromkeys(("ssh", "scp", "sftp", "sshfs", "autossh", "rsync", "ssh-keyscan"), _ssh),
    "nmcli": _nmcli,
}
ROWS = (
    Row("ip", Level.DANGER, _DOWN, words=rf"\bl(?:i|in|ink)? s(?:e|et)? (?:dev )?(?!{_LO}\b)\S+ (?:.* )?down\b"),
    Row("ip", Level.DANGER, _DOWN, words=rf"\bl(?:i|in|ink)? s(?:e|et)? down (?:dev )?(?!{_LO}\b)\S"),
    Row("ip", Level.DANGER, _ROUTES, words=r"\br(?:o|ou|out|oute)? a(?:d|dd)? (?:blackhole|unreachable|prohibit) (?:default|0\.0\.0\.0/0|::/0)"),
    Row("ip", Level.DANGER, _ROUTES, words=r"\br(?:o|ou|out|oute)? f(?:l\w*)?\b"),
    Row("ip", Level.DANGER, _ROUTES, words=r"\br(?:o|ou|out|oute)? d(?:e\w*)? (?:default|0\.0\.0\.0/0|::/0)"),
    Row("ip", Level.DANGER, "takes addresses away: the machine may no longer be reached", words=rf"\ba(?:d|dd|ddr|ddress)? f(?:l\w*)?\b(?! (?:dev )?{_LO}\b)"),
    Row("ip", Level.DANGER, _ROUTES, words=r"\bru(?:l|le)? f(?:l\w*)?\b"),
    Row("ip", Level.DANGER, _DOWN, words=rf"\bl(?:i|in|ink)? del(?:ete)? (?:dev )?(?!{_LO}\b)(?:e(?:th|n)|wl|bond|team)\S*"),
    Row("ip", Level.CAUTION, "changes how the machine is reached", unless="-h -help",
        words=r"\b(?:r(?:oute)?|a(?:ddr)?(?:ess)?|ru(?:le)?|n(?:eigh)?|netns|link) (?:d(?:e|el|elete)?|replace|change|chg|flush)\b"),
    Row("ifconfig", Level.DANGER, _DOWN, words=rf"^(?!{_LO}\b)\S+ (?:.* )?(?:down|delete|destroy|-alias|0\.0\.0\.0)\b"),
    Row("ifdown", Level.DANGER, _DOWN, unless=_HELP + " -n --no-act"),
    Row("dhclient", Level.DANGER, "gives the address back: a remote machine can no longer be reached", options="-r"),
    Row("dhcpcd", Level.DANGER, _DOWN, options="-k -x --release --exit"),
    Row("tailscale", Level.CAUTION, "ends a tunnel: what is reached through it is gone", verbs="down|logout"),
    Row("zerotier-cli", Level.CAUTION, "ends a tunnel: what is reached through it is gone", verbs="leave"),
    Row("wg-quick", Level.CAUTION, "ends a tunnel: what is reached through it is gone", verbs="down"),
    Row("networkctl", Level.DANGER, _DOWN, verbs="down|delete"),
    Row("networksetup", Level.DANGER, _DOWN, words=r"-setnetworkserviceenabled .* off|-setairportpower .* off|-removenetworkservice"),
    Row("networksetup", Level.CAUTION, "changes where this machine's traffic goes", words=r"-set(?:dnsservers|webproxy|securewebproxy|manual|socksfirewallproxy)\b"),
    Row("route", Level.DANGER, _ROUTES, words=r"\bflush\b|\bdel(?:ete)? (?:-\w+ )?(?:default|0\.0\.0\.0)|^-f\b"),
    Row("route", Level.CAUTION, "changes how the machine is reached", words=r"\b(?:del|delete|change)\b"),
    Row("rfkill", Level.CAUTION, "switches off the wireless network", verbs="block", operand="all|wifi|wlan|wwan"),
    Row("rmmod", Level.DANGER, _DOWN, words=_CARDS),
    Row("modprobe", Level.DANGER, _DOWN, options="-r --remove -f", words=_CARDS),
    Row("tc", Level.DANGER, _DOWN, words=r"\bnetem\b.*\bloss (?:random )?100%"),
    Row("tc", Level.CAUTION, "makes the network slow or lossy", words=r"\badd\b.*\bnetem\b"),
    Row("arpspoof|ettercap|bettercap|dsniff|responder|macof", Level.DANGER, "puts this machine between others, to read their traffic"),
    Row("hping3", Level.DANGER, "floods another machine", options="--flood", words="--flood"),
    Row("ngrok|localtunnel|lt|bore|cloudflared|zrok|localhost.run", Level.CAUTION, "lets the whole internet reach a port of this machine", unless="--help --version",
        words=r"^(?:http|tcp|tls|local|share|--port|-p|tunnel (?:--url|run))\b"),
    Row("tailscale", Level.CAUTION, "lets the whole internet reach a port of this machine", verbs="funnel"),
    Row("kubectl", Level.CAUTION, _TUNNEL, words=r"port-forward\b.*--address[= ]\S*0\.0\.0\.0"),
    Row("kubectl", Level.DANGER, "gives everybody all rights over the cluster", words=r"\bproxy\b(?=.*--address[= ]0\.0\.0\.0)(?=.*--accept-hosts[= ]\S*\.[*+])"),
    Row("kubectl", Level.CAUTION, "opens the cluster's own interface to everybody", words=r"\bproxy\b.*--(?:address[= ]0\.0\.0\.0|accept-hosts)"),
    Row("kubectl", Level.CAUTION, _UNCHECKED, options="--insecure-skip-tls-verify"),
    Row("git", Level.CAUTION, _UNCHECKED, words=r"http(?:\.\S*)?\.sslverify[= ](?:false|0|no)" ),
    Row("git", Level.CAUTION, _UNCHECKED, words=r"(?i)http(?:\.\S*)?\.sslverify[= ](?:false|0|no)\b"),
    Row("npm|yarn|pnpm", Level.CAUTION, _UNCHECKED, words=r"(?i)strict-ssl[= ](?:false|0)"),
    Row("pip|pip3|conda|poetry", Level.CAUTION, _UNCHECKED, words=r"--trusted-host|ssl_verify (?:false|no)|cert[= ]false"),
    Row("apt|apt-get|aptitude", Level.CAUTION, "installs packages that nobody has signed", words=r"--allow-unauthenticated|--allow-insecure-repositories|AllowUnauthenticated=(?:true|1)|trusted=yes"),
    Row("dnf|yum|zypper|tdnf", Level.CAUTION, "installs packages that nobody has signed", options="--nogpgcheck --no-gpg-checks"),
    Row("export|declare|typeset|set|setenv", Level.CAUTION, _UNCHECKED,
        words=r"\b(?:NODE_TLS_REJECT_UNAUTHORIZED[= ]['\"]?0|GIT_SSL_NO_VERIFY[= ]['\"]?(?:1|true)|PYTHONHTTPSVERIFY[= ]['\"]?0|HOMEBREW_CURL_INSECURE)"),
)  # fmt: skip
