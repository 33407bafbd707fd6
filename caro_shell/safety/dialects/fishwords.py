"""What fish writes in another way: variables, characters by their number, commands that bash has by another name."""

from __future__ import annotations

import re

#: `$x[2]`, `$$x`, and what is written with a number.
PARAMETER = re.compile(r"(?<!\$)\$(\$?)(\w+)(?:\[([^]]*)\])?")
_NUMBERED = re.compile(r"\\(?:[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,6})|([0-7]{1,3}))")
#: Commands of fish that have another name, or another form, in bash.
COMMANDS = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"command[ ]+(?:-s|--search)(?=\s)", "which"),
        (r"path[ ]+(?:resolve|normalize)(?=\s)", "realpath"),
        (r"path[ ]+(dirname|basename)(?=\s)", r"\1"),
        (r"functions[ ]+(?:-c|--copy)[ ]+([^\s;]+)[ ]+([^\s;]+)", r"alias \2=\1"),
        (r"(set(?:[ ]+-\S+)*[ ]+\w+)\[[^]]*\](?=\s)", r"\1"),
    )
)


def parameter(found: re.Match[str]) -> str:
    """Return a variable as bash has it; a part of a list that is no single number from its start is all of it."""
    again, name, index = found.groups()
    if again:
        return f"${{!{name}}}"
    if index is None:
        return f"${{{name}}}"
    return f"${{{name}[{int(index) - 1}]}}" if index.isdigit() and int(index) else f"${{{name}[@]}}"


def _char(found: re.Match[str]) -> str:
    code = int(found[4], 8) if found[4] else int(found[1] or found[2] or found[3], 16)
    char = chr(code) if 0 < code < 0xD800 else "?"
    return char if char.isalnum() or char in "/.-_" else "\\" + char


def inside(text: str) -> str:
    """Return a word that is not quoted as bash has it."""
    text = _NUMBERED.sub(_char, PARAMETER.sub(parameter, text))
    text = re.sub(r"\{(\$\{\w+\})\}", r"\1", text)
    text = re.sub(r"(?<!\\)\\([nt])", r"$'\\\1'", text)
    return text.replace("`", "\\`")
