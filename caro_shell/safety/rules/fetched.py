"""Files that are fetched or decoded, and run in the same line before anybody has read them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Redirect, Word
from caro_shell.safety.places import absolute
from caro_shell.safety.rules.code import FETCHERS, INTERPRETERS, origin
from caro_shell.safety.rules.overwriting import written
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_RUN = "runs a file from the network that nobody has read"
_HIDDEN = "runs code that is hidden in another form"
_MADE = "runs a file that is made in the same line; what is in it cannot be judged"
_READERS = frozenset(
    [
        "less",
        "more",
        "cat",
        "bat",
        "vim",
        "vi",
        "nano",
        "emacs",
        "view",
        "code",
        "sha256sum",
        "sha512sum",
        "shasum",
        "gpg",
        "gpgv",
        "cosign",
        "minisign",
        "diff",
        "shellcheck",
        "head",
    ]
)
_WGET = "-O -P -o -a -t -T -U -e -i -Q -B -l -A -R -D -X -I --output-document --directory-prefix --user-agent --header --tries --timeout --limit-rate --user --password"
_CURL = (
    "-o -H -u -A -e -X -b -c -w -m -x -E -K -r -y -Y -z -C -Q -d -F -T --output --output-dir --header --user --user-agent --referer --request"
    " --cookie --write-out --max-time --proxy --data --retry --cacert --connect-timeout"
)
#: Files that are run by themselves: at a login, a start, a time.
_STARTED = re.compile(
    r".*/\.(?:bashrc|zshrc|profile|bash_profile|zprofile|zshenv|bash_login|xprofile|xinitrc)|.*/config\.fish|/etc/(?:cron\.(?:d|daily|hourly|weekly|monthly)|profile\.d"
    r"|init\.d|rc\.local|systemd/system|crontab|sudoers\.d)(?:/.*)?|/var/spool/cron(?:/.*)?|.*/Launch(?:Agents|Daemons)(?:/.*)?|.*/\.config/(?:autostart|systemd/user)(?:/.*)?"
)


def files_of(call: Call) -> list[Word]:
    """Return the files that `call` puts what it fetches into."""
    urls = [
        word
        for word in call.words
        if re.match(r"(?:\w+://)?[\w.\0\1-]+[./:]\S", word.text) and not word.text.startswith("-")
    ]
    found: list[Word | None] = []
    if call.program in ("curl", "curlie"):
        values = split(call.words, _CURL)
        directory = values.values.get("--output-dir")
        named = values.values.get("-o") or values.values.get("--output")
        found = (
            [named]
            if named
            else [_last(url) for url in urls]
            if values.has("-O", "--remote-name", "-J", "--remote-name-all")
            else []
        )
        found = [_in(directory, one) for one in found]
    elif call.program in ("wget", "wget2"):
        values = split(call.words, _WGET)
        named = values.values.get("-O") or values.values.get("--output-document")
        directory = values.values.get("-P") or values.values.get("--directory-prefix")
        found = (
            [named]
            if named
            else [_in(directory, _last(url)) for url in urls if "." in url.text or "/" in url.text]
        )
    elif call.program in ("aria2c", "axel", "http", "https", "xh", "fetch", "wget"):
        values = split(call.words, "-o -d --out --dir --output -x -s -n")
        named = values.values.get("-o") or values.values.get("--out") or values.values.get("--output")
        found = [named] if named else [_last(url) for url in urls]
        found = (
            [_in(values.values.get("-d") or values.values.get("--dir"), one) for one in found]
            if call.program == "aria2c"
            else found
        )
    elif call.program in ("scp", "rsync", "sftp", "aws", "gsutil", "rclone"):
        found = _copied(call)
    return [one for one in found if one is not None and one.text not in ("-", "/dev/null", "/dev/stdout")]


def _copied(call: Call) -> list[Word | None]:
    operands = [
        word
        for word in split(call.words, "-P -i -o -e -F -l -c -J --profile --region").operands
        if word.text not in ("s3", "cp")
    ]
    if len(operands) < 2 or not re.match(r"(?:[\w.-]+@)?[\w.-]+:|\w+://", operands[0].text):
        return []
    name, target = _last(operands[0]), operands[-1]
    return [target, _in(target, name)]


def _last(url: Word) -> Word:
    path = re.sub(r"^\w+://[^/]*/?|^[\w.@-]+:", "", url.text).partition("?")[0].rstrip("/")
    return Word(posixpath.basename(path) or "index.html", url.start, url.end)


def _in(directory: Word | None, name: Word | None) -> Word | None:
    return (
        name
        if directory is None or name is None
        else Word(posixpath.join(directory.text, name.text), name.start, name.end)
    )


def _written_by(call: Call) -> list[Redirect]:
    return [one for one in call.redirects if (one.writes or one.appends) and one.fd != "2"]


def _then_run(calls: Sequence[Call], home: str) -> Iterator[Reason]:
    """`curl -o x .. && sh x`, `wget x; chmod +x x; ./x`, `base64 -d a > b; sh b`."""
    del home
    made: dict[str, tuple[Level, str]] = {}
    unpacked = cloned = False
    for call in calls:
        for path in _runs(call):
            if path in made:
                level, text = made[path]
                yield said(level, text, call)
            elif unpacked or cloned:
                yield from _unread(call, path, unpacked=unpacked)
        yield from (said(*made[path], call) for path in made if path.endswith(f"bin/{call.name.text}"))
        _carried(call, made)
        unpacked = unpacked or _unpacks(call, made)
        cloned = cloned or (call.program == "git" and "clone" in call.texts)
        if call.program in _READERS:
            for word in call.words:
                path = absolute(word.text, call.cwd)
                if (
                    path in made
                    and made[path][0] is Level.DANGER
                    and not call.stdin.calls
                    and not any(one.writes for one in call.redirects)
                ):
                    made[path] = (Level.CAUTION, made[path][1].replace(" that nobody has read", ""))
        for path, said_of in _makes(call):
            if path not in made or said_of[0] > made[path][0]:
                made[path] = said_of


_SETS_UP = re.compile(
    r"(?:^|[/_-])(?:install|setup|bootstrap|run|start|deploy|update|get)\w*[^/]*$|\.(?:sh|run|bin)$"
)
_UNPACKERS = ("tar", "gtar", "bsdtar", "unzip", "7z", "7za", "cpio", "unar")


def _unread(call: Call, path: str, *, unpacked: bool) -> Iterator[Reason]:
    """Yield what it means to run the file `path` behind an archive that was `unpacked`, or a clone."""
    if not path.startswith("/") and (call.program in SHELLS or "/" in call.name.text):
        level = Level.DANGER if unpacked and _SETS_UP.search(path) else Level.CAUTION
        yield said(level, "runs a file out of what came from the network, which nobody has read", call)


def _carried(call: Call, made: dict[str, tuple[Level, str]]) -> None:
    """Note that a file in `made` has another name or place now."""
    if call.program not in ("cp", "mv", "install", "ln"):
        return
    *sources, target = split(call.words, "-m -o -g -S").operands or (Word(""),)
    for word in sources:
        path = absolute(word.text, call.cwd)
        if path in made:
            moved = absolute(target.text, call.cwd)
            made[moved] = made[f"{moved}/{posixpath.basename(path)}"] = made[path]


def _unpacks(call: Call, made: dict[str, tuple[Level, str]]) -> bool:
    """Say whether `call` unpacks an archive that the line fetches."""
    if call.program not in _UNPACKERS or (call.texts and re.fullmatch(r"-?\w*[tcl]\w*", call.texts[0])):
        return False
    piped = bool({one.program for one in call.stdin.calls} & FETCHERS)
    return piped or any(
        made.get(absolute(word.text, call.cwd), (Level.SAFE,))[0] is Level.DANGER for word in call.words
    )


def _makes(call: Call) -> Iterator[tuple[str, tuple[Level, str]]]:
    fetched = (
        files_of(call)
        if call.program in FETCHERS or call.program in ("scp", "rsync", "sftp", "aws", "gsutil", "rclone")
        else []
    )
    for word in fetched:
        yield absolute(word.text, call.cwd), (Level.DANGER, _RUN)
    written_to = [one.target for one in _written_by(call)]
    if call.program in ("tee", "sponge"):
        written_to += split(call.words).operands
    if written_to:
        found = origin((*call.stdin.calls, call))
        if (
            found
            and found[0] is Level.DANGER
            and call.program not in ("ssh", "openssl", "gpg", "gpg2", "tr", "hexdump", "od")
        ):
            text = _RUN if "network" in found[1] else _HIDDEN
            for word in written_to:
                yield absolute(word.text, call.cwd), (Level.DANGER, text)
        elif not found:
            for word in written_to:
                yield absolute(word.text, call.cwd), (Level.UNKNOWN, _MADE)


def _runs(call: Call) -> Iterator[str]:
    """Yield the files that `call` runs."""
    if "/" in call.name.text:
        yield absolute(call.name.text, call.cwd)
    if call.program in INTERPRETERS or call.program in (
        "source",
        ".",
        "java",
        "make",
        "dotnet",
        "mono",
        "wine",
        "msiexec",
    ):
        first = 1 if call.program in INTERPRETERS or call.program in ("source", ".") else 2
        for word in split(call.words, "-o -O -W -X").operands[:first]:
            yield absolute(word.text, call.cwd)
        for word in split(call.words, "-f -jar", whole=True).values.values():
            yield absolute(word.text, call.cwd)
        for one in call.stdin.calls:
            if one.program == "cat":
                yield from (absolute(word.text, one.cwd) for word in one.words)
    elif call.program == "eval":
        for word in call.words:
            yield from (
                absolute(name.text, one.cwd)
                for one in word.made_by
                if one.program == "cat"
                for name in one.words
            )


def _put(call: Call, home: str) -> Iterator[Reason]:
    """Where a fetched file goes: over something that is needed, or where it is run by itself."""
    remote = call.program in FETCHERS
    targets = [(word, False) for word in files_of(call)] if remote else []
    for word, appends in targets:
        yield from written(call, word, home, appends=appends)
    streamed = remote or any(one.program in FETCHERS - {"ssh", "nc"} for one in call.stdin.calls)
    if streamed:
        words = [word for word, _ in targets] + [one.target for one in _written_by(call)]
        words += split(call.words).operands if call.program == "tee" else ()
        for word in words:
            if _STARTED.fullmatch(absolute(word.text, call.cwd)):
                yield said(
                    Level.DANGER, f"puts code from the network where it runs by itself ({word.text})", call
                )


EVERY = (_put,)
LINES = (_then_run,)
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
