"""Pure: what a model wrote, read as one command. `READERS` is the order in which its forms are tried.

The same readers read a server's JSON body: the text in it is read in its turn. A reader that knows the form
but finds no command in it raises; what a later reader would find in such a reply is not what was meant.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from caro_shell import sanitise
from caro_shell.errors import NoCommandFound
from caro_shell.parse import markdown, reply_json, wrapping
from caro_shell.parse.oneline import first_statement, one_line
from caro_shell.parse.prose import is_prose

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("caro")

NO_COMMAND = "the model gave no command; try other words"


class Answer(NamedTuple):
    """A command, and what the model said about it; `reader` is the name of the reader that found it."""

    command: str
    explanation: str | None = None
    confidence: float | None = None
    reader: str = ""


Reader = Callable[[str, str], Optional[Answer]]


def read_answer(text: str, shell: str = "bash") -> Answer:
    """Return the command in `text`, fit for a line of `shell`.

    `text` is a model's answer or the body of a server's. Raises NoCommandFound, with a sentence that says
    why, when there is no command in it, or none that may reach the line.
    """
    try:
        answer = _read(text, shell)
    except NoCommandFound:
        log.debug("no command in the reply %r", text[:200])
        raise
    log.debug("reply read by %s", answer.reader)
    return answer


def _read(text: str, shell: str) -> Answer:
    said = wrapping.said(text)
    for reader in READERS:
        found = reader(said, shell)
        if found:
            command = sanitise.command(one_line(wrapping.bare(found.command), shell))
            if is_prose(command):
                raise NoCommandFound(NO_COMMAND)
            return found._replace(command=command, reader=found.reader or reader.__name__)
    raise NoCommandFound(NO_COMMAND)


# -- the readers: (text, shell) -> what was found, still as the model wrote it


def from_json(text: str, shell: str) -> Answer | None:
    """Read a reply that is one JSON object."""
    found = reply_json.strict_object(text)
    return None if found is None else _from_object(found, shell)


def from_lenient_json(text: str, shell: str) -> Answer | None:
    """Read the JSON object, faults and all, among prose or in a fence."""
    found = reply_json.lenient_object(text)
    return None if found is None else _from_object(found, shell)


def from_fence(text: str, shell: str) -> Answer | None:
    """Read the fenced block for this shell, else the first for any, else the first without a language."""
    before, _ = markdown.split_at_lone_fence(text)
    if before.strip() and not is_prose(_first_line(before)):
        return Answer(wrapping.until_alternative(before))
    found = markdown.blocks(text)
    for languages in ((shell,), wrapping.SHELL_LANGUAGES, _NO_LANGUAGE):
        for block in found:
            if block.language in languages:
                return Answer(wrapping.until_alternative(block.code))
    if found:
        language = sanitise.printable(found[0].language[:20])
        raise NoCommandFound(f"the model answered in {language}, not with a command; try other words")
    return None


def from_label(text: str, shell: str) -> Answer | None:
    """Read the line labelled as the command (`Command: ls`), and the one labelled as its explanation."""
    del shell
    labelled = (_label_value(match) for match in map(_LABEL.match, text.split("\n")) if match)
    command = next((line for line in labelled if markdown.spans(line)[0] or not is_prose(line)), None)
    if command is None:
        return None
    explanation = next((match[1] for match in map(_EXPLANATION.match, text.split("\n")) if match), None)
    return Answer(_leading_span(command) or command, _explained(explanation))


def from_inline_code(text: str, shell: str) -> Answer | None:
    """Read the first code in backticks that has arguments, in the prose above any plain command line."""
    del shell
    words: list[str] = []
    for line in filter(str.strip, text.split("\n")):
        code, rest = markdown.spans(_BULLET.sub("", line))
        if not is_prose(rest) and not (code and _says_nothing(rest)):
            if is_prose(line):
                continue
            return None
        if _REFUSAL.search(rest):
            continue
        for span in code:
            if " " in span and not is_prose(span):
                return Answer(span)
        words += filter(_WORD.match, code)
    return Answer(words[0]) if words else None


def from_plain_line(text: str, shell: str) -> Answer | None:
    """Read the first line that is no sentence, with the lines its grammar needs.

    Only that one statement: without a fence, what follows is as likely another answer as a next step.
    """
    lines = [line for line in wrapping.without_language(text).split("\n") if not markdown.is_fence(line)]
    for at, line in enumerate(lines):
        candidate = _BULLET.sub("", line)
        if not candidate.strip() or candidate.lstrip().startswith("#") or is_prose(candidate):
            continue
        script = [candidate, *_lines_of_code(candidate, lines[at + 1 : at + _MOST_LINES])]
        return Answer(first_statement(wrapping.without_prompts("\n".join(script)), shell))
    return None


#: The forms an answer may have, the plainest to tell first.
READERS: tuple[Reader, ...] = (
    from_json,
    from_lenient_json,
    from_fence,
    from_label,
    from_inline_code,
    from_plain_line,
)


# -- what the readers share

#: Lines looked at for one statement; more could not come to one line of the length allowed.
_MOST_LINES = 256
_NO_LANGUAGE = ("", "text", "txt", "plaintext", "plain")
_BULLET = re.compile(r"^[ \t]*(?:\d{1,3}[.)]|[-*•])[ \t]+")
_LABEL = re.compile(
    r"\W{0,8}(?:(?:the|shell|bash|zsh|fish|linux|terminal|full|final|correct) )*"
    r"(?:command|cmd|answer|solution|bash|zsh|fish|shell|commande|comando|befehl|команда|命令|コマンド)"
    r"(?: is)?[ *]{0,4}[:：][ *]{0,4}(?=[^\s*])(.*)",
    re.IGNORECASE,
)
_EXPLANATION = re.compile(
    r"\W{0,8}(?:explanation|description)[ *]{0,4}:[ *]{0,4}(?=[^\s*])(.*)", re.IGNORECASE
)
# What is named in a refusal or a warning is not what is offered.
_REFUSAL = re.compile(
    r"\b(?:sorry|can[’']t|cannot|can not|won[’']t|unable|refuse|never|don[’']t|do not|avoid|dangerous)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z][a-z0-9_-]*$")


def _from_object(found: reply_json.Object, shell: str) -> Answer:
    command = next((found[key] for key in reply_json.COMMAND_KEYS if key in found), None)
    if command is None:
        text = reply_json.text_within(found)
        if text is None:
            raise NoCommandFound(NO_COMMAND)
        return _read(text, shell)
    if not isinstance(command, str):
        raise NoCommandFound(NO_COMMAND)
    explanation = next((found[key] for key in reply_json.EXPLANATION_KEYS if key in found), None)
    confidence = _confidence(found.get("confidence"))
    fenced = from_fence(command, shell)
    return Answer(fenced.command if fenced else command, _explained(explanation), confidence)


def _explained(explanation: Any) -> str | None:
    """Return the explanation on one line, fit to be shown; None where there is none."""
    if not isinstance(explanation, str):
        return None
    return sanitise.printable(" ".join(explanation.split()))[: sanitise.LONGEST] or None


def _confidence(value: Any) -> float | None:
    """Return a confidence of 0 to 1; some models count to 100."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        return None
    return float(value if value <= 1 else value / 100)


def _first_line(text: str) -> str:
    return _BULLET.sub("", next(filter(str.strip, wrapping.without_language(text).split("\n")), ""))


def _lines_of_code(before: str, lines: list[str]) -> Iterator[str]:
    """Yield the lines up to the first sentence; a comment, or what continues a line, is none."""
    for line in lines:
        if is_prose(line) and not before.rstrip().endswith("\\") and not line.lstrip().startswith("#"):
            return
        yield line
        before = line


def _label_value(match: re.Match[str]) -> str:
    """Return what stands behind the label; "**Command: ls**" ends in a mark that belongs to the label."""
    value = match[1].rstrip()
    marked = match[0][: match.start(1)].count("**") % 2 and value.endswith("**")
    return value[:-2] if marked else value


def _leading_span(line: str) -> str:
    """Return the code that `line` begins with, if what follows is no more of the command."""
    code, rest = markdown.spans(line)
    alone = _says_nothing(rest) or is_prose(rest) or rest.lstrip().startswith("(")
    return code[0] if code and line.startswith("`") and alone else ""


def _says_nothing(rest: str) -> bool:
    return not re.search(r"""[\w$"'|&;<>]""", rest)
