"""Containers, their images and their data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.mounting import ran
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_GLOBAL = "-H --host -c --context --config -l --log-level --tlscacert --tlscert --tlskey --connection --url -n --namespace -a --address"
_COMPOSE = f"{_GLOBAL} -f --file -p --project-name --profile --env-file --project-directory --ansi --progress --parallel"
_DATA = "deletes volumes: all data in them is lost"


def _docker(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, _GLOBAL, ends=True)
    operands = list(found.operands)
    while (
        operands and operands[0].text in ("container", "builder", "image", "manifest") and len(operands) > 1
    ):
        kind = operands.pop(0).text
        if kind == "image" and operands[0].text in ("rm", "remove", "prune"):
            operands[0] = Word(
                "rmi" if operands[0].text != "prune" else "image-prune", operands[0].start, operands[0].end
            )
        elif operands[0].text == "prune":
            operands[0] = Word(f"{kind}-prune", operands[0].start, operands[0].end)
    if not operands or any(word.text == "--help" for word in operands[:3]):
        return
    verb, rest = operands[0].text, operands[1:]
    if verb == "compose":
        yield from _compose_words(call, rest)
    elif verb in ("run", "create"):
        yield from ran(call, home, rest)
    elif verb in (
        "volume",
        "system",
        "swarm",
        "stack",
        "network",
        "node",
        "service",
        "secret",
        "config",
        "context",
        "machine",
        "pod",
        "plugin",
        "buildx",
    ):
        yield from _managed(call, verb, rest)
    elif verb in _VERBS:
        yield from _many(call, verb, rest)


def _wholesale(words: tuple[Word, ...]) -> bool:
    """Say whether the names were listed by a program: all there are, or all that it lets through."""
    return any(word.made_by or word.some for word in words)


def _picked(words: tuple[Word, ...]) -> bool:
    """Say whether the list was narrowed, by a filter or by what a program let through."""
    texts = [text for word in words for made in word.made_by for text in (made.program, *made.texts)]
    return any(
        bool(re.match(r"-\w*f|--filter", text)) or text in ("grep", "awk", "head", "tail") for text in texts
    )


_VERBS = {
    "rm": "removes many containers", "kill": "stops many containers at once", "stop": "stops many containers",
    "rmi": "removes many images", "container-prune": "removes every container that is stopped",
    "image-prune": "removes images that nothing uses", "builder-prune": "removes what makes builds fast", "pause": "stops many containers", "restart": "restarts many containers",
}  # fmt: skip


def _many(call: Call, verb: str, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "--filter -t --time -s --signal" if verb != "rm" else "--filter -t --time")
    if verb.endswith("prune"):
        yield said(Level.CAUTION, _VERBS[verb], call)
        return
    everything = found.has("-a", "--all") or _wholesale(found.operands)
    volumes = verb == "rm" and found.has("-v", "--volumes")
    if everything and verb in ("stop", "restart", "pause") and _picked(found.operands):
        return
    if everything:
        hard = verb in ("rm", "rmi") and found.has("-f", "--force") and not _picked(found.operands)
        level = Level.DANGER if hard or (volumes and found.has("-f")) else Level.CAUTION
        yield said(level, _VERBS[verb] + (", running ones too" if hard and verb == "rm" else ""), call)
    elif volumes:
        yield said(Level.CAUTION, "removes a container with its unnamed volumes", call)


def _managed(call: Call, kind: str, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "--filter --driver -d -o --opt")
    verb = found.operands[0].text if found.operands else ""
    names = found.operands[1:]
    if kind == "volume" and verb in ("prune", "rm", "remove"):
        wide = verb == "prune" or found.has("-a", "--all") or _wholesale(names) or len(names) > 1
        yield said(Level.DANGER if wide or found.has("-f", "--force") else Level.CAUTION, _DATA, call)
    elif kind == "system" and verb == "prune":
        if found.has("--volumes"):
            yield said(Level.DANGER, f"removes whatever does not run, and {_DATA}", call)
        else:
            yield said(Level.CAUTION, "removes every container, network and image that is not in use", call)
    elif kind == "system" and verb in ("reset", "migrate", "renumber"):
        level = Level.DANGER if verb == "reset" else Level.CAUTION
        yield said(level, "removes every container, image and volume", call)
    elif kind == "swarm" and verb in ("leave", "ca"):
        level = Level.DANGER if found.has("-f", "--force") else Level.CAUTION
        yield said(level, "takes this machine out of the swarm", call)
    elif verb in ("rm", "remove", "down", "prune", "reset", "demote"):
        wide = _wholesale(names) or found.has("-a", "--all") or (kind == "machine" and verb == "reset")
        if (
            kind == "buildx"
            or (kind == "network" and not wide and verb != "prune")
            or (kind == "context" and not wide)
        ):
            return
        yield said(
            Level.DANGER if wide and kind != "network" else Level.CAUTION,
            f"removes what runs as {kind}",
            call,
        )


def _compose(call: Call, home: str) -> Iterator[Reason]:
    del home
    yield from _compose_words(call, list(call.words))


def _compose_words(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, _COMPOSE, ends=True)
    verb, *rest = found.operands or (Word(""),)
    inner = split(rest, "-t --timeout --rmi")
    if inner.has("--help") or any("--dry-run" in word.text for word in words):
        return
    if verb.text in ("down", "rm") and inner.has("-v", "--volumes"):
        yield said(Level.DANGER, f"takes the services down and {_DATA}", call)
    elif verb.text == "down" and inner.values.get("--rmi", Word("")).text == "all":
        yield said(Level.CAUTION, "takes the services down and removes their images", call)
    elif verb.text == "up" and inner.has("-V", "--renew-anon-volumes"):
        yield said(Level.CAUTION, "makes unnamed volumes anew: what is in them is lost", call)


RULES = {
    **dict.fromkeys(("docker", "podman", "nerdctl", "com.docker.cli", "finch"), _docker),
    **dict.fromkeys(("docker-compose", "podman-compose"), _compose),
}
ROWS = (
    Row("dockerd", Level.DANGER, "lets everybody who reaches this machine have all of it", words=r"^(?!.*--tlsverify\b).*(?:-H|--host)[ =]?tcp://(?!127\.|localhost|\[::1\])"),
    Row("podman", Level.DANGER, _DATA, verbs="kube|play down", options="--force"),
)  # fmt: skip
