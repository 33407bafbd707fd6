"""Keeps the calls of a script, and reads what they make in their turn: scripts, functions, what wrappers run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety import dialects, ownlines, wrappers
from caro_shell.safety.call import CARRIED, EVERY, UNKNOWN, Call, Found, Stdin, Word
from caro_shell.safety.lines import given_to, scripts
from caro_shell.safety.nodes import Nodes
from caro_shell.safety.state import State, values_of

NOTHING = Stdin()
#: Most calls that are kept; what has more is said to be unread.
_MOST = 400
#: Wrappers whose output is that of the program in them.
_TRANSPARENT = frozenset("sudo doas env command nice ionice timeout time nohup stdbuf setsid busybox".split())


class Keeper(Nodes):
    """Keeps what is called in one script. `span` is what its calls are said to be in the line; None for the line itself."""

    def __init__(
        self,
        script: str,
        state: State,
        run: Callable[..., tuple[Call, ...]],
        *,
        span: tuple[int, int] | None,
        depth: int,
    ) -> None:
        self.calls: list[Call] = []
        self.unread = False
        self.bomb: tuple[int, int] | None = None
        super().__init__(script, state, span, run)
        self._depth = depth
        self.calling: list[str] = []
        self._outer: Call | None = None
        self._fed = NOTHING

    @abstractmethod
    def read(self, stdin: Stdin = NOTHING, outer: Call | None = None) -> Found:
        """Read the whole script, whose calls read `stdin` and have the rights of the call `outer`."""

    @abstractmethod
    def _another(self, script: str, state: State, *, span: tuple[int, int], depth: int) -> Keeper:
        """Return a reader of another script."""

    def _made_with(self, for_this: dict[str, tuple[str, ...]], call: Call) -> list[Call]:
        """Keep a call before which variables were set for it alone."""
        outside = {name: self._state.variables.get(name) for name in for_this}
        self._state.variables.update(for_this)
        made = self._made(call)
        for key, values in outside.items():
            self._state.variables.pop(key, None)
            if values is not None:
                self._state.variables[key] = values
        return made

    def _with_rights(self, call: Call) -> Call:
        outer = self._outer
        call = replace(call, strayed=self._state.strayed)
        return replace(call, root=call.root or outer.root, away=outer.away) if outer else call

    def _made(self, call: Call) -> list[Call]:
        """Keep a call, and all that it makes; return it."""
        before = len(self.calls)
        self._keep(call, 0)
        made = [call]
        own = call.program in self._state.functions or call.program in self._state.aliases
        if own and len(self.calls) > before + 1:
            made.append(self.calls[-1])  # what a function prints last
        if call.program in ("eval", *SHELLS) and len(self.calls) == before + 2:
            made.append(self.calls[-1])
        while made[-1].program in _TRANSPARENT:
            inner = next(wrappers.inner(made[-1]), None)
            if inner is None:
                break
            made.append(inner)
        return made

    def _keep(self, call: Call, depth: int) -> None:
        self.calls.append(call)
        if depth + self._depth > wrappers.DEEPEST or len(self.calls) > _MOST:
            self.unread = True
            return
        self._state.note(call)
        if call.program in self._state.functions and call.program not in self.calling:
            self._into_function(call)
        if call.program in self._state.aliases and call.program not in self.calling:
            self.calling.append(call.program)
            self._keep(ownlines.expanded(call, self._state.aliases[call.program]), depth + 1)
            self.calling.pop()
        outside = self._state.variables
        self._state.variables = {**outside, **wrappers.assigned(call)}
        for one in wrappers.inner(call):
            self._keep(one, depth + 1)
        self._state.variables = outside
        for text, word in [*scripts(call), *self._state.kept(call)]:
            self._script_in(text, call, word)

    def _into_function(self, call: Call) -> None:
        """Read the body of the function that is called, with its arguments."""
        outside = self._state.variables
        self._state.variables = self._state.with_arguments(values_of(call.words))
        span = self._span or (call.start, call.end)
        inner = self._another(
            self._state.functions[call.program], self._state, span=span, depth=self._depth + 1
        )
        inner.calling = [*self.calling, call.program]
        self.calls += inner.read(call.stdin, self._outer).calls
        self._state.variables = outside

    def _script_in(self, text: str, call: Call, word: Word) -> None:
        shell = ownlines.shell(call, self._state.shell)
        text = dialects.plain(text, shell)[0]
        if UNKNOWN in text.strip() and text.strip(UNKNOWN + " ") == "":
            if call.program not in ("eval", "alias", "abbr", *SHELLS):  # those have rules of their own
                held = Word(UNKNOWN, word.start, word.end, made_by=word.made_by)
                self.calls.append(
                    replace(call, name=Word("eval"), words=(held,), stdin=NOTHING, redirects=())
                )
            return
        text = (text.replace("*", EVERY) if word.glob else text).translate(CARRIED)
        state = replace(self._state.copy(), cwd=call.cwd, shell=shell)
        arguments = given_to(call)
        if arguments:
            state.variables = state.with_arguments(values_of(arguments[1:]))
            state.variables["0"] = values_of(arguments[:1])
        span = self._span or ((word.start, word.end) if word.end else (call.start, call.end))
        inner = self._another(text, state, span=span, depth=self._depth + 2)
        if self._depth + 2 > wrappers.DEEPEST:
            self.unread = True
            return
        found = inner.read(NOTHING if word is call.name else call.stdin, call)
        self.calls += found.calls
        self.unread |= found.unread and call.program in ("eval", "ssh", *SHELLS)
        self.bomb = self.bomb or (span if found.bomb else None)
