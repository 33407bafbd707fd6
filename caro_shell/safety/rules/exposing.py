"""Who is let in: logins over ssh, rights without a password, a database that trusts everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.output import read_text
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_LOOSE = re.compile(
    r"(?i)(?<![A-Za-z#])(?:PermitRootLogin[ \t\\s=+*]+(?:\S*/)?(?:yes|without-password)|PermitEmptyPasswords\W+(?:\S*/)?yes|StrictModes\W+(?:\S*/)?no"
    r"|PasswordAuthentication[ \t\\s=+*]+(?:\S*/)?yes|IgnoreRhosts\W+(?:\S*/)?no|HostbasedAuthentication\W+(?:\S*/)?yes|PermitUserEnvironment\W+(?:\S*/)?yes"
    r"|PubkeyAuthentication\W+(?:\S*/)?no|UsePAM\W+(?:\S*/)?no)\b"
)
_SED = re.compile(
    r"s(?P<mark>[^\w\s])(?P<old>(?:\\.|(?!(?P=mark)).)*)(?P=mark)(?P<new>(?:\\.|(?!(?P=mark)).)*)(?P=mark)"
)
_CONFIG = re.compile(r"(?:^|/)sshd_config(?:\.d(?:/.*)?)?$")
_LOOSENED = "lets others log in over ssh more easily"


def _sshd(call: Call, home: str) -> Iterator[Reason]:
    """Lines of sshd_config that let in whom it kept out: put there by sed, echo, tee or an editor's command."""
    del home
    targets = [one.target.text for one in call.redirects if one.writes or one.appends]
    if any(map(_CONFIG.search, targets)):
        text = " ".join((*call.texts, call.stdin.text or ""))
    elif any(map(_CONFIG.search, call.texts)) and call.program in (
        "sed",
        "gsed",
        "perl",
        "tee",
        "crudini",
        "awk",
        "ex",
        "ed",
        "vim",
        "sponge",
    ):
        fed = [call.stdin.text or "", *(" ".join(one.texts) for one in call.stdin.calls)]
        own = " ".join(call.texts)
        news = [found["old"] + " " + found["new"] for found in _SED.finditer(own)] or [own]
        text = (
            " ".join((_changed(own), *fed))
            if call.program in ("sed", "gsed", "perl")
            else " ".join((*news, *fed))
        )
    else:
        return
    if _LOOSE.search(text.replace("\\n", " ").replace("\\", "")):
        yield said(Level.DANGER, _LOOSENED, call)


def _changed(script: str) -> str:
    """Return what the substitutions of a sed script put in, a keyword that stands in the pattern alone put first."""
    parts = []
    for found in _SED.finditer(script):
        keyword = re.search(r"[A-Z]\w{6,}", found["old"])
        new = found["new"]
        parts.append(
            new
            if re.search(r"[A-Z]\w{6,}", new) or not keyword
            else f"{keyword[0]} {re.sub(r'[^a-z-]', '', new)}"
        )
    return " ".join(parts) or script


def _sudoers(call: Call, home: str) -> Iterator[Reason]:
    """Rights without a password, put into its configuration by an editor's command."""
    del home
    if call.program in ("sed", "gsed", "perl", "ex", "ed") and any(
        re.match(r"/etc/sudoers(?:\.d/|$)", text) for text in call.texts
    ):
        texts = [
            *call.texts,
            call.stdin.text or "",
            *(text for one in call.stdin.calls for text in one.texts),
        ]
        if any("NOPASSWD" in text for text in texts) and any(
            text.startswith("-i") or "i" in text for text in call.texts
        ):
            yield said(Level.DANGER, "gives the rights of root away without a password", call)
    if call.program == "visudo" and "NOPASSWD" in (read_text(call) or ""):
        yield said(Level.DANGER, "gives the rights of root away without a password", call)
    edits = call.program in ("sed", "gsed", "perl") and any(
        re.match(r"-\w*i|--in-place", one) for one in call.texts
    )
    opens = re.search(r"\broot::|pam_permit|\bnopass\b", " ".join(call.texts))
    if (
        edits
        and opens
        and any(re.match(r"/etc/(?:shadow|passwd|pam\.d/|doas\.conf)", one) for one in call.texts)
    ):
        yield said(Level.DANGER, "lets people become root without a password", call)


def _denying(call: Call, home: str) -> Iterator[Reason]:
    """A line of hosts.deny that keeps everybody out."""
    del home
    paths = [one.target.text for one in call.redirects if one.writes or one.appends]
    paths += call.texts if call.program == "tee" else ()
    if "/etc/hosts.deny" in paths and re.search(
        r"(?i)\b(?:ALL|sshd)\s*:\s*ALL\b", " ".join((*call.texts, read_text(call) or ""))
    ):
        yield said(Level.DANGER, "shuts out every login over ssh: you may lock yourself out", call)


def _trusting(call: Call, home: str) -> Iterator[Reason]:
    """A line of pg_hba.conf that lets everybody into the database without a password."""
    del home
    paths = [one.target.text for one in call.redirects if one.writes or one.appends]
    edits = call.program == "tee" or (
        call.program in ("sed", "gsed", "perl")
        and any(re.match(r"-\w*i|--in-place", one) for one in call.texts)
    )
    if not any(path.endswith("pg_hba.conf") for path in (*paths, *(call.texts if edits else ()))):
        return
    given = " ".join(
        (*call.texts, read_text(call) or "", *(text for one in call.stdin.calls for text in one.texts))
    )
    if re.search(r"\btrust\b", re.sub(r"s(\W)(?:(?!\1).)*\1(?=\S*\1)", " ", given)):
        yield said(Level.DANGER, "lets everybody into the database without a password", call)


def _sshd_itself(call: Call, home: str) -> Iterator[Reason]:
    """`sshd -o PermitRootLogin=yes`."""
    del home
    if _LOOSE.search(" ".join(call.texts).replace("=", " ")):
        yield said(Level.DANGER, _LOOSENED, call)


def _keys(call: Call, home: str) -> Iterator[Reason]:
    """`yes | ssh-keygen -f key`: whether it may be written over is answered before it is asked."""
    del home
    found = split(call.words, "-t -b -f -N -C -P -O -I -n -V -m -Z -a -D -s -E -F -R -w -z")
    answers = (read_text(call) or "").strip().lower().startswith("y")
    other = found.has("-y", "-l", "-F", "-R", "-p", "-c", "-e", "-i", "-A", "-B", "-H", "-s", "-K", "-r")
    if answers and not other:
        yield said(Level.DANGER, "writes over a key that is there already: what it opens stays shut", call)


EVERY = (_sshd, _sudoers, _trusting, _denying)
RULES = {"sshd": _sshd_itself, "ssh-keygen": _keys}
