"""Rows of the data as token numbers, and in which order and company they are trained."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caro_shell.chat import TURN_ENDS, Format, Piece
from caro_shell.prompt import make_prompt

#: Cuts a text into token numbers; control tokens are read as such only where the second says so.
Tokenize = Callable[[str, bool], list[int]]


@dataclass(frozen=True)
class Text:
    """A conversation behind a fixed beginning; the model learns the tokens of its `answers` (from, to)."""

    tokens: tuple[int, ...]
    answers: tuple[tuple[int, int], ...]

    @property
    def learned(self) -> int:
        """How many tokens are learned."""
        return sum(end - start for start, end in self.answers)


@dataclass(frozen=True)
class Step:
    """What the weights are changed by at once: texts behind the same `beginning`."""

    beginning: tuple[int, ...]
    texts: tuple[Text, ...]


class Renderer:
    """Writes rows as the key press writes prompts, in the chat format `form` (its name in `chat.FORMATS`)."""

    def __init__(self, form: str, write: Format, tokenize: Tokenize) -> None:
        self._end = TURN_ENDS[form]
        self._write = write
        self._tokenize = tokenize

    def beginning(self, shell: str, platform: str, *, bare: bool) -> tuple[int, ...]:
        """Return the tokens of the cached prefix; if `bare`, of the system text alone."""
        prompt = make_prompt("", shell, platform)
        return self._tokens(self._write(replace(prompt, examples=()) if bare else prompt).prefix)

    def text(self, row: dict[str, Any]) -> Text:
        """Return the conversation of `row`; of one held out, the last answer alone is to be learned."""
        turns = [(words, command) for words, command in row["turns"]]
        tokens: tuple[int, ...] = ()
        answers = []
        for count, (words, command) in enumerate(turns):
            prompt = replace(make_prompt(words, row["shell"], row["platform"]), nearest=tuple(turns[:count]))
            asked = self._tokens(self._write(prompt).request)
            if asked[: len(tokens)] != tokens:
                raise ValueError(f"the prompt of {words!r} does not go on from the turn before it")
            tokens = asked + self._tokens((Piece(command, special=False), Piece(self._end, special=True)))
            answers.append((len(asked), len(tokens)))
        return Text(tokens, tuple(answers[-1:] if row["held_out"] else answers))

    def _tokens(self, pieces: Iterable[Piece]) -> tuple[int, ...]:
        return tuple(token for piece in pieces for token in self._tokenize(piece.text, piece.special))


def read(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows to train with and those held out."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if not row["held_out"]], [row for row in rows if row["held_out"]]


def steps(
    rows: Sequence[dict[str, Any]],
    renderer: Renderer,
    *,
    epochs: int,
    size: int,
    bare: float,
    seed: int,
) -> list[Step]:
    """Return all steps of the training, in order; the same arguments give the same steps.

    `size` conversations make a step, all of one shell and platform. `bare` is the share of steps without the
    fixed examples.
    """
    planned = []
    for epoch in range(epochs):
        chance = random.Random(f"{seed} {epoch}")
        by_place: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in chance.sample(rows, len(rows)):
            by_place[row["shell"], row["platform"]].append(row)
        of_epoch = []
        for (shell, platform), those in by_place.items():
            for start in range(0, len(those), size):
                texts = tuple(map(renderer.text, those[start : start + size]))
                is_bare = chance.random() < bare
                of_epoch.append(Step(renderer.beginning(shell, platform, bare=is_bare), texts))
        planned += chance.sample(of_epoch, len(of_epoch))
    return planned


def held_out_steps(rows: Sequence[dict[str, Any]], renderer: Renderer, size: int) -> list[Step]:
    """Return the conversations held out, behind the whole prefix."""
    by_place: dict[tuple[str, str], list[Text]] = defaultdict(list)
    for row in rows:
        by_place[row["shell"], row["platform"]].append(renderer.text(row))
    return [
        Step(renderer.beginning(*place, bare=False), tuple(texts[start : start + size]))
        for place, texts in by_place.items()
        for start in range(0, len(texts), size)
    ]


def parts(texts: Iterable[Text], tokens: int) -> Iterator[list[Text]]:
    """Yield `texts` in parts of at most `tokens` when padded: those of like length, the longest first."""
    part: list[Text] = []
    for text in sorted(texts, key=lambda one: -len(one.tokens)):
        if part and len(part[0].tokens) * (len(part) + 1) > tokens:
            yield part
            part = []
        part.append(text)
    if part:
        yield part
