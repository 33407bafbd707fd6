"""Code that would run unseen: from the network, decoded, or made at that moment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety.arguments import split
from caro_shell.safety.call import SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.output import printed, read_text
from caro_shell.safety.rules.disguise import DECODERS, PACKED, disguises
from caro_shell.safety.rules.table import said
from caro_shell.safety.runners import WRAPPERS
from caro_shell.safety.verdict import Level, Reason

FETCHERS = frozenset(
    [
        "curl",
        "wget",
        "fetch",
        "aria2c",
        "http",
        "https",
        "xh",
        "lynx",
        "nc",
        "ncat",
        "netcat",
        "socat",
        "ftp",
        "tftp",
        "GET",
        "w3m",
        "links",
        "elinks",
        "axel",
        "lwp-request",
        "telnet",
        "ssh",
        "httpie",
        "wget2",
        "curlie",
        "lwp-download",
        "dig",
        "nslookup",
        "mosquitto_sub",
        "websocat",
    ]
)
INTERPRETERS = frozenset(
    (
        *SHELLS,
        *[
            "rbash",
            "ash",
            "mksh",
            "csh",
            "tcsh",
            "python",
            "python2",
            "python3",
            "pypy",
            "pypy3",
            "perl",
            "ruby",
            "node",
            "nodejs",
            "php",
            "lua",
            "luajit",
            "osascript",
            "deno",
            "bun",
        ],
        *[
            "Rscript",
            "R",
            "pwsh",
            "powershell",
            "tclsh",
            "expect",
            "julia",
            "groovy",
            "guile",
            "sbcl",
            "ghci",
        ],
    )
)


#: Programs that print text from elsewhere, or change it.
_TEXT = frozenset(
    [
        "cat",
        "echo",
        "printf",
        "head",
        "tail",
        "sed",
        "awk",
        "gawk",
        "grep",
        "cut",
        "xclip",
        "pbpaste",
        "xsel",
        "wl-paste",
        "jq",
        "yq",
        "tr",
        "tac",
        "sort",
        "fzf",
        "paste",
        "xargs",
        "find",
        "ls",
        "git",
        "tmux",
        "history",
        "fc",
    ]
)


NETWORK_CODE = "runs code from the network that nobody has read"
_HIDDEN = "runs code that is hidden in another form"
HELD_TEXT = "runs text that a variable holds at that moment; it cannot be judged"
MADE_TEXT = "runs text that is made at that moment; it cannot be judged"


def has_script(call: Call) -> bool:
    """Say whether an interpreter is told what to run, so that its input is only data."""
    found = split(call.words, "-o -O -W -X --rcfile --init-file", ends=True)
    texts = call.texts
    if "-s" in texts or "-" in texts or "/dev/stdin" in texts:
        return False
    return bool(found.operands) or found.has(
        "-c", "-e", "-n", "-p", "-m", "-E", "--version", "--help", "-r", "--eval", "-V"
    )


def origin(calls: Sequence[Call]) -> tuple[Level, str] | None:
    """Return what it means to run the output of `calls`, of which the last prints it; None for nothing odd."""
    calls = [
        *calls,
        *(
            made
            for one in calls
            if one.program in ("echo", "printf", "cat")
            for word in one.words
            for made in word.made_by
        ),
    ]
    programs = {one.program for one in calls}
    if programs & FETCHERS:
        return Level.DANGER, NETWORK_CODE
    if programs & DECODERS or any(map(disguises, calls)):
        return Level.DANGER, _HIDDEN
    if programs & PACKED:
        return Level.DANGER, "runs what is in a packed file, unseen"
    return None


def _piped(call: Call, home: str) -> Iterator[Reason]:
    """What an interpreter is given to read."""
    del home
    reads = call.program in INTERPRETERS and not has_script(call)
    if call.program == "su":
        reads = "-c" not in call.texts and "--command" not in call.texts
    elif call.program == "sudo":
        reads = (
            bool({"-i", "-s"} & {*call.texts})
            and not split(call.words, WRAPPERS["sudo"].valued, ends=True).operands
        )
    sourced = call.program in ("source", ".") and (not call.words or call.texts[0] in ("-", "/dev/stdin"))
    scheduled = call.program in ("at", "batch", "parallel", "crontab") and "-f" not in call.texts
    if scheduled and call.program in ("parallel", "crontab"):
        scheduled = not call.words or call.texts == ("-",)
    if not (reads or sourced or scheduled):
        return
    found = origin(call.stdin.calls)
    if found:
        yield said(*found, call)
    elif call.stdin.calls and not _names_file(call.stdin.calls[-1]):
        text = read_text(call)
        usual = sourced and prints_setup(call.stdin.calls[-1])
        if not usual and (text is None or UNKNOWN in text):
            yield said(Level.UNKNOWN, MADE_TEXT, call)
    elif call.stdin.text is not None and UNKNOWN in call.stdin.text and (call.program in SHELLS or scheduled):
        yield said(Level.UNKNOWN, HELD_TEXT, call)


def _names_file(call: Call) -> bool:
    """Say whether `call` prints a file that the line names, as if that were run."""
    words = split(call.words).operands
    return call.program in ("cat", "tac") and bool(words) and all(word.text.strip(UNKNOWN) for word in words)


#: Programs made to print what a shell shall source: completions, hooks, environments.
_PRINTS_SETUP = re.compile(
    r"(?:^| )(?:[\w-]*completions?|hook|init|env|shellenv|--alias|activate|export|signin|path|docker-env|--(?:bash|zsh|fish)"
    r"|gen\w*|profile|alias|-s|setup|shell\w*|-)(?: |$|=)"
)
_SETS_UP = frozenset(
    "ssh-agent gpg-agent dircolors gdircolors keychain resize locale thefuck tset lesspipe opam fnm luarocks"
    " register-python-argcomplete path_helper xdg-user-dir getopt modulecmd fasd".split()
)


def prints_setup(call: Call) -> bool:
    """Say whether `call` is known to print what a shell shall run: completions, hooks, environments."""
    if call.name.text.startswith(("./", "../")) or call.program in _TEXT:
        return False
    return call.program in _SETS_UP or bool(_PRINTS_SETUP.search(" ".join(call.texts)))


def _code_words(call: Call) -> Iterator[Word]:
    """Yield the words of `call` that are code: the text behind -c, or what stands in the place of a script."""
    if call.program not in INTERPRETERS:
        yield from call.words
        return
    operands = 0
    for before, word in zip(("", *call.texts), call.words):
        if re.fullmatch(r"-\w*[ceErpB]|--eval|--print|-[cC]ommand", before):
            yield word
        elif not word.text.startswith("-"):
            operands += 1
            if operands == 1 or word.text.startswith("/dev/fd/"):
                yield word


def _in_words(call: Call, home: str) -> Iterator[Reason]:
    """Scripts whose text comes out of a substitution: `bash <(curl ..)`, `sh -c "$(wget ..)"`, `. <(..)`."""
    del home
    if call.program not in _TAKE_TEXT:
        return
    for word in _code_words(call):
        if not word.made_by:
            continue
        found = origin(word.made_by)
        if found and (call.program not in ("trap", "alias") or found[0] is Level.DANGER):
            yield said(*found, call)
        elif (
            call.program in ("eval", *SHELLS, "source", ".")
            and not prints_setup(word.made_by[-1])
            and not word.known
        ):
            bare = word.text.strip(UNKNOWN + SOMETHING + " ") == ""
            fed = word.text.startswith("/dev/fd/")
            whole = (
                fed
                or bare
                or (word.made_by[-1].program in _TEXT and "-c" in call.texts)
                or call.program == "eval"
            )
            text = printed(word.made_by[-1])
            if whole and (text is None or UNKNOWN in text):
                yield said(Level.UNKNOWN, MADE_TEXT, call)


_TAKE_TEXT = INTERPRETERS | {"source", ".", "eval", "exec", "trap", "alias", "crontab"}


EVERY = (_piped, _in_words)
