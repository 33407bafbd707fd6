"""Pure: what models write round a command, and how it comes off: thoughts, prompts, quotes, alternatives."""

from __future__ import annotations

import re

#: The names that models give to code for a shell.
SHELL_LANGUAGES = (
    *("bash", "sh", "zsh", "fish", "shell", "console", "terminal", "shell-session", "shellsession"),
    *("shellscript", "ksh", "dash", "commandline"),
)
_PROMPT = re.compile(r"^\s*(?:\([\w.-]+\) ?)?(?:\[?[\w.-]+@[^\s$%#>]+(?: [^\s$%#>]+)?)?[$%❯➜»][ \t]+(?=\S)")
# "> file" empties a file; "> ls -la" is a quotation or a prompt.
_QUOTATION = re.compile(r"^>[ \t]+(?=[^\s|;&<>]+[ \t]+[^\s|;&<>])")
_OR_ELSE = re.compile(
    r"\s*(?:#+\s*(?:or\b|alternative|another\b|(?:option|method|variant)\s*\d)|or\s*:?\s*$)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"""(?:"([^"\\]+)"|'([^'\\]+)'|“([^”]+)”)$""")
_MARKED = re.compile(r"(?:`([^`]+)`|\*\*([^*]+)\*\*)$")
_THOUGHT = re.compile(r"\s*<(think|thinking|thought|reasoning)>(?:.*?</\1>|.*)", re.DOTALL)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>[ \t]*$", re.MULTILINE)
_TAGGED = re.compile(r"<(answer|command|cmd|bash|shell|code|response)>(.*?)</\1>", re.DOTALL)
_SPECIAL_TOKEN = re.compile(r"<\|[a-z_]{1,30}\|>|</s>\s*$|<end_of_turn>")


def said(text: str) -> str:
    """Return `text` without what a model does not say to people: thoughts, special tokens, tags."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff").strip(" \t\n")
    text = _THOUGHT.sub("", text, count=1) if _THOUGHT.match(text) else text
    thought_ends = list(_THOUGHT_END.finditer(text))
    if thought_ends:  # the opening tag was the prompt's
        text = text[thought_ends[-1].end() :]
    # Within an object they belong to a text that is read on its own.
    token = _SPECIAL_TOKEN.search(text, text.rfind("}") if text.startswith("{") else 0)
    text = (text[: token.start()] if token else text).strip(" \t\n")
    tagged = _TAGGED.match(text)
    return tagged[2].strip() if tagged else text


def bare(script: str) -> str:
    """Return the script without the prompts, quotes or language name written round it."""
    script = without_prompts(without_language(script)).strip()
    marked = _MARKED.match(script)
    if marked:
        return marked[1] or marked[2]
    quoted = _QUOTED.match(script)
    # One quoted word is a command whose name is quoted.
    return quoted[0][1:-1] if quoted and " " in quoted[0] else script


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
    has_command = False
    for line in script.split("\n"):
        if has_command and _OR_ELSE.match(line):
            break
        has_command = has_command or bool(line.strip() and not line.lstrip().startswith("#"))
        kept.append(line)
    return "\n".join(kept)
