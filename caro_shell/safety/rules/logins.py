"""Files that say who may log in: opened to root, to everybody or to a stranger, whatever writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.handed import LATER
from caro_shell.safety.output import printed, read_text
from caro_shell.safety.rules.code import origin
from caro_shell.safety.rules.editing import edits
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_SSHD = re.compile(r"(?:^|/)sshd_config(?:\.d(?:/.*)?)?$|/etc/ssh/sshd_config")
#: Settings of sshd that let somebody in; in a script, the setting and its value may stand apart.
_OPENS = re.compile(
    r"(?i)(?:PermitRootLogin|PermitEmptyPasswords)(?:[^\n;/]|/ ?s[/#|,@!]?|/ ?c|/\{){0,40}?(?:\byes\b|without-password)"
    r"|StrictModes[^\n;]{0,20}\bno\b"
)
#: What a substitution looks for, which says nothing of what is there afterwards.
_LOOKED_FOR = re.compile(r"\bs([/#|,@!])(?:(?!\1).)*(?=\1)|\b(?:replace|sub|gsub)\(\s*(['\"/])(?:(?!\2).)*\2")
#: Lines that keep somebody out, and are deleted or made a comment.
_DROPS = re.compile(
    r"(?i)(?:PermitRootLogin|PermitEmptyPasswords)\W+no\W*/\s*(?:d\b|#)|prohibit-password/[^\n]{0,20}?\byes\b"
)
_OPENED = "lets root, or anybody without a password, log in over ssh"
_SUDO = re.compile(r"(?i)\bNOPASSWD\b|!\s*authenticate|timestamp_timeout\s*=\s*-1")
#: Programs that set values in configuration files, or do so on other machines.
_SETTERS = "augtool|crudini|ansible|ansible-console|salt|puppet|chef-client|sponge|patch|dasel|initool"


def _sshd(call: Call, home: str) -> Iterator[Reason]:
    """Settings of sshd in the words of any editor, or in a program of another language."""
    del home
    found = edits(call)
    texts = [*call.texts] if found is None else [*found[1]]
    files = call.texts if found is None else tuple(word.text for word in found[2])
    setter = re.fullmatch(_SETTERS, call.program)
    snippet = re.match(r"python|perl|ruby|node|php", call.program) and "sshd_config" in " ".join(call.texts)
    if found is None and not setter and not snippet:
        return
    raw = "\n".join(texts)
    text = _LOOKED_FOR.sub("s", raw)
    if setter:
        text = text.replace("\n", " ") + " " + (read_text(call) or "")
    if any(_SSHD.search(one) for one in (*files, raw, text)) and (_OPENS.search(text) or _DROPS.search(raw)):
        yield said(Level.DANGER, _OPENED, call)
    elif setter and re.search(r"/etc/sudoers|sudoers\b", text) and _SUDO.search(text):
        yield said(Level.DANGER, "lets somebody do what root may without a password", call)


def _kept(call: Call, home: str) -> Iterator[Reason]:
    """Text that is written into a file of logins: `+ +`, an automatic login of root."""
    del home
    into = [one.target.text for one in call.redirects if one.writes or one.appends]
    if call.program == "tee":
        into += [word.text for word in split(call.words).operands]
    if not into:
        return
    settings = printed(call) if any(map(_SSHD.search, into)) else None
    if settings and _OPENS.search(settings):
        yield said(Level.DANGER, _OPENED, call)
    found = origin((*call.stdin.calls, call)) if any(map(LATER.fullmatch, into)) else None
    if found and found[0] is Level.DANGER:
        yield said(Level.DANGER, "puts code that nobody has read where it runs by itself", call)
    if any(re.search(r"/\.[rs]hosts$|/etc/(?:s?hosts\.equiv|securetty)$", one) for one in into):
        yield said(Level.DANGER, "lets others log in without a password", call)
        return
    text = (
        printed(call)
        if any(re.search(r"/systemd/|inittab|gdm|lightdm|sddm|/etc/ttys", one) for one in into)
        else None
    )
    if text is not None and re.search(r"(?:--autologin|-a)\s+root\b|(?i:autologin-?user\s*=\s*root)", text):
        yield said(Level.DANGER, "lets everybody at the machine in as root", call)


_KEYS = "lets whoever has that account elsewhere log in here"
EVERY = (_sshd, _kept)
ROWS = (
    Row("sshd", Level.DANGER, _OPENED,
        words=r"(?i)-o ?(?:PermitRootLogin|PermitEmptyPasswords)[= ]yes"),
    Row("ssh-import-id|ssh-import-id-gh|ssh-import-id-lp", Level.DANGER, _KEYS, unless="--help -h -r --remove", needs_root=True),
    Row("ssh-import-id|ssh-import-id-gh|ssh-import-id-lp", Level.CAUTION, _KEYS, unless="--help -h -r --remove"),
    Row("augtool", Level.DANGER, "lets somebody do what root may without a password", words=r"/etc/sudoers.*NOPASSWD"),
    Row("ansible", Level.DANGER, "changes root's account on many machines", words=r"(?:-m |--module-name[= ])(?:\S*\.)?(?:user|authorized_key)\b.*\b(?:name|user)=root\b"),
    Row("ansible", Level.DANGER, "deletes accounts with their home directories on many machines",
        words=r"(?:-m |--module-name[= ])(?:\S*\.)?user\b.*state=absent.*remove=(?:yes|true)|\buser\b.*remove=(?:yes|true).*state=absent"),
    Row("net|net.exe", Level.CAUTION, "makes an account, or lets it do more", verbs="user|localgroup", words=r"(?i)/add\b"),
)  # fmt: skip
