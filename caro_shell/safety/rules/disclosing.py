"""Secrets that are laid open on this machine: shown, made readable for others, typed into a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.secrets import PRINTERS, in_words, names_secret
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason


def _shadow(call: Call, home: str) -> Iterator[Reason]:
    """The passwords of the system on the screen, or copied out of their place."""
    del home
    if call.program in PRINTERS or call.program in ("cp", "vim", "vi", "nano", "unshadow", "getent", "scp"):
        found = [
            word
            for word in call.words
            if re.fullmatch(r"(?:/private)?/etc/(?:g?shadow|master\.passwd)-?", word.text)
        ]
        if found or (call.program == "getent" and call.texts[:1] in (("shadow",), ("gshadow",))):
            yield said(Level.CAUTION, "shows the passwords of all accounts (in their hashed form)", call)


def _readable(call: Call, home: str) -> Iterator[Reason]:
    """Keys and passwords that everybody on the machine may read from then on."""
    del home
    if call.program == "chmod":
        found = split(call.words, "--reference")
        mode, *files = [word.text for word in found.operands] or [""]
        bits = re.fullmatch(r"0?[0-7]?([0-7])([0-7])([0-7])", mode)
        opens = (
            int(bits[3]) & 6 if bits else re.search(r"(?:^|,)[ugoa]*[oa][ugoa]*[+=]\w*[rw]|^[+=]\w*r", mode)
        )
        if not opens:
            return
    elif call.program in ("cp", "install", "mv", "ln", "rsync"):
        operands = [word.text for word in split(call.words, "-m -o -g -t -e").operands]
        *files, target = operands or [""]
        if not re.match(
            r"/var/www|/srv/(?:http|www)|/usr/share/nginx|(?:.*/)?(?:public|public_html|htdocs|static|wwwroot)(?:/|$)",
            target,
        ):
            return
    else:
        return
    for text in files:
        if (name := names_secret(text, weak=True)) and "history" not in name:
            yield said(
                Level.DANGER if names_secret(text) else Level.CAUTION, f"lets everybody read {name}", call
            )


def _typed(call: Call, home: str) -> Iterator[Reason]:
    """A password on the command line, where the history keeps it and others see it."""
    del home
    text = "puts a password on the command line, where others see it and the history keeps it"
    if call.program == "sudo" and "-S" in split(call.words, "-u -g -p -C -h -r -t", ends=True).options:
        typed = any(one.program in ("echo", "printf") for one in call.stdin.calls) or call.stdin.text
        if typed:
            yield said(Level.CAUTION, text, call)
    elif call.program == "chpasswd" and any(one.program in ("echo", "printf") for one in call.stdin.calls):
        yield said(Level.CAUTION, text, call)


def _published(calls: Sequence[Call], home: str) -> Iterator[Reason]:
    """`git add .env && git commit .. && git push`: a secret goes where others read it."""
    del home
    name = ""
    for call in calls:
        if call.program == "git" and "add" in call.texts and not {"-n", "--dry-run"} & set(call.texts):
            behind = call.texts.index("add") + 1
            name = next((one for text in call.texts[behind:] if (one := names_secret(text, weak=True))), name)
        elif name and call.program == "git" and "push" in call.texts:
            level = (
                Level.CAUTION if name == "saved passwords" else Level.DANGER
            )  # it may be a module of that name
            yield said(level, f"publishes {name}", call)
        elif name and call.program == "git" and {"reset", "restore", "rm"} & set(call.texts):
            name = ""


def _built_in(call: Call, home: str) -> Iterator[Reason]:
    """`docker build --build-arg KEY="$(cat key)"`: it stays in the image."""
    del home
    if call.program in ("docker", "podman", "buildah", "nerdctl") and "build" in call.texts:
        name = in_words([word for word in call.words if "=" in word.text])
        if name:
            yield said(Level.CAUTION, f"puts {name} into an image, where it stays", call)


EVERY = (_shadow, _readable, _typed, _built_in)
LINES = (_published,)
_TYPED = "puts a password on the command line, where others see it and the history keeps it"
ROWS = (
    Row("sshpass", Level.CAUTION, _TYPED, words=r"^-p ?\S"),
    Row("docker|podman|helm|az|nerdctl", Level.CAUTION, _TYPED, verbs="login", words=r"(?:^| )(?:-p|--password)[ =]\S"),
    Row("openssl", Level.CAUTION, _TYPED, words=r"-pass(?:in|out|word)? pass:\S"),
    Row("htpasswd", Level.CAUTION, _TYPED, options="-b"),
    Row("gpg|gpg2", Level.CAUTION, _TYPED, words=r"--passphrase[= ]\S"),
)  # fmt: skip
