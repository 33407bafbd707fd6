"""What a container is given of the machine when it is run, and what its command does to that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from caro_shell.safety.call import Call, Word
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.deleting import deleted
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_VALUED = frozenset(
    (
        "-v --volume --mount -e --env -p --publish --name --network --net -w --workdir -u --user --entrypoint -h --hostname"
        " -l --label -m --memory --cpus --gpus --device --restart --pid --cap-add --security-opt --ipc --uts --userns"
        " --env-file --platform --add-host"
    ).split()
)
#: What a container is not to be given of the machine: with it, it is not contained.
_HOST = re.compile(r"(?:pid|ipc|userns|uts)=host")
_STRONG = re.compile(
    r"cap-add=(?:ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE)|(?:seccomp|apparmor)=unconfined|--device=/dev/(?:sd|nvme|mem)"
)
_MACHINE = frozenset(
    ["", *"/etc /root /dev /boot /usr /proc /sys /home /var /var/lib /bin /lib".split()]
)  # fmt: skip
_SOCKETS = ("docker.sock", "containerd.sock", "podman.sock")


def ran(call: Call, home: str, words: list[Word]) -> Iterator[Reason]:
    """Yield what it means to run a container with `words`: its options, its image, its command."""
    options, command = _options(words)
    given = [option.text for option in options]
    mounts = [mount for option in options if (mount := _mount(option))]
    privileged = any(text in ("--privileged", "--privileged=true") for text in given)
    host = any(map(_HOST.search, given))
    mounted = {kind for mount in mounts if (kind := _kind(call, home, *mount))}
    if "system" in mounted or (privileged and (host or mounted)):
        yield said(Level.DANGER, "gives a container the whole machine", call)
    elif privileged or mounted or host or any(map(_STRONG.search, given)):
        yield said(Level.CAUTION, "gives a container rights over the machine", call)
    for source, target, _ in mounts:
        yield from _deleted(call, home, command, source, target)


def _options(words: list[Word]) -> tuple[list[Word], list[Word]]:
    """Return the options, each with its value behind `=`, and the words behind the image."""
    options: list[Word] = []
    rest = iter(words)
    for word in rest:
        if not word.text.startswith("-"):
            break
        name, _, value = word.text.partition("=")
        short = re.fullmatch(r"-[a-zA-Z]*?([vepwuhlm])(.*)", word.text) if word.text[1:2] != "-" else None
        if short:
            name, value = f"-{short[1]}", short[2].removeprefix("=")
        taken = next(rest, None) if not value and name in _VALUED else None
        value = taken.text if taken else value
        options.append(replace(taken or word, text=f"{name}={value}" if value else name))
    return options, list(rest)


def _mount(option: Word) -> tuple[Word, str, bool] | None:
    """Return what `option` gives to the container, where it is in it, and whether it may only be read."""
    if not re.match(r"(?:-v|--volume|--mount)=", option.text):
        return None
    spec = option.text.partition("=")[2]
    source = re.search(r"(?:^|,)(?:source|src)=([^,]+)", spec)
    target = re.search(r"(?:^|,)(?:target|dst|destination)=([^,]+)", spec)
    path, _, rest = spec.partition(":")
    read_only = spec.endswith((":ro", ",ro", "readonly"))
    return (
        replace(option, text=source[1] if source else path),
        target[1] if target else rest.partition(":")[0],
        read_only,
    )


def _kind(call: Call, home: str, source: Word, _: str, read_only: bool) -> str:
    path = source.text
    if not path.startswith("/") or read_only:
        return "read" if path == "/" else ""
    if locate(source, home, call.cwd) is Place.ROOT or path.rstrip("/") in _MACHINE:
        return "system"
    return "socket" if path.endswith(_SOCKETS) else ""


def _deleted(call: Call, home: str, command: list[Word], source: Word, target: str) -> Iterator[Reason]:
    """`docker run -v ~:/h alpine rm -rf /h/*`: what is deleted in there is what was given."""
    texts = [text for word in command for text in re.split(r"[\s;&|'\"]+", word.text)]
    if "rm" not in texts or not any(re.match(r"-\w*[rR]|--recursive", text) for text in texts):
        return
    for text in texts[texts.index("rm") :]:
        if target.startswith("/") and (text.rstrip("/") == target or text.startswith(f"{target}/")):
            place = replace(source, text=source.text + text[len(target) :], glob="*" in text)
            yield from deleted(call, place, home, recursive=True)
