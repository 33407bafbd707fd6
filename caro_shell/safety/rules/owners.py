"""Owners and groups of files, where the system or an account depends on them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.deleting import shown_path
from caro_shell.safety.rules.permissions import OWN, own
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason


def _chown(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "--from")
    if found.has("--help", "--version") or not found.operands:
        return
    recursive = found.has("-R", "--recursive")
    targets, owner = found.operands, ""
    if "--reference" not in found.options:
        owner, targets = re.split(r"[:.]", targets[0].text)[0], targets[1:]
    for word in targets:
        yield from _owned(call, word, owner, locate(word, home, call.cwd), recursive=recursive)


def _owned(call: Call, word: Word, owner: str, place: Place, *, recursive: bool) -> Iterator[Reason]:  # noqa: C901
    shown, path = shown_path(word.text), posixpath.normpath(word.text)
    root = owner in ("root", "0") or (call.program == "chgrp" and owner in ("root", "wheel", "0"))
    if place in (Place.ROOT, Place.EMPTY) or (recursive and path == "/home"):
        if recursive or not root:
            yield said(
                Level.DANGER,
                f"gives {shown} another owner: the system stops working",
                call,
                critical=recursive,
            )
    elif place is Place.HOME and recursive:
        yield from _home(call, path, owner, shown)
    elif place is Place.SYSTEM and not (own(path) or _service(path, owner)):
        if recursive or not root:
            yield said(Level.DANGER, f"gives {shown}, a part of the system, another owner", call)
    elif (
        place is Place.SYSTEM
        and recursive
        and path in OWN
        and path.count("/") == 2
        and path.startswith("/usr")
    ):
        yield said(Level.CAUTION, f"gives everything under {shown} another owner", call)
    elif place in (Place.VITAL, Place.DEVICE) and not root:
        yield said(Level.DANGER, f"gives {shown}, on which the system rests, to somebody else", call)
    elif place in (Place.INSIDE, Place.CORE) and not root and not _service(path, owner) and not own(path):
        deep = not re.match(r"/(?:etc|usr|bin|sbin|lib|lib64|boot|root|proc|sys|System|Library)/", path)
        if not deep:
            yield said(Level.DANGER if recursive and path.count("/") < 3 else Level.CAUTION,
                       f"gives {shown}, a part of the system, another owner", call)  # fmt: skip
    elif place is Place.PRECIOUS and root:
        yield said(Level.CAUTION, f"takes {shown} from you", call)
    elif owner == "nobody":
        yield said(Level.CAUTION, f"gives {shown} to nobody", call)
    elif place is Place.ABOVE and recursive:
        yield said(Level.CAUTION, "gives everything in the directory above another owner", call)


def _home(call: Call, path: str, owner: str, shown: str) -> Iterator[Reason]:
    """A home that is given to its own user, or to a user that is not known here, is repaired."""
    if owner == posixpath.basename(path) or call.program == "chgrp" or not owner.strip(UNKNOWN + SOMETHING):
        return
    if owner in ("root", "nobody", "0", "www-data", "daemon"):
        yield said(
            Level.DANGER,
            f"gives everything under {shown} to {owner}: its user is locked out",
            call,
            critical=True,
        )
    elif not owner.isdigit():
        yield said(Level.CAUTION, f"gives everything under {shown} to {owner}", call)


def _service(path: str, owner: str) -> bool:
    """Say whether a service is given its own directory: `chown -R mysql /var/lib/mysql`."""
    if re.match(r"/(?:var/(?:lib|log|cache|spool|run|backups|db|mail)|run|etc/letsencrypt|opt)/[^/]+", path):
        return owner.strip(UNKNOWN + SOMETHING) != "nobody"
    return bool(owner) and owner.strip("_") in path


RULES = {"chown": _chown, "gchown": _chown, "chgrp": _chown, "gchgrp": _chown}
