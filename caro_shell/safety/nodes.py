"""A line's bytes and the nodes of its syntax tree: their text, their place, the words that they become."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.safety.call import PUT_BACK, SOMETHING, UNKNOWN, Call, Redirect, Stdin, Word
from caro_shell.safety.state import State, values_of
from caro_shell.safety.words import Expander

if TYPE_CHECKING:
    from tree_sitter import Node

#: Nodes that hold others one after the other, and those in which nothing is called.
_NESTING = (
    "program list compound_statement do_group if_statement else_clause elif_clause while_statement"
    " until_statement case_item case_statement negated_command ERROR c_style_for_statement"
)
BLOCKS = frozenset(_NESTING.split())
FLAT = frozenset(["test_command", "comment", "variable_name", "word", "number", "heredoc_body", "regex"])


class Nodes:
    """Reads the nodes of one script. `span` is what they are said to be in the line; None for the line itself.

    `run` is given the node of a substitution, and returns the calls in it.
    """

    def __init__(
        self,
        script: str,
        state: State,
        span: tuple[int, int] | None,
        run: Callable[[Node], tuple[Call, ...]],
    ) -> None:
        # The grammar takes the rest of a line for a part of a test that ends with a tilde.
        self._source = re.sub(r"(?<=\s)~(?= \])", ".", script).encode("utf-8", "surrogatepass")
        self._ascii = script.isascii()
        self._span = span
        self._words = Expander(self._source, state, run)

    @property
    def _state(self) -> State:
        return self._words.state

    def _redirect(self, node: Node) -> Redirect | Stdin | None:
        if node.type == "herestring_redirect":
            words = [one for child in node.named_children for one in self._words.words(child, 0, 0)]
            text = " ".join(word.text for word in words)
            made_by = tuple(call for word in words for call in word.made_by)
            return Stdin(made_by) if made_by and text.strip(UNKNOWN) == "" else Stdin(text=text)
        if node.type == "heredoc_redirect":
            return Stdin(text=self._heredoc(node))
        if node.type != "file_redirect":
            return None
        operator = next((child.type for child in node.children if not child.is_named), ">")
        fd = next((self._text(child) for child in node.named_children if child.type == "file_descriptor"), "")
        target = node.child_by_field_name("destination")
        if target is None:
            return None
        words = self._words.words(target, *self._place(target))
        word = words[0] if words else Word("")
        if operator == "<":
            made = word.made_by
            return (
                Stdin(made)
                if made
                else Stdin((Call(Word("cat"), (word,), *self._place(node), self._state.cwd),))
            )
        return Redirect(operator, word, fd)

    def _heredoc(self, node: Node) -> str:
        body = [child for child in node.named_children if child.type == "heredoc_body"]
        return "".join(self._text(child) for child in body)

    def _assign(self, node: Node) -> None:
        if node.type == "variable_assignments":
            for child in node.named_children:
                self._assign(child)
            return
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        key = self._text(name).partition("[")[0]
        if value is None:
            self._state.variables[key] = ("",)
            return
        nodes = value.named_children if value.type == "array" else [value]
        words = [word for one in nodes for word in self._words.words(one, *self._place(one))]
        if value.type == "array":
            words = [replace(word, text=re.sub(r"^\[[^]]*\]=", "", word.text)) for word in words]
        texts = values_of(words) or ("",)
        self._state.made[key] = tuple(call for word in words for call in word.made_by)
        if value.type != "array":
            texts = (" ".join(texts),) if len(texts) > 1 else texts
        if any(child.type == "+=" for child in node.children):
            before = self._state.variables.get(key, ())
            texts = (*before, *texts) if value.type == "array" else ("".join((*before, *texts)),)
        self._state.variables[key] = texts

    def _loop_variable(self, node: Node) -> list[Node]:
        """Give the variable of a `for` its values; return the nodes that say so."""
        name = node.child_by_field_name("variable")
        values = list(node.children_by_field_name("value"))
        words = [word for one in values for word in self._words.words(one, *self._place(one))]
        if name is not None and not values:  # for x; do
            self._state.variables[self._text(name)] = self._state.variables.get("@", (SOMETHING,))
        elif name is not None:
            self._state.made[self._text(name)] = tuple(call for word in words for call in word.made_by)
            texts = tuple(text.replace(UNKNOWN, SOMETHING) for text in values_of(words))
            self._state.variables[self._text(name)] = texts or (SOMETHING,)
        return [*values, name] if name is not None else values

    def _place(self, node: Node) -> tuple[int, int]:
        if self._span:
            return self._span
        if self._ascii:
            return node.start_byte, node.end_byte
        before = len(self._source[: node.start_byte].decode("utf-8", "replace"))
        return before, before + len(self._text(node))

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace").translate(PUT_BACK)
