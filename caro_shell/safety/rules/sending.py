"""Secrets that go to the network, by whatever program carries them there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.secrets import arriving, in_words, names_secret
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_LOCAL = re.compile(
    r"(?:\w+://)?(?:\S*@)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|host\.docker\.internal)(?:[:/].*)?"
)
_PLAIN = re.compile(r"(?:/private)?/etc/(?:passwd|hosts|group|sudoers)|/var/log/\S*|/var/mail/\S*")
_CURL = (
    "-o -H -u -A -e -X -b -c -w -m -x -E -K -r -y -Y -z -C -Q --output --header --user --user-agent --referer --request --cookie"
    " --cookie-jar --write-out --max-time --proxy --cert --key --cacert --resolve --connect-timeout --retry --url --config"
)
_SENDS = "-d -F -T --data --data-binary --data-raw --data-urlencode --data-ascii --form --form-string --upload-file --json --url-query"
#: Programs that send what they read, and those of them that send files they are given.
_STREAMS = frozenset(
    [
        "curl",
        "wget",
        "http",
        "https",
        "xh",
        "nc",
        "ncat",
        "netcat",
        "socat",
        "telnet",
        "mail",
        "mailx",
        "mutt",
        "sendmail",
        "msmtp",
        "swaks",
        "ssh",
        "s-nail",
        "ftp",
        "lftp",
        "tftp",
        "pastebinit",
        "termbin",
        "sprunge",
        "gist",
        "transfer",
        "wormhole",
        "magic-wormhole",
        "croc",
        "openssl",
        "websocat",
        "rclone",
        "aws",
        "gsutil",
        "gcloud",
        "az",
        "ix",
        "0x0",
        "pbin",
        "mosquitto_pub",
        "slackcat",
        "kcat",
        "telegram-send",
        "gh",
        "glab",
        "dig",
        "nslookup",
        "host",
        "ping",
        "smbclient",
    ]
)
_COPIERS = frozenset(["scp", "rsync", "sftp", "rclone", "aws", "gsutil", "gcloud", "az", "s3cmd", "mc", "azcopy", "lftp", "ftp", "ncftpput", "tftp", "smbclient", "wormhole", "croc", "ffsend", "transfer", "gh", "gist", "pastebinit", "mutt", "mail", "mailx", "swaks", "gdrive", "syncthing", "b2", "s5cmd", "wput", "magic-wormhole", "doctl", "glab", "scw"])  # fmt: skip


def _sent(call: Call, home: str) -> Iterator[Reason]:
    del home
    program = call.program
    if program not in _STREAMS and program not in _COPIERS and not _socket(call):
        return
    if split(call.words).has("--help", "--version", "--dry-run", "--dryrun"):
        return
    if _stays(call):
        return
    strong, weak = _secret_of(call)
    if strong:
        yield said(Level.DANGER, f"sends {strong} out", call)
    elif weak:
        yield said(Level.CAUTION, f"sends {weak} to another machine", call)


def _stays(call: Call) -> bool:
    """Say whether what is sent stays on this machine: every address that is named is its own."""
    own = [text for text in call.texts if _LOCAL.fullmatch(text)]
    if not own or _socket(call):
        return False
    return not any(re.match(r"\w+://", text) and not _LOCAL.fullmatch(text) for text in call.texts)


def _socket(call: Call) -> bool:
    return any(one.target.text.startswith(("/dev/tcp/", "/dev/udp/")) for one in call.redirects)


def _secret_of(call: Call) -> tuple[str, str]:
    """Return what secret `call` sends that is worth an alarm, and what is worth a look."""
    program = call.program
    reads = program in _STREAMS or _socket(call)
    streamed = (arriving(call.stdin.calls) if reads and _reads_input(call) else "") or in_words(call.words)
    if streamed:
        return streamed, ""
    if _socket(call):
        return next((name for word in call.words if (name := names_secret(word.text, weak=True))), ""), ""
    if program == "ssh":
        return "", ""
    if program == "curl":
        return _by_curl(call), ""
    if program in ("wget", "http", "https", "xh"):
        files = [
            found[1]
            for text in call.texts
            if (found := re.match(r"(?:--(?:post|body)-file=|[\w.-]+=?@|@)(.+)", text))
        ]
        files += [
            after for text, after in zip(call.texts, call.texts[1:]) if text in ("--post-file", "--body-file")
        ]
        return _first([Word(text) for text in files]), ""
    if program not in _COPIERS:
        return "", ""
    return _by_copier(call)


def _reads_input(call: Call) -> bool:
    """Say whether `call` sends what arrives on its standard input."""
    words = " ".join(call.texts)
    if call.program == "curl":
        return bool(
            re.search(r"@-|(?:-T|--upload-file)[ =]?(?:-|\.)(?: |$)|=<-|@/dev/stdin|=@/dev/fd", words)
        )
    if call.program == "wget":
        return "/dev/stdin" in words or "-file=-" in words or "-file -" in words
    if call.program == "openssl":
        return "s_client" in words
    if call.program == "rclone":
        return "rcat" in words
    if call.program in ("aws", "gsutil", "gcloud", "az", "gh", "gist", "glab"):
        return bool(re.search(r"(?:^| )-(?: |$)", words)) or call.program == "gist"
    return call.program not in ("dig", "nslookup", "host", "ping")


def _by_curl(call: Call) -> str:
    found = split(call.words, f"{_CURL} {_SENDS}")
    files: list[str] = []
    texts = list(call.words)
    for at, word in enumerate(texts):
        named = re.fullmatch(
            r"(-[a-zA-Z]*[dFT]|--(?:data(?:-\w+)?|form|upload-file|json))(?:=(.*))?", word.text
        )
        value = (
            named[2]
            if named and named[2] is not None
            else texts[at + 1].text
            if named and at + 1 < len(texts)
            else ""
        )
        if not named:
            glued = re.fullmatch(r"-[a-zA-Z]*([dFT])([^-].*)", word.text)
            if not glued:
                continue
            named, value = glued, glued[2]
        option = named[1]
        if option.endswith("T") or option == "--upload-file":
            files += value.strip("{}").split(",")
        elif inner := re.search(r"[@<]([^;]+)", value):
            files.append(inner[1])
    return _first([Word(text) for text in files]) if found else ""


def _by_copier(call: Call) -> tuple[str, str]:
    """Copies: everything but the last operand is a source, if the last one is elsewhere."""
    program = call.program
    own = {
        "rsync": "-e -f -T -B -M",
        "scp": "-i -P -F -o -l -c -J -S -X",
        "sftp": "-i -P -F -o -l -c -J -S -b -B",
    }
    other = "-a -s -c -e" if program in ("mutt", "mail", "mailx", "swaks") else "-p"
    long = (
        "--exclude --include --rsh --filter --profile --region --acl --files-from --exclude-from --identity"
    )
    found = split(call.words, f"{own.get(program, other)} {long}")
    operands = list(found.operands)
    if program in ("mutt", "mail", "mailx", "swaks"):
        files = [value for key, value in found.values.items() if key == "-a"] + operands
        return _first(files), ""
    if program in ("scp", "rsync", "sftp"):
        elsewhere = [
            word
            for word in operands
            if re.match(r"(?:[\w.\0\1-]+@)?\[?[\w.\0\1:-]+\]?:(?!\\)|\w+://", word.text)
        ]
        if not elsewhere or (program != "sftp" and operands[-1] not in elsewhere):
            return "", ""
        return _judged([word for word in operands if word not in elsewhere])
    if program in ("rclone", "aws", "gsutil", "gcloud", "az", "s3cmd", "mc", "s5cmd", "b2"):
        words = " ".join(call.texts)
        if not re.search(
            r"\b(?:cp|copy|copyto|sync|mv|move|moveto|put|upload|upload-file|put-object|upload-batch|mirror)\b",
            words,
        ):
            return "", ""
        target = operands[-1].text if operands else ""
        away = re.match(r"\w+://|[\w.-]+:", target) or program in ("az", "b2", "mc") or "put-object" in words
        return (
            _judged(operands[:-1] if re.match(r"\w+://|[\w.-]+:", target) else operands) if away else ("", "")
        )
    if program in ("gh", "glab"):
        return (
            (_first(operands), "")
            if re.search(r"\b(?:gist|snippet) create|release upload", " ".join(call.texts))
            else ("", "")
        )
    return _first(operands), ""


def _judged(words: list[Word]) -> tuple[str, str]:
    strong = next((name for word in words if (name := names_secret(word.text))), "")
    return strong, next((name for word in words if (name := names_secret(word.text, weak=True))), "")


def _first(words: list[Word]) -> str:
    for word in words:
        if name := names_secret(word.text, weak=True):
            return name
        if _PLAIN.fullmatch(word.text):
            return f"{word.text}, a file of the system,"
    return ""


EVERY = (_sent,)
