"""Programs that run another one somewhere else, or behind a word of their own: containers, environments, terminals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call

_CONTAINERS = frozenset("docker podman kubectl nerdctl lxc oc docker-compose podman-compose".split())


def entered(call: Call) -> Iterator[Call]:
    """Yield the call behind `docker exec x`, `poetry run`, `xterm -e`, `git bisect run`."""
    program = call.program
    if program in _CONTAINERS and (program != "oc" or "rsh" not in call.texts):
        yield from _in_container(call) if len(call.words) > 1 else ()
    elif program in _ENTERED:
        yield from _entered(call)
    elif program in _BEHIND:
        yield from _behind(call)
    elif program in ("start-stop-daemon", "flatpak"):
        yield from _daemon(call)
    elif program == "git" and "bisect\nrun\n" in "\n".join(call.texts):
        rest = call.words[call.texts.index("run") + 1 :]
        yield replace(call, name=rest[0], words=tuple(rest[1:]))


#: Programs that run something elsewhere behind a verb, and how many operands stand between.
_ENTERED = {
    "multipass": ("exec", 1),
    "limactl": ("shell", 1),
    "lima": ("", 0),
    "distrobox": ("enter", 1),
    "toolbox": ("run", 0),
    "adb": ("shell", 0),
    "machinectl": ("shell", 1),
    "incus": ("exec", 1),
    "ip": ("exec", 1),
    "oc": ("rsh", 1),
    **dict.fromkeys(
        "poetry pipenv uv hatch pdm rye op doppler zellij conda mamba micromamba".split(), ("run", 0)
    ),
    **dict.fromkeys(
        "bundle npm yarn pnpm asdf rbenv pyenv nodenv opam stack cabal dotnet".split(), ("exec|dlx|x", 0)
    ),
    **dict.fromkeys("npx bunx pnpx dotenv envdir".split(), ("", 0)),
    **dict.fromkeys("lerna rush turbo nx just".split(), ("exec", 0)),
    **dict.fromkeys(
        "crictl ctr pct qm vzctl nomad iocage virtctl singularity apptainer lxd charm".split(), ("exec|e", 1)
    ),
    **dict.fromkeys(
        "heroku eb scalingo clever pipx infisical envchain teller sops".split(),
        (r"run(?::\w+)?|exec-env", 0),
    ),
    "dokku": ("run", 1),
    "waydroid": ("shell", 0),
    "bastille": ("cmd", 1),
    "colima": ("ssh", 0),
    "minikube": ("ssh", 0),
    "guix": ("shell|environment", 0),
    "enroot": ("start|exec", 1),
    "udocker": ("run", 1),
    "juju": ("exec|run|ssh", 0),
    "salt-run": ("cmd.run", 0),
    **dict.fromkeys("direnv aws-vault chamber".split(), ("exec", 1)),
    "mise": ("exec|x", 0),
    "rustup": ("run", 1),
    "vagrant": ("ssh", 0),
    "fab": ("--", 0),
    "launchctl": ("submit|asuser|bsexec", 1),
}
_BETWEEN = "-n -p -e -C -E -u -l --name --prefix --env --user --workdir -w --exec-id --bind -B --pwd --mount --namespace --model"


#: Programs whose command begins behind a word of its own (terminals), or behind pairs of paths (bwrap).
_BEHIND = {
    **dict.fromkeys(
        ("xterm", "urxvt", "konsole", "alacritty", "kitty", "foot", "st", "lxterminal"), r"-e|-x|--command|--"
    ),
    **dict.fromkeys(
        ("gnome-terminal", "xfce4-terminal", "terminator", "wezterm", "ptyxis", "kgx"), r"-e|-x|--command|--"
    ),
    **dict.fromkeys(("gdb", "lldb"), "--args|--"),
    **dict.fromkeys(
        ("nix", "nix-shell", "devbox", "cset", "supervise-daemon", "daemon", "pueue"),
        r"-c|--command|--exec|--",
    ),
    **dict.fromkeys(("bwrap", "bubblewrap"), r"--|(?![-/])[\w.-]+"),
}


def _behind(call: Call) -> Iterator[Call]:
    mark = _BEHIND[call.program]
    at = next((at for at, text in enumerate(call.texts) if re.fullmatch(mark, text)), None)
    if at is None:
        return
    rest = call.words[at + 1 if call.texts[at].startswith("-") else at :]
    if rest and " " not in rest[0].text:
        yield replace(call, name=rest[0], words=tuple(rest[1:]))


def _entered(call: Call) -> Iterator[Call]:
    verb, between = _ENTERED[call.program]
    texts = call.texts
    at = next((at for at, text in enumerate(texts) if re.fullmatch(verb, text)), None) if verb else -1
    if at is None:
        return
    if "--" in texts:
        rest = call.words[texts.index("--") + 1 :]
    else:
        rest = split(call.words[at + 1 :], _BETWEEN, ends=True).operands[between:]
    if rest and " " not in rest[0].text:
        away = "in a container" if call.program in _ELSEWHERE else call.away
        yield replace(call, name=rest[0], words=tuple(rest[1:]), away=away)


def _daemon(call: Call) -> Iterator[Call]:
    """`start-stop-daemon --start --exec x -- words`, `flatpak run --command=x app words`: an option is the program."""
    valued = "-p -x -n -u -a -c -d --pidfile --exec --name --startas --chuid --chdir --command"
    found = split(call.words, valued, ends=True)
    rest = found.operands
    if call.program == "flatpak":
        if not rest or rest[0].text != "run":
            return
        found = split(rest[1:], valued, ends=True)
        rest = found.operands[1:]
    named = next((found.values[one] for one in _NAMES_PROGRAM if one in found.values), None)
    if named:
        yield replace(call, name=named, words=tuple(rest))


_NAMES_PROGRAM = ("--startas", "-a", "--exec", "-x", "--command")
_ELSEWHERE = frozenset(
    "multipass limactl lima distrobox toolbox adb machinectl incus oc vagrant fab crictl ctr pct qm vzctl nomad iocage"
    " virtctl singularity apptainer heroku dokku eb scalingo waydroid bastille colima minikube juju".split()
)


_CONTAINER = "-e -u -w --user --workdir --env -n --namespace -c --container --name -v --volume -p --network"
_RUN = (
    f"{_CONTAINER} --entrypoint --mount -l --label --restart --memory -m --cpus --gpus --hostname -h --device"
)


def _in_container(call: Call) -> Iterator[Call]:
    words = call.words[1:] if call.texts[:1] == ("compose",) else call.words
    found = split(words, _CONTAINER, ends=True)
    verb = found.operands[0].text if found.operands else ""
    if verb in ("unshare", "debug"):  # podman in its own rights, kubectl beside a node
        behind = texts.index("--") + 1 if "--" in (texts := [word.text for word in words]) else 0
        rest = words[behind:] if behind else found.operands[1:] if verb == "unshare" else ()
        if rest:
            away = call.away if verb == "unshare" else "on another machine"
            yield replace(call, name=rest[0], words=tuple(rest[1:]), away=away)
    if verb not in ("exec", "run"):
        return
    command = list(split(found.operands[1:], _RUN, ends=True).operands)[1:]
    texts = [word.text for word in command]
    if "--" in texts and (texts[0] == "--" or call.program in ("kubectl", "oc")):
        command = command[texts.index("--") + 1 :]
    if command:
        words = tuple(command[1:])
        yield replace(call, name=command[0], words=words, away="in a container", cwd="/container")
