"""What the model is told: pure, words and shell in, a prompt out."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from caro_shell import examples

#: Shells that have a hook of their own.
SHELLS = ("bash", "zsh", "fish")

_SYSTEM = (
    "You write {shell} commands for {system}. The user says what to do; you answer with one command line "
    "that does exactly that, no more. Only the command: no explanation, no comment, no Markdown."
)


@dataclass(frozen=True)
class Prompt:
    """System text and examples (fixed for a shell and system), and the person's words.

    `nearest` are more pairs of words and command, those that come closest to the request. `objections` are
    commands that were given for it, each with what is wrong with it.
    """

    system: str
    examples: tuple[tuple[str, str], ...]
    request: str
    nearest: tuple[tuple[str, str], ...] = ()
    objections: tuple[tuple[str, str], ...] = ()

    @property
    def turns(self) -> tuple[str, ...]:
        """What is said behind the examples, the person and the model by turns; the person is last."""
        before = (text for pair in self.nearest for text in pair)
        return (*before, self.request, *(text for pair in self.objections for text in pair))


def make_prompt(words: str, shell: str, platform: str = sys.platform) -> Prompt:
    """Return the prompt for `words`.

    `shell` is one of `SHELLS` (bash and zsh are told the same, so that they share one cached prefix),
    `platform` as in `sys.platform`. A leading "# " is no part of the
    words; line breaks and runs of blanks in them mean nothing.
    """
    macos = platform == "darwin"
    return Prompt(
        system=_SYSTEM.format(
            shell="fish" if shell == "fish" else "bash",
            system="macOS (BSD tools)" if macos else "Linux (GNU tools)",
        ),
        examples=(
            examples.COMMON
            + (examples.BSD if macos else examples.GNU)
            + (examples.FISH_SHELL if shell == "fish" else examples.POSIX_SHELL)
        ),
        request=" ".join(_without_mark(words).split()),
    )


def _without_mark(words: str) -> str:
    stripped = words.lstrip()
    return stripped.removeprefix("# ")
