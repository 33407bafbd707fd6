"""Where a fetched file goes: over what is needed, or where it runs by itself; packages without encryption."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.places import absolute
from caro_shell.safety.rules.code import FETCHERS
from caro_shell.safety.rules.downloads import files_of
from caro_shell.safety.rules.fetched import written_by
from caro_shell.safety.rules.overwriting import written
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

#: Files that are run by themselves: at a login, a start, a time.
_STARTED = re.compile(
    r".*/\.(?:bashrc|zshrc|profile|bash_profile|zprofile|zshenv|bash_login|xprofile|xinitrc)|.*/config\.fish|/etc/(?:cron\.(?:d|daily|hourly|weekly|monthly)|profile\.d"
    r"|init\.d|rc\.local|systemd/system|crontab|sudoers\.d)(?:/.*)?|/var/spool/cron(?:/.*)?|.*/Launch(?:Agents|Daemons)(?:/.*)?|.*/\.config/(?:autostart|systemd/user)(?:/.*)?"
)


def _put(call: Call, home: str) -> Iterator[Reason]:
    """Where a fetched file goes: over something that is needed, or where it is run by itself."""
    remote = call.program in FETCHERS
    targets = [(word, False) for word in files_of(call)] if remote else []
    for word, appends in targets:
        yield from written(call, word, home, appends=appends)
    streamed = remote or any(one.program in FETCHERS - {"ssh", "nc"} for one in call.stdin.calls)
    if streamed:
        words = [word for word, _ in targets] + [one.target for one in written_by(call)]
        words += split(call.words).operands if call.program == "tee" else ()
        for word in words:
            if _STARTED.fullmatch(absolute(word.text, call.cwd)):
                yield said(
                    Level.DANGER, f"puts code from the network where it runs by itself ({word.text})", call
                )


EVERY = (_put,)
_PLAIN_URL = r"(?:git\+)?http://(?!localhost|127\.|\[::1\]|10\.|192\.168\.)\S+|(?:-i|-f|--index-url|--extra-index-url|--find-links|--source|--registry)=?http://(?!localhost|127\.)\S+"
_UNENCRYPTED = "installs code over an unencrypted connection: anybody on the way can change it"
ROWS = (
    Row("pip|pip3|pipx|uv|npm|npx|pnpm|yarn|gem|go|cargo|easy_install|bundle|conda|composer|luarocks|brew|code|dpkg|rpm|dnf|yum|zypper|apk|pacman", Level.CAUTION,
        _UNENCRYPTED, words=rf"\b(?:install|i|add|get|update|-i|-U|-Uvh|-ivh|exec|dlx|--index-url|--registry)\b.*?(?<!\S)(?:{_PLAIN_URL})|(?:--index-url|--extra-index-url|--registry|--source)[= ]http://(?!localhost|127\.)"),
    Row("python|python3", Level.CAUTION, _UNENCRYPTED, words=rf"-m ?pip install .*(?<!\S)(?:{_PLAIN_URL})"),
    Row("deno|bun", Level.DANGER, "runs code from the network with all rights of yours", verbs="run|x|eval", options="-A --allow-all", words=r"https?://"),
    Row("deno|bun", Level.CAUTION, "runs code from the network", verbs="run|x|install", words=r"https?://(?!localhost|127\.)"),
    Row("mshta|regsvr32|rundll32|certutil|bitsadmin", Level.DANGER, "fetches code from the network, to run it", words=r"(?i)https?://"),
    Row("installer|softwareupdate", Level.CAUTION, "installs a package that nobody has looked at", options="-allowUntrusted", whole=True),
)  # fmt: skip
