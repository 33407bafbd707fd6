"""A line's bytes and the nodes of its syntax tree: their text, their place, the words that they become."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.safety.call import (
    LONGEST,
    MOST_VALUES,
    PUT_BACK,
    SOMETHING,
    UNKNOWN,
    Call,
    Redirect,
    Stdin,
    Word,
)
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
_LOOPS = ("while_statement", "until_statement", "c_style_for_statement")
#: A loop without an end, by how it begins; what in its body waits, or leaves it.
_ENDLESS = re.compile(
    r"(?:while\s+(?::|true|1|yes|\[\[?\s+\S+\s+\]\]?)|until\s+false|for\s*\(\(\s*;\s*;\s*\)\))\s*[;\n]"
)
_WAITS = re.compile(r"(?<![\w-])(?:sleep|wait|read|break|return|exit|inotifywait|select)(?![\w-])")
FLAT = frozenset(["test_command", "comment", "variable_name", "word", "number", "heredoc_body", "regex"])

#: What the grammar does not know, and the same in words that it knows, as long as it was: `time {`, `!(a|b)`,
#: a word that goes on behind `$IFS`.
_RESPELT: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(
            r"(?:(?<=[;&|({\n])|(?<=\bdo)|(?<=\bthen)|(?<=\belse)|^)(\s*)(?:time(?:\s+-p)?|!|coproc(?:\s+\w+)?)\s+"
            r"(?=(?:\{|for|while|until|if|case)\s|\()"
        ),
        lambda found: " " * len(found[0]),
    ),
    (
        re.compile(r"(?<=\s)([\w./~*$-]*/)?[!@+]\([^()\s]*\)([\w./*-]*)(?=\s|$|;)"),
        lambda found: f"{found[1] or ''}*{found[2]}".ljust(len(found[0])),
    ),
    (
        re.compile(r"(?<=[\w'\"\\/-])\$(?:IFS\b|\{IFS\})(?:\$9)?(?=[\w'\"/~$.-])"),
        lambda found: " " * len(found[0]),
    ),
    (  # a here-string behind a redirection, which the grammar knows before one
        re.compile(
            r"(?<![<>\w])(\d?&?>>?\|?\s*(?:&\d|[^\s<>|&;()'\"]+))([ \t]+)"
            r"(<<<\s*(?:\"(?:[^\"\\]|\\.)*\"|\$?'[^']*'|[^\s;|&<>()'\"]+))"
        ),
        lambda found: found[3] + found[2] + found[1],
    ),
)


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
        # The grammar takes the rest of a line for a part of a test that ends with a tilde or a slash.
        script = re.sub(r"(?<=\s)[~/](?= \])", ".", script)
        for pattern, same in _RESPELT:
            script = pattern.sub(same, script)
        self._source = script.encode("utf-8", "surrogatepass")
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
            return Stdin(made_by) if made_by and text.strip(UNKNOWN) == "" else Stdin(made_by, text)
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

    def _beside(self, node: Node) -> list[Redirect]:
        """Return what the grammar puts into a redirection though it stands behind it: words, other redirections.

        A word is given as a redirection without an operator.
        """
        targets = node.children_by_field_name("destination")[1:]
        found = [
            Redirect("", word)
            for one in [*targets, *node.children_by_field_name("argument")]
            for word in self._words.words(one, *self._place(one))
        ]
        for one in node.named_children:
            inner = self._redirect(one) if one.type == "file_redirect" else None
            if isinstance(inner, Redirect):
                found.append(inner)
        return found

    def _heredoc(self, node: Node) -> str:
        body = [child for child in node.named_children if child.type == "heredoc_body"]
        for one in (inner for child in body for inner in child.named_children):
            if one.type == "command_substitution":
                self._words.words(one, *self._place(one))
        return "".join(self._text(child) for child in body)

    def _assign(self, node: Node) -> None:  # noqa: C901
        if node.type == "variable_assignments":
            for child in node.named_children:
                self._assign(child)
            return
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        if name.type == "subscript":
            self._index(name)
        key, _, index = self._text(name).partition("[")
        if value is None:
            self._state.variables[key] = ("",)
            return
        nodes = value.named_children if value.type == "array" else [value]
        words = [word for one in nodes for word in self._words.words(one, *self._place(one))]
        if value.type == "array":
            for word in words:
                held = re.match(r"(\[[^]]*\])=(.*)", word.text, re.DOTALL)
                if held:
                    self._state.variables[key + held[1]] = (held[2],)
            words = [replace(word, text=re.sub(r"^\[[^]]*\]=", "", word.text)) for word in words]
        texts = values_of(words) or ("",)
        if index:
            self._state.variables[f"{key}[{index}"] = texts
            texts = (*self._state.variables.get(key, ()), *texts)
        self._state.made[key] = tuple(call for word in words for call in word.made_by)
        if value.type != "array" and not index:
            either = any(word.also for word in words)
            texts = (" ".join(texts),) if len(texts) > 1 and not either else texts
        if any(child.type == "+=" for child in node.children):
            before = self._state.variables.get(key, ())
            texts = (*before, *texts) if value.type == "array" else ("".join((*before, *texts)),)
        self._state.variables[key] = tuple(
            text if len(text) <= LONGEST else UNKNOWN for text in texts[:MOST_VALUES]
        )

    def _index(self, node: Node) -> None:
        """Read the substitutions in the index of an array."""
        for child in node.named_children:
            if child.type == "command_substitution":
                self._words.words(child, *self._place(child))

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

    def _floods(self, node: Node) -> bool:
        """Say whether `node` is a loop that starts something in the background for ever."""
        text = self._text(node) if node.type in _LOOPS else ""
        body = node.named_children[-1] if text else None
        behind = body is not None and any(child.type == "&" for child in body.children)
        return behind and bool(_ENDLESS.match(text)) and not _WAITS.search(text)

    def _place(self, node: Node) -> tuple[int, int]:
        if self._span:
            return self._span
        if self._ascii:
            return node.start_byte, node.end_byte
        before = len(self._source[: node.start_byte].decode("utf-8", "replace"))
        return before, before + len(self._text(node))

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace").translate(PUT_BACK)
