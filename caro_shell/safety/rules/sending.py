"""Secrets that go to the network, by whatever program carries them there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.copying import by_copier, by_curl, first
from caro_shell.safety.rules.secrets import arriving, in_words, names_secret
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_LOCAL = re.compile(
    r"(?:\w+://)?(?:\S*@)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|host\.docker\.internal)(?:[:/].*)?"
)
#: Programs that send what they read, and those of them that send files they are given.
_STREAMS = frozenset(
    (
        "curl wget http https xh nc ncat netcat socat telnet mail mailx mutt sendmail msmtp swaks ssh "
        "s-nail ftp lftp tftp pastebinit termbin sprunge gist transfer wormhole magic-wormhole croc "
        "openssl websocat rclone aws gsutil gcloud az ix 0x0 pbin mosquitto_pub slackcat kcat "
        "telegram-send gh glab dig nslookup host ping smbclient"
    ).split()
)
_COPIERS = frozenset(
    (
        "scp rsync sftp rclone aws gsutil gcloud az s3cmd mc azcopy lftp ftp ncftpput tftp smbclient "
        "wormhole croc ffsend transfer gh gist pastebinit mutt mail mailx swaks gdrive syncthing b2 "
        "s5cmd wput magic-wormhole doctl glab scw"
        " socat telegram-send slackcat"
    ).split()
)


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
    # What arrives on standard input may have been put into the words (xargs).
    reads = reads and (_reads_input(call) or any(word.some for word in call.words))
    streamed = (arriving(call.stdin.calls) if reads else "") or in_words(call.words)
    if streamed:
        return streamed, ""
    if _socket(call):
        return next((name for word in call.words if (name := names_secret(word.text, weak=True))), ""), ""
    if program == "ssh":
        return "", ""
    if program == "curl":
        return by_curl(call), ""
    if program in ("wget", "http", "https", "xh"):
        files = [
            found[1]
            for text in call.texts
            if (found := re.match(r"(?:--(?:post|body)-file=|[\w.-]+=?@|@)(.+)", text))
        ]
        files += [
            after for text, after in zip(call.texts, call.texts[1:]) if text in ("--post-file", "--body-file")
        ]
        return first([Word(text) for text in files]), ""
    if program not in _COPIERS:
        return "", ""
    return by_copier(call)


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


EVERY = (_sent,)
