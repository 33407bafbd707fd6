"""Editors that are told on the line what to do with a file: `sed -i`, `perl -pi -e`, `awk -i inplace`, `ed`, `vim -c`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.output import read_text
from caro_shell.safety.places import Place, absolute, locate
from caro_shell.safety.rules.deleting import listed, shown_path
from caro_shell.safety.rules.overwriting import written
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

#: Files that say who may log in, and as whom: to be changed by hand and with care.
_WHO = re.compile(r"/etc/(?:sudoers(?:\.d/.*)?|doas\.conf|pam\.d/.*|polkit-1/rules\.d/.*)")
_ACCOUNTS = re.compile(r"/etc/(?:passwd|shadow|group|gshadow)")
#: Scripts that leave nothing of any line, by program.
_NOTHING = {
    "sed": re.compile(r"(?:1,\$|,|1!|/\.\*/|/\^/|/\./|/\$/)?\s*d|s(\W)\^?\.\*\$?\1\1g?"),
    "perl": re.compile(r"|s(\W)\^?\.[*+]\$?\1\1\w*;?|\$_\s*=\s*(?:\"\"|'');?|undef \$_;?"),
    "awk": re.compile(r"0|\{\s*\}|\{\s*next;?\s*\}"),
    "ed": re.compile(
        r"(?m)^\s*:?(?:silent!?\s*)?(?:%|1,\$|0,\$|,|g/(?:\.\*?|\^)/)\s*d\w*\s*(?:_\s*)?(?:\||$)"
    ),
}
#: What changes who root is, in the script that edits the accounts.
_ROOT = re.compile(r"root|:0\b|::|[\d$]\s*[dp]$|/[dp]$", re.MULTILINE)
#: Scripts of sed that delete or switch off lines of /etc/fstab other than those that are often taken out.
_MOUNTS = re.compile(
    r"(?!.*(?:swap|nfs|cifs|/mnt|/media|/data|sshfs|tmpfs|cdrom|floppy)).*[/\d$]\s*d|s(\W)\^(?:\(?\[\^#\]\)?)?\1#.*?\1\w*"
)


def edits(call: Call) -> tuple[str, list[str], tuple[Word, ...]] | None:
    """Return the kind of editor that `call` is, its scripts and the files that it changes; None for another call."""
    program, found = call.program, split(call.words, "-e -f -F -v -c -S --cmd")
    if program in ("sed", "gsed", "perl", "ruby"):
        if not any(re.match(r"-[a-zA-Z0-9]*i|--in-place", text) for text in call.texts):
            return None
        kind = "sed" if program.endswith("sed") else "perl"
        return kind, *_scripted(call)
    if program in ("awk", "gawk") and "inplace" in call.texts:
        words = [word for word in found.operands if word.text != "inplace"]
        return ("awk", [words[0].text], tuple(words[1:])) if words else None
    if program in ("ed", "red", "ex", "vim", "vi", "nvim"):
        given = [
            text for before, text in zip(call.texts, call.texts[1:]) if re.fullmatch(r"-\w*c|--cmd", before)
        ]
        given += [text[1:] for text in call.texts if text.startswith("+") and len(text) > 1]
        files = [word for word in found.operands if word.text not in given and not word.text.startswith("+")]
        typed = read_text(call) if program in ("ed", "red", "ex") or found.has("-s") else None
        return "ed", [*given, *([typed] if typed else [])], tuple(files)
    return None


def _scripted(call: Call) -> tuple[list[str], tuple[Word, ...]]:
    """Return the scripts and the files of `sed` and `perl`, whose options may be written together (`-pie`)."""
    scripts: list[str] = []
    files: list[Word] = []
    before = ("", *call.texts)
    words = [word for last, word in zip(before, call.words) if word.text or last != "-i"]  # BSD's -i ''
    while words:
        word = words.pop(0)
        if re.fullmatch(r"-(?!i\.)[a-zA-Z0-9]*[eE]|--expression", word.text) and words:
            scripts.append(words.pop(0).text)
        elif word.text.startswith("--expression="):
            scripts.append(word.text.partition("=")[2])
        elif not word.text.startswith("-"):
            files.append(word)
    if not scripts and files and call.program.endswith("sed"):
        scripts.append(files.pop(0).text)
    return scripts, tuple(files)


def _edited(call: Call, home: str) -> Iterator[Reason]:
    found = edits(call)
    if found is None:
        return
    kind, scripts, files = found
    pattern = _NOTHING[kind]
    quiet = kind in ("sed", "perl") and any(re.match(r"-[a-zA-Z]*n", text) for text in call.texts)
    prints = any("p" in text for text in scripts)
    if kind == "ed":
        everything = any(pattern.search(one) for text in scripts for one in re.split(r"\||\n", text))
    else:
        everything = any(map(pattern.fullmatch, map(str.strip, scripts))) or (quiet and not prints)
    for word in (one for file in files for one in listed(file)):
        path = absolute(word.text, call.cwd)
        if everything or (quiet and locate(word, home, call.cwd) is Place.VITAL):
            yield from written(call, word, home)
            if locate(word, home, call.cwd) is Place.PLAIN:
                yield said(Level.CAUTION, f"empties {shown_path(word.text)}, not recoverable", call)
        elif kind == "sed" and path == "/etc/fstab" and any(map(_MOUNTS.fullmatch, map(str.strip, scripts))):
            yield said(Level.DANGER, "takes file systems out of /etc/fstab: the system may not start", call)
        elif scripts and _WHO.fullmatch(path):
            yield said(Level.DANGER, f"changes {path}, on which the security of the system rests", call)
        elif scripts and _ACCOUNTS.fullmatch(path):
            wide = any(_ROOT.search(text.strip()) for text in scripts)
            level = Level.DANGER if wide else Level.CAUTION
            yield said(level, f"changes the accounts by hand ({path})", call)


def _visudo(calls: tuple[Call, ...], home: str) -> Iterator[Reason]:
    """`EDITOR='sed -i ..' visudo`, `visudo -f x < file`: who may do what, changed without being looked at."""
    del home
    editor = any(re.match(r"(?:SUDO_|VISUAL|EDITOR)\S*=\S+\s", text) for one in calls for text in one.texts)
    for call in calls:
        fed = call.stdin.text is not None or bool(call.stdin.calls)
        if (
            call.program in ("visudo", "vipw", "vigr")
            and (editor or fed)
            and not {"-c", "--check"} & {*call.texts}
        ):
            yield said(Level.DANGER, "changes who may do what root may, unseen", call)


EVERY = (_edited,)
LINES = (_visudo,)
