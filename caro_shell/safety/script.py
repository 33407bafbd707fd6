"""Reads a line as its shell would: every call in it, those that other programs make among them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from caro_shell.safety import grammar, programs
from caro_shell.safety.call import Call, Found, Redirect, Stdin, Word
from caro_shell.safety.keeping import NOTHING, Keeper
from caro_shell.safety.nodes import BLOCKS, FLAT
from caro_shell.safety.output import printed
from caro_shell.safety.state import State, values_of

if TYPE_CHECKING:
    from tree_sitter import Node

#: Most calls of a pipe that those behind them are judged by; what has more is said to be unread, too.
_STAGES = 100


class Reader(Keeper):
    """Reads one script. `span` is what its calls are said to be in the line; None for the line itself."""

    def __init__(
        self, script: str, state: State, *, span: tuple[int, int] | None = None, depth: int = 0
    ) -> None:
        super().__init__(script, state, self._substituted, span=span, depth=depth)
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

    def _another(self, script: str, state: State, *, span: tuple[int, int], depth: int) -> Reader:
        return Reader(script, state, span=span, depth=depth)

    def read(self, stdin: Stdin = NOTHING, outer: Call | None = None) -> Found:
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
        if kind in ("command_substitution", "process_substitution"):  # `case $(..) in`, `(( $(..) ))`
            self._substituted(node)
        elif kind not in FLAT or kind == "test_command":
            self._substitutions(node)
        return []

    def _block(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        found: list[Call] = []
        if self._floods(node):
            self.bomb = self._place(node)
        last = node.named_children[-1:] if node.type == "list" else node.named_children
        for child in node.named_children:
            before = self._state.cwd
            found += self._walk(child, stdin, redirects if child in last else ())
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
        fed = self._fed if self._text(node).startswith(">(") else NOTHING
        with self._words.apart():
            for child in node.named_children:
                if child.type == "file_redirect":  # $(<file)
                    target = self._words.words(child.named_children[-1], *self._place(child))
                    found.append(Call(Word("cat"), tuple(target), *self._place(child)))
                else:
                    found += self._walk(child, fed)
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
            if stage.type in ("compound_statement", "subshell") and len(last) > 1:
                last = _together(last)
            if len(upstream) < _STAGES:
                upstream += last
            else:
                self.unread = True
        return upstream

    def _redirected(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        body = node.child_by_field_name("body")
        own: list[Redirect] = []
        behind: list[Node] = []
        for child in node.named_children:
            if child == body:
                continue
            taken = self._redirect(child)
            if isinstance(taken, Stdin):
                stdin = taken
            elif taken:
                own.append(taken)
            own += self._beside(child)
            behind += [one for one in child.named_children if one.type in ("pipeline", "command", "list")]
        everything = (*redirects, *own)
        if body is not None:
            made = self._walk(body, stdin, everything)
            for one in behind if body.type != "pipeline" else ():  # what stands behind `<<EOF`
                made += self._walk(one, Stdin(tuple(made)) if one.type == "pipeline" else NOTHING)
            return made
        call = Call(Word(":"), (), *self._place(node), self._state.cwd, stdin, everything)
        return self._made(self._with_rights(call))

    def _command(self, node: Node, stdin: Stdin, redirects: tuple[Redirect, ...]) -> list[Call]:
        words: list[Word] = []
        if ">(" in self._text(node):  # what is written to it is what the command reads
            texts = [self._redirect(one) for one in node.named_children if one.type == "herestring_redirect"]
            stdin = next((one for one in texts if isinstance(one, Stdin)), stdin)
        self._fed = stdin
        own = [one for one in redirects if one.operator]
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
                own += [one for one in self._beside(child) if one.operator]
            elif child.type == "command_name":
                words += self._words.words(
                    child.named_children[0] if child.named_children else child, *self._place(child)
                )
            else:
                words += self._words.words(child, *self._place(child))
        words += [one.target for one in redirects if not one.operator]
        if not words:
            return []
        name, *rest = words
        name = programs.named(name)
        call = Call(name, tuple(rest), *self._place(node), self._state.cwd, stdin, tuple(own))
        return self._made_with(for_this, self._with_rights(call))

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
        # What is remembered, and what a prompt runs: the same as with export.
        if self._text(node).startswith(("HIST", "PROMPT_COMMAND", "PS1=", "PS4=", "PROMPT=")):
            word = Word(self._text(node), *self._place(node))
            self._made(self._with_rights(Call(Word("export"), (word,), *self._place(node), self._state.cwd)))
        return []

    def _defined(self, node: Node, stdin: Stdin, _: tuple[Redirect, ...]) -> list[Call]:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return []
        key, text = self._text(name), self._text(body)
        streams = node.child_by_field_name("redirect")
        text += f" {self._text(streams)}" if streams is not None else ""
        own = re.escape(key)
        if re.search(rf"(?<![\w/.-]){own}(?![\w/.-])\s*(?:\|\s*{own}|&)", text):
            self.bomb = self._place(node)
        self._state.functions[key] = text
        self.calling.append(key)
        with self._words.apart():
            self._walk(body, stdin)
        self.calling.pop()
        return []


def _together(calls: list[Call]) -> list[Call]:
    """Return `calls` of a block, and behind them one that prints what all of them print, where that is known."""
    texts = [printed(call) for call in calls]
    if any(text is None for text in texts):
        return calls
    whole = Word("".join(text or "" for text in texts))
    return [*calls, Call(Word("printf"), (Word("%s"), whole), calls[0].start, calls[-1].end, calls[0].cwd)]
