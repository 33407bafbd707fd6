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
from caro_shell.safety.rules.downloads import files_of
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_RUN = "runs a file from the network that nobody has read"
_HIDDEN = "runs code that is hidden in another form"
_MADE = "runs a file that is made in the same line; what is in it cannot be judged"
_READERS = frozenset(
    (
        "less more cat bat vim vi nano emacs view code sha256sum sha512sum"
        " shasum gpg gpgv cosign minisign diff shellcheck head"
    ).split()
)


def written_by(call: Call) -> list[Redirect]:
    """Return the redirections by which the output of `call` goes into a file."""
    return [one for one in call.redirects if (one.writes or one.appends) and one.fd != "2"]


def _then_run(calls: Sequence[Call], home: str) -> Iterator[Reason]:  # noqa: C901
    """`curl -o x .. && sh x`, `wget x; chmod +x x; ./x`, `base64 -d a > b; sh b`."""
    del home
    made: dict[str, tuple[Level, str]] = {}
    unpacked = cloned = uudecoded = False
    for call in calls:
        uudecoded = uudecoded or (call.program == "uudecode" and "-o" not in call.texts)
        for path in _runs(call):
            if uudecoded and path not in made:  # under the name that the encoded text gives
                yield said(Level.DANGER, _HIDDEN, call)
            elif path in made:
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
    written_to = [one.target for one in written_by(call)]
    if call.program in ("tee", "sponge"):
        written_to += split(call.words).operands
    written_to += [Word(text[3:]) for text in call.texts if call.program == "dd" and text.startswith("of=")]
    for path in _decoded(call):
        yield path, (Level.DANGER, _HIDDEN)
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


def _decoded(call: Call) -> Iterator[str]:
    """Yield the file into which `call` puts what it decodes, where an option names it."""
    words = _DECODES.get(call.program)
    if words is None or not re.search(words, " ".join(call.texts)):
        return
    found = split(call.words, "-out -in -k -pass -kfile -iv -K", whole=True)
    if call.program != "openssl":
        found = split(call.words, "-o --output --out -i --passphrase --passphrase-file --homedir")
    named = [found.values[name] for name in ("-out", "-o", "--output", "--out") if name in found.values]
    if call.program == "xxd":
        named += found.operands[1:2]
    for word in named:
        if not word.text.endswith("env"):  # settings are kept so
            yield absolute(word.text, call.cwd)


#: Decoders that write a file themselves, and how they are told to decode.
_DECODES = {
    "openssl": r"^(?:enc|base64|aes\S*|cms|smime|rsautl|pkeyutl|des3?)\b.*-d(?:ecrypt)?\b",
    "gpg": r"(?:^|\s)(?:-\w*d|--decrypt)\b", "gpg2": r"(?:^|\s)(?:-\w*d|--decrypt)\b",
    "base64": r"(?:^|\s)(?:-\w*[dD]|--decode)\b", "base32": r"(?:^|\s)(?:-\w*d|--decode)\b",
    "xxd": r"(?:^|\s)-\w*r", "uudecode": "", "age": r"(?:^|\s)(?:-d|--decrypt)\b", "rage": r"(?:^|\s)-d\b",
}  # fmt: skip


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


def _making(call: Call, home: str) -> Iterator[Reason]:
    """`curl .. | make -f -`: the recipes come from the network."""
    del home
    files = split(call.words, "-f -C -j --file --makefile --directory").values
    file = files.get("-f") or files.get("--file") or files.get("--makefile")
    if (
        file
        and {one.program for one in (*file.made_by, *(call.stdin.calls if file.text == "-" else ()))}
        & FETCHERS
    ):
        yield said(Level.DANGER, _RUN, call)


LINES = (_then_run,)
RULES = dict.fromkeys(("make", "gmake"), _making)
