"""Shells handed to the network: whoever is at the other end types into them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.output import read_text
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_TEXT = "hands a shell on this machine to whoever is at the other end of the network"
_PLAIN_SHELLS = frozenset((*SHELLS, "ash", "rbash", "mksh", "tcsh", "csh", "cmd.exe", "powershell", "pwsh"))
_NET = frozenset(
    [
        "nc",
        "ncat",
        "netcat",
        "nc.traditional",
        "nc.openbsd",
        "socat",
        "telnet",
        "openssl",
        "websocat",
        "rlwrap",
    ]
)
_SHELL = re.compile(
    r"(?:^|[\s/'\"=:])(?:ba|z|da|k|a|c|tc|fi)?sh\b|cmd\.exe|powershell|/bin/busybox", re.IGNORECASE
)


def _socketed(call: Call) -> bool:
    """Say whether a stream of `call` is a connection that the shell itself opens."""
    reads = [word.text for one in call.stdin.calls[-1:] if one.program == "cat" for word in one.words]
    return any(
        text.startswith(("/dev/tcp/", "/dev/udp/"))
        for text in (*reads, *(one.target.text for one in call.redirects))
    )


def _bare_shell(call: Call) -> bool:
    """Say whether `call` is a shell that was given nothing to run but what it reads."""
    if call.program not in _PLAIN_SHELLS:
        return False
    found = split(call.words, "-o -O --rcfile --init-file", ends=True)
    # The descriptor of a second redirection, `>& /dev/tcp/.. 0>&1`, may stand among the words.
    given = [word for word in found.operands if not word.text.isdigit()]
    return not found.has("-c", "--version", "--help") and (not given or found.has("-s"))


def _connected(call: Call, home: str) -> Iterator[Reason]:
    """A bare shell with /dev/tcp, or in a pipe with nc and the like."""
    del home
    if _bare_shell(call) and _socketed(call):
        yield said(Level.DANGER, _TEXT, call)
    if call.program in _NET and any(map(_bare_shell, call.stdin.calls)) and not _scripted(call.stdin.calls):
        yield said(Level.DANGER, _TEXT, call)


def _scripted(calls: Sequence[Call]) -> bool:
    """Say whether the shell among `calls` reads a text that stands in the line: what it runs is known."""
    return any(_bare_shell(one) and read_text(one) is not None for one in calls)


def _nc(call: Call, home: str) -> Iterator[Reason]:
    """`nc -e sh`, `ncat --sh-exec`, `ncat --lua-exec`."""
    del home
    found = split(
        call.words, "-e -c -p -w -s -i -q -x -X -g -G -o --exec --sh-exec --lua-exec -m -I -O -T -P"
    )
    given = [
        found.values[key].text
        for key in ("-e", "-c", "--exec", "--sh-exec", "--lua-exec")
        if key in found.values
    ]
    if any(_SHELL.search(text) or re.search(r"\b(?:python|perl|ruby|php|lua)", text) for text in given):
        yield said(Level.DANGER, _TEXT, call)
    elif given and any(given):
        yield said(Level.CAUTION, "lets whoever connects run a program on this machine", call)


def _socat(call: Call, home: str) -> Iterator[Reason]:
    del home
    words = " ".join(call.texts)
    runs = re.search(r"(?i)\b(?:exec|system|shell|pty)[:,]\S*", words)
    net = re.search(
        r"(?i)\b(?:tcp[46]?|udp[46]?|openssl|ssl|sctp|vsock|socks\w*|proxy|tcp[46]?-listen|openssl-\w+|tcp-l|udp-\w+)(?:-\w+)?:",
        words,
    )
    if (
        runs
        and net
        and (_SHELL.search(runs[0]) or re.search(r"(?i)(?:system|shell):", words) or _SHELL.search(words))
    ):
        yield said(Level.DANGER, _TEXT, call)
    elif runs and net:
        yield said(Level.CAUTION, "lets whoever connects run a program on this machine", call)


def _spawned(call: Call, home: str) -> Iterator[Reason]:
    """Programs made to give out a shell: telnetd, in.rshd, ttyd and others that show a terminal to a browser."""
    del home
    found = split(call.words, "-p -i -I -c -t -b -f")
    if found.has("--help", "--version", "-h"):
        return
    bind = found.values.get("-i")
    if call.program == "ttyd" and bind and bind.text in ("127.0.0.1", "localhost", "lo"):
        return
    if call.program in ("tmate", "upterm", "teleconsole", "sshx"):
        yield said(Level.CAUTION, "lets others type into a shell on this machine", call)
    elif not found.has("-c", "--credential") or call.program == "telnetd":
        yield said(Level.DANGER, _TEXT, call)


def _held_open(calls: Sequence[Call], home: str) -> Iterator[Reason]:
    """A descriptor that `exec` connects to the network, and a shell or unknown commands behind it that use it."""
    del home
    opened = None
    for call in calls:
        if call.program == "ztcp" or (
            call.program in ("exec", "coproc", "0", "") and (_socketed(call) or (call.program in _NET))
        ):
            opened = call
        elif opened is not None and (_bare_shell(call) or call.program == "eval" or not call.name.known):
            used = any(one.operator in (">&", "<&", "&>") for one in call.redirects)
            piped = any("&" in one.operator for upstream in call.stdin.calls for one in upstream.redirects)
            if used or piped or call.stdin.calls:
                yield said(Level.DANGER, _TEXT, call)
                return


def _through_fifo(calls: Sequence[Call], home: str) -> Iterator[Reason]:
    """A fifo (or a file) between a shell and nc, in two pipes or two jobs."""
    del home
    made = {
        text
        for call in calls
        if call.program in ("mkfifo", "mknod")
        for text in call.texts
        if not text.startswith("-")
    }
    if not made:
        return

    def touches(call: Call) -> bool:
        fed = [text for one in call.stdin.calls for text in one.texts]
        return bool(made & {*fed, *call.texts, *(one.target.text for one in call.redirects)})

    nets = [call for call in calls if call.program in _NET and (touches(call) or call.stdin.calls)]
    shells = [call for call in calls if _bare_shell(call) and (touches(call) or call.stdin.calls)]
    if nets and shells:
        yield said(Level.DANGER, _TEXT, shells[0])


EVERY = (_connected,)
LINES = (_held_open, _through_fifo)
RULES = {
    **dict.fromkeys(("nc", "ncat", "netcat", "nc.traditional", "nc.openbsd"), _nc),
    "socat": _socat,
    **dict.fromkeys(
        (
            "ttyd",
            "gotty",
            "wetty",
            "shellinaboxd",
            "telnetd",
            "in.telnetd",
            "utelnetd",
            "tmate",
            "upterm",
            "sshx",
        ),
        _spawned,
    ),
}
