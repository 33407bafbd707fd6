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
from caro_shell.prompt import Prompt, make_prompt

#: Cuts a text into token numbers; control tokens are read as such only where the second says so.
Tokenize = Callable[[str, bool], list[int]]


@dataclass(frozen=True)
class Text:
    """A conversation behind a fixed beginning; the model learns the tokens from `answer` on."""

    tokens: tuple[int, ...]
    answer: int


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

    def text(self, row: dict[str, Any], shown: int) -> Text:
        """Return `row` with `shown` of the nearest pairs before it, the answer, and the end of its turn."""
        plain: Prompt = make_prompt(row["words"], row["shell"], row["platform"])
        nearest = tuple((words, command) for words, command in row["nearest"][:shown])
        asked = self._tokens(self._write(replace(plain, nearest=nearest)).request)
        answer = self._tokens((Piece(row["command"], special=False), Piece(self._end, special=True)))
        return Text(asked + answer, len(asked))

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
    shown: Sequence[float],
    bare: float,
    seed: int,
) -> list[Step]:
    """Return all steps of the training, in order; the same arguments give the same steps.

    `size` pairs make a step, all of one shell and platform. `shown` are the shares of pairs that have 0, 1, 2
    ... nearest ones before them, `bare` the share of steps without the fixed examples.
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
                counts = chance.choices(range(len(shown)), shown, k=size)
                texts = tuple(map(renderer.text, those[start : start + size], counts))
                is_bare = chance.random() < bare
                of_epoch.append(Step(renderer.beginning(shell, platform, bare=is_bare), texts))
        planned += chance.sample(of_epoch, len(of_epoch))
    return planned


def held_out_steps(rows: Sequence[dict[str, Any]], renderer: Renderer, size: int) -> list[Step]:
    """Return the rows held out, behind the whole prefix, by turns with one near pair and none."""
    by_place: dict[tuple[str, str], list[Text]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_place[row["shell"], row["platform"]].append(renderer.text(row, number % 2))
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
