"""Pure: what models write round a command, and how it comes off: thoughts, prompts, quotes, second opinions."""

from __future__ import annotations

import re

#: The names that models give to code for a shell.
SHELL_LANGUAGES = (
    *("bash", "sh", "zsh", "fish", "shell", "console", "terminal", "shell-session", "shellsession"),
    *("shellscript", "ksh", "dash", "commandline", "cmd"),
)
_PROMPT = re.compile(r"^\s*(?:\([\w.-]+\) ?)?(?:\[?[\w.-]+@[^\s$%#>]+(?: [^\s$%#>]+)?)?[$%❯➜»][ \t]+(?=\S)")
# "> file" empties a file; "> ls -la" is a quotation or a prompt.
_QUOTATION = re.compile(r"^>[ \t]+(?=[^\s|;&<>]+[ \t]+[^\s|;&<>])")
_OR_ELSE = re.compile(
    r"\s*(?:#+\s*(?:or\b|alternative|another\b|(?:option|method|variant)\s*\d)|or\s*:?\s*$)",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    r"""(?: "([^"\\]+[ ][^"\\]+)" | '([^'\\]+[ ][^'\\]+)' | “([^”]+[ ][^”]+)” | `([^`]+)` | [*]{2}([^*]+)[*]{2} )$""",
    re.VERBOSE,
)
_THOUGHT = re.compile(r"\s*<(think|thinking|thought|reasoning)>(?:.*?</\1>|.*)", re.DOTALL)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>[ \t]*$", re.MULTILINE)
_TAGGED = re.compile(r"<(answer|command|cmd|bash|shell|code|response)>(.*?)</\1>", re.DOTALL)
_SPECIAL_TOKEN = re.compile(r"<\|[a-z_]{1,30}\|>|</s>\s*$|<end_of_turn>")


def said(text: str) -> str:
    """Return `text` without what a model does not say to people: thoughts, special tokens, tags."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    text = _THOUGHT.sub("", text, count=1) if _THOUGHT.match(text) else text
    thought_ends = list(_THOUGHT_END.finditer(text))
    if thought_ends:  # the opening tag was the prompt's
        text = text[thought_ends[-1].end() :]
    token = _SPECIAL_TOKEN.search(text)
    text = (text[: token.start()] if token else text).strip(" \t\n")
    tagged = _TAGGED.match(text)
    return tagged[2].strip() if tagged else text


def bare(script: str) -> str:
    """Return the script without the prompts, quotes or language name written round it."""
    script = without_prompts(without_language(script)).strip()
    wrapped = _WRAPPED.match(script)
    return next(filter(None, wrapped.groups())) if wrapped else script


def without_language(script: str) -> str:
    """Drop a first line that only names the language; alone it is a command."""
    first, _, rest = script.strip().partition("\n")
    return rest if rest.strip() and first.strip().lower() in SHELL_LANGUAGES else script


def without_prompts(script: str) -> str:
    """Keep of a copied session what was typed: where one line has a prompt, those without are output."""
    lines = script.split("\n")
    if not any(map(_PROMPT.match, lines)):
        return "\n".join(_QUOTATION.sub("", line) for line in lines)
    typed: list[str] = []
    for line in lines:
        if _PROMPT.match(line):
            typed.append(_PROMPT.sub("", line))
        elif typed and typed[-1].rstrip().endswith("\\"):
            typed.append(re.sub(r"\s*> ", "", line, count=1) if line.lstrip().startswith("> ") else line)
    return "\n".join(typed)


def until_alternative(script: str) -> str:
    """Cut the script where a comment offers another way of doing the same."""
    kept: list[str] = []
    for line in script.split("\n"):
        if _OR_ELSE.match(line) and any(done.strip() and not done.lstrip().startswith("#") for done in kept):
            break
        kept.append(line)
    return "\n".join(kept)
