"""Pure: what a request names must stand in the command as it is: files, paths, quoted text, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTED = re.compile(r"(?<![\w'])'([^']{1,60})'(?!\w)|\"([^\"]{1,60})\"|“([^”]{1,60})”|‘([^’]{1,60})’")
# A command that is quoted is talked about; what is to be kept may, but need not, be named.
_ASIDE = re.compile(r"`[^`]*`|\b(?:keep|leave|untouched|unlike|like)\b[^,;]*", re.IGNORECASE)
_WORD = re.compile(r"[^\s,;\"'`()“”‘’<>]+")
_ADDRESS = re.compile(r"[a-z]+://\S+")
# What has an ending: at most a star and dots before the last dot, and an ending that begins with a letter.
_FILE = re.compile(r"[\w*?+@~%=-]*(?:\.[\w*?+@~%=-]+)*\.(?:[A-Za-z][A-Za-z0-9_]{0,9}|7z)")
#: What stands for something else: file-YYYY.txt, NAME.bak.
_STAND_IN = re.compile(r"YY|MM|DD|NN|DATE|TIME|NAME|EXT")
_ENDING = re.compile(r"\*?\.([a-z0-9]+)")
_OWN_HOME = re.compile(r"^/(?:home|users)/\w+(?=/|$)")
_PATH = re.compile(r"(?:~|\.{0,2}/)[\w.@*?/~+=%-]*|[\w.@*-]+/[\w.@*?/~+=%-]*")
# What looks like a file or a path and is none; two words that the slash sets side by side.
_NEITHER = (
    "~ w/ y/n e.g i.e etc a.m p.m vs. node.js vue.js next.js react.js asp.net w/o n/a i/o tcp/ip and/or"
)
_SIDE_BY_SIDE = re.compile(r"[A-Za-z]{2,}(?:/[A-Za-z]{2,})+")
_PLACE = re.compile(
    r"(?:in|into|inside|under|below|within|from|to|at|of|folder|directory|dir|path|file)\s+$", re.IGNORECASE
)
_KINDS = re.compile(
    r"\b(?:file|folder|directory|directories|name|path|line|user|group|date|time|input|output|read|write|regular|"
    r"normal|stdin|stdout|stderr|client|server|start|stop|on|off|yes|no|true|false|tcp|udp)s?\b",
    re.IGNORECASE,
)
_MIME = re.compile(r"(?:application|text|image|audio|video|multipart)/[a-z0-9.+-]+")
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,2}):([0-5]\d)(?![\d:])")
_PER = re.compile(r"\w+/(?:s|sec|second|min|minute|h|hour|day|week|month|year|file|line)s?")


def missing(words: str, command: str) -> Iterator[str]:
    """Yield each name in the request `words` that `command` leaves out."""
    said = _plain(command).lower()
    found = list(dict.fromkeys(names(words)))
    shapes = [re.sub(r"\d+", "0", name) for name in found]
    for name, shape in zip(found, shapes):
        numbered = shapes.count(shape) > 1 and all(
            part in said for part in re.split(r"\d+", _plain(name).lower())
        )
        if not numbered and not _stands(_plain(name).lower(), said):
            yield name
    for time in _CLOCK.finditer(_ASIDE.sub(" ", words)):
        minute = time[2]  # neither what often goes unsaid nor what ends an hour
        whole = int(time[1]) * 60 + int(minute)  # in seconds, or minutes of a day
        if minute not in ("00", "59") and not re.search(
            rf"(?:{minute}|(?<!\d)(?:{int(minute)}|{whole}))(?!\d)", command
        ):
            yield time[0]


def names(words: str) -> Iterator[str]:
    """Yield what the request `words` names: what it quotes, files, paths and addresses."""
    rest = words = _ASIDE.sub(" ", words)
    for match in _QUOTED.finditer(words):
        quoted = next(filter(None, match.groups())).strip()
        if re.search(r"\w", quoted):
            yield quoted
        rest = rest.replace(match[0], " ")
    for found in _WORD.finditer(rest):
        word = found[0].rstrip(".,:;!?")
        if found[0].endswith("..") or word.lower() in _NEITHER.split() or _STAND_IN.search(word):
            continue
        is_path = _PATH.fullmatch(word) and _is_path(word, rest[max(0, found.start() - 40) : found.start()])
        if is_path or _ADDRESS.fullmatch(word) or _FILE.fullmatch(word):
            yield word


def _is_path(word: str, before: str) -> bool:
    """Say whether a word with a slash is a path, and no fraction, type or choice ("files/directories")."""
    if _SIDE_BY_SIDE.fullmatch(word):
        return bool(_PLACE.search(before)) and not _KINDS.search(word) and not _MIME.fullmatch(word)
    told = word.lower()
    return bool(re.search(r"[a-z~]", told)) and not _PER.fullmatch(told) and not _MIME.fullmatch(told)


def _stands(name: str, said: str) -> bool:
    """Say whether `name` is in a command, whose text is `said`, in one of the ways of writing it."""
    ending = _ENDING.fullmatch(name)
    if ending:  # "*.{jpg,png}" has it, too
        return ending[1] in said
    if name in said or _OWN_HOME.sub("~", name) in said:
        return True
    stem, dot, last = name.rpartition(".")
    if dot and re.search(rf"(?:\}}|\$\w+)\.{re.escape(last)}", said):
        return True  # "touch {a,b}.txt"
    if len(stem) > 2 and re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", said):
        return True  # what "gzip a.txt" makes is a.txt.gz
    if dot and re.search("[_.-]".join(map(re.escape, name.split())), said) and " " in name:
        return False  # "shopping_list.txt" is another file than "shopping list.txt"
    parts = [part for part in re.split(r"[/\s]+", name.lstrip("~")) if part not in ("", ".", "..")]
    return len(parts) > 1 and all(part in said for part in parts)  # "cd /etc && cat hosts"


def _plain(text: str) -> str:
    """Return `text` without what quotes it, and without what paths may have or leave out."""
    text = re.sub(r"[\\'\"]", "", text)
    text = re.sub(r"\$\{?HOME\}?", "~", text)
    return re.sub(r"(?<![\w.~])\./|/(?=$|\s)", "", text)
