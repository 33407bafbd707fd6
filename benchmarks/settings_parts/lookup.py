"""Prompt lookup: tokens to come are guessed from what followed the same few tokens before.

The method is speculative decoding without a second model. A command repeats words of the request and of the
examples; the guess is verified in one batch, and what greedy decoding would have written stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

#: Everyday requests, none of them among the examples that the model is shown.
SENTENCES = (
    "show the ten biggest files in my downloads folder",
    "find every symlink below /etc that points nowhere",
    "list all docker containers, stopped ones too",
    "replace foo with bar in all yaml files of the folder deploy",
    "how much memory is free",
    "print the lines 20 to 40 of server.log",
    "which shell scripts here are not executable",
    "delete all pyc files below the current directory",
    "sort names.txt and drop the duplicates",
    "count the commits on the branch release",
    "show the differences between old.conf and new.conf side by side",
    "what is my public ip address",
    "make a folder backup and copy all txt files into it",
    "convert song.wav to song.mp3 with ffmpeg",
    "kill the process that uses most memory",
    "print the second and fifth column of data.tsv",
    "show when user anna logged in last",
    "find files changed in the last 30 minutes below /var/log",
    "merge a.pdf and b.pdf into all.pdf",
    "create an empty file called notes.md in every subfolder",
)


def decode(
    step: Callable[[Sequence[int], int], list[int]],
    history: Sequence[int],
    first: int,
    *,
    ended: Callable[[int], bool],
    limit: int,
    drafted: int,
    ngram: int,
) -> tuple[list[int], dict[str, int]]:
    """Write behind `history` from its next token, `first`, on: at most `limit` tokens, until one has `ended`.

    `step(tokens, position)` evaluates tokens from `position` on, forgetting what was there, and returns the
    greedy choice after each. Up to `drafted` tokens are guessed at a time, 0 for plain decoding. Return what
    was written, the end included, the number of steps it took, and of tokens guessed, and guessed right.
    """
    tokens = [*history, first]
    steps = guessed = right = 0
    while len(tokens) - len(history) < limit and not ended(tokens[-1]):
        guess = draft(tokens, drafted, ngram)
        chosen = step([tokens[-1], *guess], len(tokens) - 1)
        same = next((i for i, token in enumerate(guess) if token != chosen[i]), len(guess))
        steps, guessed, right = steps + 1, guessed + len(guess), right + same
        for token in chosen[: same + 1]:
            tokens.append(token)
            if ended(token):
                break
    return tokens[len(history) :][:limit], {"steps": steps, "guessed": guessed, "right": right}


def draft(tokens: Sequence[int], most: int, ngram: int) -> Sequence[int]:
    """Return up to `most` tokens that followed the latest earlier place of the last `ngram` tokens."""
    tail = tokens[-ngram:]
    for end in range(len(tokens) - 1, ngram - 1, -1) if most else ():
        if tokens[end - 1] == tail[-1] and tokens[end - ngram : end] == tail:
            return tokens[end : end + most]
    return []
