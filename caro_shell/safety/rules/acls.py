"""Rights beside the mode of a file: lists, attributes, capabilities, the umask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import Arguments, split
from caro_shell.safety.call import Call
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.deleting import shown_path
from caro_shell.safety.rules.permissions import KEY, WIDE, own
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason


def _setfacl(call: Call, home: str) -> Iterator[Reason]:
    found = split(
        call.words, "-m -x -M -X --modify --remove --modify-file --remove-file --restore --set --set-file"
    )
    if found.has("--test", "--help", "--version"):
        return
    entry = _entry(found)
    everybody = re.search(
        r"(?:^|[,:])(?:o|other)s?:[^,]*w|(?:u|user):(?:nobody|www-data|guest):[^,]*w|(?:^|,)(?:o"
        r"|other):[^,]*[67]",
        entry,
    )
    for word in found.operands:
        place, path = locate(word, home, call.cwd), word.text
        wide = place in (*WIDE, Place.VITAL, Place.DEVICE) and not own(path)
        if everybody:
            level = (
                Level.DANGER
                if wide or place in (*WIDE, Place.CORE, Place.INSIDE, Place.PRECIOUS)
                else Level.CAUTION
            )
            yield said(level, f"lets others write to {shown_path(path)}", call)
        elif (wide and (found.has("-R", "--recursive") or place is Place.VITAL)) or KEY.fullmatch(path):
            yield said(Level.DANGER, f"changes who may use {shown_path(path)}", call)


def _entry(found: Arguments) -> str:
    return ",".join(word.text for name, word in found.values.items() if name in ("-m", "--modify", "--set"))


def _chattr(call: Call, home: str) -> Iterator[Reason]:
    """Files that even root cannot change, or that were kept so (`chflags` on macOS)."""
    flags = next(
        (
            text
            for text in call.texts
            if re.fullmatch(r"[-+=][a-zA-Z]*[ia][a-zA-Z]*|no[su]chg|[su]chg|[su]appnd", text)
        ),
        "",
    )
    recursive = any(re.fullmatch(r"-[RVfhHLP]*R[VfhHLP]*", text) for text in call.texts)
    for word in split([one for one in call.words if one.text != flags]).operands if flags else ():
        place = locate(word, home, call.cwd)
        if recursive and place in (*WIDE, Place.ABOVE):
            yield said(
                Level.DANGER,
                f"changes for all of {shown_path(word.text)} whether it can be written at all",
                call,
            )
        elif place in (*WIDE, Place.VITAL, Place.CORE, Place.INSIDE, Place.PRECIOUS):
            yield said(Level.CAUTION, f"changes whether {shown_path(word.text)} can be written at all", call)


RULES = {"setfacl": _setfacl, "chattr": _chattr, "chflags": _chattr}
ROWS = (
    Row("setcap", Level.DANGER, "gives a program rights that make its user root",
        words=r"cap_(?:set[ug]id|sys_\w+|dac_\w+|chown|fowner|setfcap|setpcap|bpf|mknod|linux_immutable)"
        r"|(?:^|\s)(?:all)?=e?i?p|\ball[+=]", unless="-v -r"),
    Row("setcap", Level.CAUTION, "gives a program rights over the network", words="cap_net_admin",
        unless="-v -r"),
    Row("umask", Level.CAUTION, "makes new files writable for everybody",
        operand="0*|0*[0-7]?[0145]|.*(?:o|a)=[rx]*w[rx]*"),
    Row("spctl", Level.DANGER, "switches off the check of programs before they run",
        options="--master-disable --global-disable"),
    Row("xattr", Level.CAUTION, "takes away what marks files as downloaded", words=r"-\w*r\w*c|-\w*c\w*r"),
)  # fmt: skip
