"""What was answered to one line: the command, then others, one for each further press on the unedited line.

While a person reads the first command the others are written, whenever there is nothing else to do.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Callable

from caro_shell import parse
from caro_shell.backends import Backend, Draft, Listener
from caro_shell.errors import Cancelled, NoCommandFound
from caro_shell.prompt import Prompt
from caro_shell.reply import Offer

#: Shells whose last round is remembered.
ROUNDS_KEPT = 64


@dataclass
class Round:
    """One line in words, and the distinct commands for it.

    `backend` and `model` are the names of who answered. `drafts`, of the open backend `writer`, writes more
    of them; `wanted` commands are enough, and the round is `complete` when there are so many or nothing else
    comes to mind. Those that `fits` refuses are left out; `mend` says what one is in the person's directory,
    `offer` how that is put on the line.
    """

    words: str
    prompt: Prompt
    shell: str
    backend: str
    model: str
    key: str
    commands: list[str]
    wanted: int
    fits: Callable[[str], bool] = lambda _: True
    mend: Callable[[str], str] = str
    offer: Callable[[str], Offer] = Offer
    complete: bool = False
    drafts: Iterator[Draft] | None = None
    writer: Backend | None = None
    shown: int = 0
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        refused = (command for command, _ in self.prompt.objections)
        self.commands = list(
            {_essence(self.mend(command)): command for command in reversed(self.commands)}.values()
        )
        self.commands.reverse()
        self._seen = {_essence(self.mend(command)) for command in (*self.commands, *refused)}
        self.complete = self.complete or len(self.commands) >= self.wanted

    @property
    def offered(self) -> Offer:
        """What stands there when nobody has edited it."""
        return self.offer(self.mend(self.commands[self.shown]))

    def go_to(self, line: str) -> bool:
        """Go on from the command that `line` is, as it was offered or bare; say whether it is one."""
        for number, command in enumerate(self.commands):
            here = self.mend(command)
            if line == here or (line.endswith(here) and line == self.offer(here).line):
                self.shown = number
                return True
        return False

    def write(self, listener: Listener) -> None:
        """Write on until there is one command more, or the round is complete.

        Raises Cancelled when the listener has other things to do; what was written so far is kept.
        """
        for draft in self.drafts or ():
            if draft.finished and self._add(draft.text):
                return
            listener.text(draft.text)
            if listener.cancelled():
                raise Cancelled
        self.complete = True

    def _add(self, text: str) -> bool:
        """Add the command in `text`, unless there is none or it says nothing new."""
        try:
            command = parse.read_answer(text, self.shell).command
        except NoCommandFound:
            return False
        essence = _essence(self.mend(command))
        if essence in self._seen or not self.fits(command):
            return False
        self._seen.add(essence)
        self.commands.append(command)
        self.complete = len(self.commands) >= self.wanted
        return True


class Rounds:
    """The last round of each session."""

    def __init__(self) -> None:
        self._rounds: OrderedDict[str, Round] = OrderedDict()

    def begin(self, session: str, new: Round) -> None:
        """Remember `new` as the last round of `session`."""
        self._rounds[session] = new
        self._rounds.move_to_end(session)
        while len(self._rounds) > ROUNDS_KEPT:
            self._rounds.popitem(last=False)

    def of(self, session: str, line: str) -> Round | None:
        """Return the round of `session` if `line` is one of its commands, which it goes on from."""
        found = self._rounds.get(session)
        return found if found is not None and found.go_to(line) else None  # an earlier one, after undo

    def unfinished(self) -> Round | None:
        """Return the latest round, if it is not complete."""
        latest = next(reversed(self._rounds.values()), None)
        return None if latest is None or latest.complete else latest

    def stop_writing(self) -> None:
        """Forget what was begun: the backend that writes it goes away."""
        for one in self._rounds.values():
            one.drafts = one.writer = None


def _essence(command: str) -> str:
    """Return what two commands have in common that differ only in how they quote or space."""
    return " ".join(command.replace('"', "'").split())
