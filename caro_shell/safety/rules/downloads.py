"""Which files a call puts what it fetches into."""

from __future__ import annotations

import posixpath
import re

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word

_WGET = "-O -P -o -a -t -T -U -e -i -Q -B -l -A -R -D -X -I --output-document --directory-prefix --user-agent --header --tries --timeout --limit-rate --user --password"
_CURL = (
    "-o -H -u -A -e -X -b -c -w -m -x -E -K -r -y -Y -z -C -Q -d -F -T --output --output-dir --header --user --user-agent --referer --request"
    " --cookie --write-out --max-time --proxy --data --retry --cacert --connect-timeout"
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
