"""Secrets that go to the network, by whatever program carries them there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.places import Place, absolute, locate
from caro_shell.safety.rules.copying import by_copier, by_curl, first, judged
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
    program = call.program
    if program not in _STREAMS and program not in _COPIERS and not _socket(call):
        return
    if split(call.words).has("--help", "--version", "--dry-run", "--dryrun"):
        return
    if _stays(call):
        return
    bulk = _bulk(call, home)
    strong, weak = _secret_of(call)
    strong = strong or bulk
    if strong:
        yield said(Level.DANGER, f"sends {strong} out", call)
    elif weak:
        yield said(Level.CAUTION, f"sends {weak} to another machine", call)


#: Programs that carry a stream to whoever listens; a copy over ssh goes to a machine of one's own.
_CARRIERS = frozenset(
    "curl wget http xh nc ncat netcat socat telnet ftp lftp mosquitto_pub kcat transfer croc".split()
)
_DUMPS = re.compile(r"pg_dump(?:all)?|(?:mysql|mariadb-)dump|mongodump|mariabackup|xtrabackup")
_ACCOUNTS = frozenset(("/etc/passwd", "/etc/group", "/etc/sudoers"))
_ALL_OF = {
    Place.ROOT: "the whole system", Place.HOME: "a whole home directory", Place.DEVICE: "a whole disk",
    Place.SYSTEM: "a directory of the system", Place.PRECIOUS: "a directory of your home",
}  # fmt: skip


def _bulk(call: Call, home: str) -> str:
    """Return what `call` sends as a whole: a database, a disk, a home; "" for nothing of the kind."""
    if not (call.program in _CARRIERS or _socket(call)):
        return ""
    return next((name for one in call.stdin.calls if (name := _whole(one, home))), "")


def _whole(one: Call, home: str) -> str:
    """Return what of this machine `one` prints or packs as a whole; "" for nothing of the kind."""
    if _DUMPS.fullmatch(one.program) and "--help" not in one.texts:
        return "a whole database"
    if one.program in ("cat", "base64", "xxd", "gzip") and _ACCOUNTS & set(one.texts):
        return "the list of accounts"
    if one.program == "tcpdump" and "-w" in one.texts:
        return "what goes over the network"
    if one.program in ("tar", "gtar", "bsdtar", "zip", "cpio", "cat", "dd", "pv", "7z"):
        for word in one.words:
            text = word.text[3:] if one.program == "dd" and word.text.startswith("if=") else word.text
            place = locate(replace(word, text=text), home, one.cwd)
            if place in _ALL_OF and re.match(r"[/~.]|" + re.escape(home), text):
                return _ALL_OF[place]
    return ""


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
    if program in ("dig", "nslookup", "host", "ping"):
        made = [one for word in call.words for one in word.made_by]
        words = [word for one in made for word in one.words]
        accounts = any(word.text in _ACCOUNTS for word in words)
        return ("the list of accounts" if accounts else judged(words)[1]), ""
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


def _put_by(calls: Sequence[Call], home: str) -> Iterator[Reason]:
    """`pg_dump x > f; curl -T f ..`, `tar czf f ~/.ssh; scp f ..`: what is sent was put into a file before."""
    strong: dict[str, str] = {}
    bulk: dict[str, str] = {}
    for call in calls:
        if call.program in _COPIERS or call.program in _CARRIERS or _socket(call):
            kept = {**bulk, **strong} if call.program in _CARRIERS or _socket(call) else strong
            fed = [(one, word) for one in call.stdin.calls if one.program == "cat" for word in one.words]
            named = [(call, word) for word in call.words]
            for one, word in (*named, *fed) if kept and not _stays(call) else ():
                path = absolute(re.sub(r"^(?:[\w.-]+=)?[@<]", "", word.text), one.cwd)
                if path in kept:
                    yield said(Level.DANGER, f"sends {kept[path]} out", call)
        targets = [one.target for one in call.redirects if one.writes or one.appends] + _packed(call)
        if targets:
            made = (*call.stdin.calls, call)
            name = arriving(made, weak=False)
            whole = next((text for one in made if (text := _whole(one, home))), "")
            for word in targets:
                strong.update({absolute(word.text, call.cwd): name} if name else {})
                bulk.update({absolute(word.text, call.cwd): whole} if whole else {})


def _packed(call: Call) -> list[Word]:
    """Return the file that `call` packs or copies others into."""
    if call.program in ("tar", "gtar", "bsdtar"):
        words = list(call.words)
        for at, word in enumerate(words[:-1]):
            if re.fullmatch(r"-?[a-zA-Z]*f", word.text) and re.search(r"[cru]", call.texts[0]):
                return [words[at + 1]]
    if call.program in ("zip", "7z", "7za"):
        return list(split(call.words, "-P -x -i").operands[1 if call.program != "zip" else 0 :][:1])
    if _DUMPS.fullmatch(call.program):
        values = split(call.words, "-f --file -r --result-file -o --out -h -U -d -p -u").values
        return [
            values[name] for name in ("-f", "--file", "-r", "--result-file", "-o", "--out") if name in values
        ]
    return []


EVERY = (_sent,)
LINES = (_put_by,)
