"""Reads a line as its shell would: every call in it, those that other programs make among them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety import dialects, grammar, ownlines, wrappers
from caro_shell.safety.call import CARRIED, UNKNOWN, Call, Found, Redirect, Stdin, Word
from caro_shell.safety.lines import given_to, scripts
from caro_shell.safety.nodes import BLOCKS, FLAT, Nodes
from caro_shell.safety.state import State, values_of

if TYPE_CHECKING:
    from tree_sitter import Node

_NOTHING = Stdin()
#: Most calls that are kept; what has more is said to be unread.
_MOST = 400
#: Most calls of a pipe that those behind them are judged by; what has more is said to be unread, too.
_STAGES = 100
#: Wrappers whose output is that of the program in them.
_TRANSPARENT = frozenset("sudo doas env command nice ionice timeout time nohup stdbuf setsid busybox".split())


class Reader(Nodes):
    """Reads one script. `span` is what its calls are said to be in the line; None for the line itself."""

    def __init__(
        self, script: str, state: State, *, span: tuple[int, int] | None = None, depth: int = 0
    ) -> None:
        self.calls: list[Call] = []
        self.unread = False
        self.bomb: tuple[int, int] | None = None
        super().__init__(script, state, span, self._substituted)
        self._depth = depth
        self._calling: list[str] = []
        self._outer: Call | None = None
        self._readers: dict[str, Callable[[Node, Stdin, tuple[Redirect, ...]], list[Call]]] = {
            "command": self._command,
            "pipeline": self._pipeline,
            "redirected_statement": self._redirected,
            "subshell": self._in_subshell,
            "variable_assignment": self._assigned,
            "variable_assignments": self._assigned,
            "declaration_command": self._declared,
            "unset_command": self._declared,
            "for_statement": self._for,
            "function_definition": self._defined,
        }

    def read(self, stdin: Stdin = _NOTHING, outer: Call | None = None) -> Found:
        """Read the whole script, whose calls read `stdin` and have the rights of the call `outer`."""
        self._outer = outer
        root = grammar.tree(self._source.decode("utf-8", "surrogatepass"))
        self.unread = root.has_error
        self._walk(root, stdin)
        return Found(tuple(self.calls), self.unread, self.bomb)

    def _walk(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...] = ()) -> list[Call]:
        """Read `node`; return the calls whose output is its output."""
        kind = node.type
        reads = self._readers.get(kind)
        if reads:
            return reads(node, stdin, redirects)
        if kind in BLOCKS:
            return self._block(node, stdin, redirects)
        if kind not in FLAT or kind == "test_command":
            self._substitutions(node)
        return []

    def _block(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        found: list[Call] = []
        for child in node.named_children:
            before = self._state.cwd
            found += self._walk(child, stdin, redirects)
            # Behind "&&" a directory is certain, behind ";" or a line's end the change to it may have failed.
            moved = node.type != "list" and self._state.cwd != before
            self._state.strayed |= moved and not self._state.careful
        return found

    def _substitutions(self, node: Node) -> None:
        for child in node.named_children:
            if child.type in ("command_substitution", "process_substitution"):
                self._substituted(child)
            else:
                self._substitutions(child)

    def _substituted(self, node: Node) -> tuple[Call, ...]:
        """Read a substitution; return the calls whose output it is."""
        found: list[Call] = []
        with self._words.apart():
            for child in node.named_children:
                if child.type == "file_redirect":  # $(<file)
                    target = self._words.words(child.named_children[-1], *self._place(child))
                    found.append(Call(Word("cat"), tuple(target), *self._place(child)))
                else:
                    found += self._walk(child, _NOTHING)
        return tuple(found)

    def _in_subshell(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        with self._words.apart():
            return [call for child in node.named_children for call in self._walk(child, stdin, redirects)]

    def _pipeline(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        upstream: list[Call] = []
        last: list[Call] = []
        stages = [child for child in node.named_children if child.type != "comment"]
        for stage in stages:
            to = redirects if stage is stages[-1] else ()
            last = self._walk(stage, Stdin(tuple(upstream)) if upstream else stdin, to)
            if len(upstream) < _STAGES:
                upstream += last
            else:
                self.unread = True
        return upstream

    def _redirected(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        body = node.child_by_field_name("body")
        own: list[Redirect] = []
        for child in node.named_children:
            if child == body:
                continue
            taken = self._redirect(child)
            if isinstance(taken, Stdin):
                stdin = taken
            elif taken:
                own.append(taken)
        everything = (*redirects, *own)
        if body is not None:
            return self._walk(body, stdin, everything)
        call = Call(Word(":"), (), *self._place(node), self._state.cwd, stdin, everything)
        return self._made(self._with_rights(call))

    def _command(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        words: list[Word] = []
        own = list(redirects)
        for_this: dict[str, tuple[str, ...]] = {}
        for child in node.named_children:
            if child.type == "variable_assignment":
                if node.child_by_field_name("name") is None:
                    self._assign(child)
                else:
                    for_this.update(self._prefixed(child, stdin))
            elif child.type in ("file_redirect", "herestring_redirect", "heredoc_redirect"):
                taken = self._redirect(child)
                if isinstance(taken, Stdin):
                    stdin = taken
                elif taken:
                    own.append(taken)
            elif child.type == "command_name":
                words += self._words.words(
                    child.named_children[0] if child.named_children else child, *self._place(child)
                )
            else:
                words += self._words.words(child, *self._place(child))
        if not words:
            return []
        name, *rest = words
        call = Call(name, tuple(rest), *self._place(node), self._state.cwd, stdin, tuple(own))
        return self._made_with(for_this, self._with_rights(call))

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

    def _prefixed(self, node: Node, stdin: Stdin) -> dict[str, tuple[str, ...]]:
        """Read `NAME=value` before a command as a call of env, whose rules know what a variable may run."""
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None or value.type == "array":
            self._substitutions(node)
            return {}
        words = self._words.words(value, *self._place(node))
        text = f"{self._text(name)}={' '.join(word.text for word in words)}"
        made_by = tuple(call for word in words for call in word.made_by)
        word = Word(text, *self._place(node), made_by=made_by)
        self._made(self._with_rights(Call(Word("env"), (word,), *self._place(node), self._state.cwd, stdin)))
        return {self._text(name): values_of(words)} if words else {}

    def _with_rights(self, call: Call) -> Call:
        outer = self._outer
        call = replace(call, strayed=self._state.strayed)
        return replace(call, root=call.root or outer.root, away=outer.away) if outer else call

    def _made(self, call: Call) -> list[Call]:
        """Keep a call, and all that it makes; return it."""
        self._keep(call, 0)
        made = [call]
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
        if call.program in self._state.functions and call.program not in self._calling:
            self._into_function(call)
        if call.program in self._state.aliases and call.program not in self._calling:
            self._calling.append(call.program)
            self._keep(ownlines.expanded(call, self._state.aliases[call.program]), depth + 1)
            self._calling.pop()
        for one in wrappers.inner(call):
            self._keep(one, depth + 1)
        for text, word in scripts(call):
            self._script_in(text, call, word)

    def _into_function(self, call: Call) -> None:
        """Read the body of the function that is called, with its arguments."""
        outside = self._state.variables
        self._state.variables = self._state.with_arguments(values_of(call.words))
        span = self._span or (call.start, call.end)
        inner = Reader(self._state.functions[call.program], self._state, span=span, depth=self._depth + 1)
        inner._calling = [*self._calling, call.program]
        self.calls += inner.read(call.stdin, self._outer).calls
        self._state.variables = outside

    def _script_in(self, text: str, call: Call, word: Word) -> None:
        shell = ownlines.shell(call, self._state.shell)
        if shell != "bash":
            text = dialects.plain(text, shell)[0]
        if UNKNOWN in text.strip() and text.strip(UNKNOWN + " ") == "":
            if call.program not in ("eval", "alias", "abbr", *SHELLS):  # those have rules of their own
                held = Word(UNKNOWN, word.start, word.end, made_by=word.made_by)
                self.calls.append(
                    replace(call, name=Word("eval"), words=(held,), stdin=_NOTHING, redirects=())
                )
            return
        text = text.translate(CARRIED)
        state = replace(self._state.copy(), cwd=call.cwd, shell=shell)
        arguments = given_to(call)
        if arguments:
            state.variables = state.with_arguments(values_of(arguments[1:]))
            state.variables["0"] = values_of(arguments[:1])
        span = self._span or ((word.start, word.end) if word.end else (call.start, call.end))
        inner = Reader(text, state, span=span, depth=self._depth + 2)
        if self._depth + 2 > wrappers.DEEPEST:
            self.unread = True
            return
        found = inner.read(_NOTHING if word is call.name else call.stdin, call)
        self.calls += found.calls
        self.bomb = self.bomb or (span if found.bomb else None)

    def _declared(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        words = [Word(self._text(node).split()[0], *self._place(node))]
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assign(child)
                words.append(Word(self._text(child), *self._place(child)))
            else:
                words += self._words.words(child, *self._place(child))
        call = Call(words[0], tuple(words[1:]), *self._place(node), self._state.cwd, stdin, redirects)
        return self._made(self._with_rights(call))

    def _for(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        header = self._loop_variable(node)
        found: list[Call] = []
        for child in node.named_children:
            if child not in header:
                found += self._walk(child, stdin, redirects)
        return found

    def _assigned(self, node: Node, *_: object) -> list[Call]:
        self._assign(node)
        if self._text(node).startswith("HIST"):  # what is remembered: the same as with export
            word = Word(self._text(node), *self._place(node))
            self._made(self._with_rights(Call(Word("export"), (word,), *self._place(node), self._state.cwd)))
        return []

    def _defined(self, node: Node, stdin: Stdin, _: tuple[Redirect, ...]) -> list[Call]:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return []
        key, text = self._text(name), self._text(body)
        own = re.escape(key)
        if re.search(rf"(?<![\w/.-]){own}(?![\w/.-])\s*(?:\|\s*{own}|&)", text):
            self.bomb = self._place(node)
        self._state.functions[key] = text
        self._calling.append(key)
        with self._words.apart():
            self._walk(body, stdin)
        self._calling.pop()
        return []
