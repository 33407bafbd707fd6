"""What zsh writes in another way inside a word: parameters, patterns and what is asked of the files they match."""

from __future__ import annotations

import re
from collections.abc import Callable

Form = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]

#: What is quoted stays as it is: a pattern that begins with this has nothing in its groups there.
_QUOTED = r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|"
_BEGINS = r"(?<![^\s;&|(])"
_NESTED = r"[^(){}]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^(){}]*)*"
#: What is asked of files so that few of them pass: a size, an age, a place in a list, no target, no content.
_FEW = re.compile(r"\[-?\d|L|[amc](?:[MwhmsdS]?\+|[hmsd]?-)|@|\^F|[+]\w")
_CODE = re.compile(
    r"e(?:(?P<mark>[:'\"|,.%^-])(?P<code>.*?)(?P=mark)|\{(?P<braced>.*?)\}|\[(?P<boxed>.*?)\])", re.DOTALL
)
#: Kinds of files of which there are so few that to leave them out leaves nothing out.
_RARE = re.compile(r"\^[@=p%]")


def _outside(pattern: str, form: Callable[[re.Match[str]], str | None]) -> Form:
    """Return the form of `pattern` where it is not quoted; its own groups have names."""
    return re.compile(_QUOTED + pattern, re.DOTALL), lambda found: form(found) if found["it"] else None


def _qualified(found: re.Match[str]) -> str | None:
    """Return what stands for the qualifiers of a pattern, `*(.om[1])`: nothing if (nearly) all files pass."""
    inner = found["in"].removeprefix("#q")
    code = _CODE.search(inner)
    if code:
        text = code["code"] or code["braced"] or code["boxed"] or ":"
        return f"$({text.strip(chr(39) + chr(34))})"
    return "\1" if _FEW.search(_RARE.sub("", inner)) else ""


def _otherwise(found: re.Match[str]) -> str:
    """Return `${(e):-'text'}` as what its flags make of the text."""
    flags, text = found["flags"], found["text"]
    if "Q" in flags:
        text = text.strip("'\"")
    if "%" in flags:
        text = re.sub(r"%[~d/]", "$PWD", text)
    return text.lower() if "L" in flags else text.upper() if "U" in flags else text


def _index(found: re.Match[str]) -> str:
    """Return `$x[2]` as bash counts; any part of an array that is no single number from its start is all of it."""
    name, index = found[1], found[2]
    if name == "commands":
        return index
    return f"${{{name}[{int(index) - 1}]}}" if index.isdigit() and int(index) > 0 else f"${{{name}[@]}}"


FORMS: tuple[Form, ...] = (
    # Arrays, files as an array, and what flags make of a text.
    _outside(
        rf"(?P<it>{_BEGINS}set -A (?P<name>\w+) (?P<words>[^;&|\n()]*))",
        lambda found: f"{found['name']}=({found['words']})",
    ),
    _outside(rf"(?P<it>{_BEGINS}mapfile\[(?P<path>[^\]\s]+)\]=)", lambda found: f": >{found['path']} "),
    (re.compile(rf"{_BEGINS}unset\s+[\"']?mapfile\[([^\]\s]+)\][\"']?"), lambda found: f"rm -f {found[1]}"),
    (re.compile(r"\$\{\((?P<flags>[a-zA-Z%=@]+)\):-(?P<by>['\"]|)(?P<text>[^{}\"]*?)(?P=by)\}"), _otherwise),
    (
        re.compile(r"\$\{\([a-zA-Z@]*j::[a-zA-Z@]*\)(\w+)\}"),
        lambda found: f'$(printf %s "${{{found[1]}[@]}}")',
    ),
    (re.compile(r"\$\{\([a-zA-Z@]*e[a-zA-Z@]*\)(\w+)\}"), lambda found: f'$(eval "print ${{{found[1]}}}")'),
    # Numbers in a pattern, x<1-9>, and how one is to match, (#i)x.
    _outside(r"(?P<it><\d*-\d*>)", lambda _: "[0-9]"),
    _outside(r"(?P<it>\(#[^q()][^()]*\))", lambda _: ""),
    # Alternatives in a pattern: x.(c|h), behind what is no name of a function.
    _outside(
        r"(?P<it>(?:(?<=[*.\w/\]~^}\"'-])|(?<=[ \t(])(?<!\bin )(?<!;; )(?<!;\| )(?<!;& ))\((?P<in>[\w.*?/+,@~^-]*(?:\|[\w.*?/+,@~^-]*)+)\))",
        lambda found: "{" + found["in"].replace("|", ",") + "}",
    ),
    # Qualifiers.
    _outside(
        r"(?P<it>(?<=[*?\w\]>)/}\"'-])\((?P<in>#q[^()]*|(?=[#^/.@=*%\w,:;+\[\]'\"-])(?:[^()\s|&;]|e[:'\"{\[-][^()]*)*)\)(?=[\s;&|)]|$))",
        lambda found: _qualified(found) if found["in"] else None,
    ),
    # All but x: ^x, (^x), and x without y: x~y.
    _outside(rf"(?P<it>(?:{_BEGINS}|(?<=/))\(?\^(?P<in>[^\s;&|()/]+)\)?(?=[\s;&|)]|$))", lambda _: "*"),
    _outside(r"(?P<it>(?<=[*\])])~[^\s;&|()]+)", lambda _: ""),
    _outside(r"(?P<it>\*\*\*/)", lambda _: "**/"),
    # Parameters: flags, ${(f)x}; other expansions in one, ${$(x)}; marks, $~x; what is if there is none, ${:-x}.
    (re.compile(r"(?<=\$\{)\([^()]*P[^()]*\)(?=\w)"), lambda _: "!"),
    (
        re.compile(
            r"(?<=\$\{)\([^()]*s(?P<mark>[^\w\s()])(?P<at>[^()]+?)(?P=mark)[^()]*\)(?P<name>\w+)(?=\})"
        ),
        lambda found: f"{found['name']}//{found['at']}/ ",
    ),
    (re.compile(r"(?<=\$\{)\([^()]*\)"), lambda _: ""),
    (re.compile(r"(?<=\$)[~=^+]+(?=\w)"), lambda _: ""),
    (re.compile(r"(?<=\$\{)[~=^+]+(?=[\w$:])"), lambda _: ""),
    (re.compile(r"\$\{\$\{(\w+)\}([^{}]*)\}"), lambda found: f"${{{found[1]}{found[2]}}}"),
    (re.compile(r"\$\{(\$\{[^{}]*\})[^{}]*\}"), lambda found: found[1]),
    (re.compile(r"\$\{:-([^{}]*)\}"), lambda found: found[1]),
    (re.compile(r"(?<=\$\{)(\w+):#[^{}]*(?=\})"), lambda found: found[1]),
    (
        re.compile(r"(?<=\$\{)(\w+):g?s/([^/{}]*)/([^/{}]*)/?(?=\})"),
        lambda found: f"{found[1]}//{found[2]}/{found[3]}",
    ),
    (re.compile(rf"\$\{{\"?(\$\({_NESTED}\))\"?[^{{}}]*\}}"), lambda found: found[1]),
    (re.compile(r'\$\{("(?:[^"\\]|\\.)*")[^{}]*\}'), lambda found: found[1]),
    # An index, $x[2]; the length, $#x; a change, $x:h; where a program is, $commands[x].
    (re.compile(r"\$\{?(commands)\[(\w+)\]\}?"), _index),
    (re.compile(r"\$(?=\{?(\w+))(?:\w+|\{\w+(?=[^{}]*\}))\[(?![@*]\])((?:\([^()]*\))?[^]\[]+)\]\}?"), _index),
    (re.compile(r"\$([A-Za-z_]\w*)\[([@*])\]"), lambda found: f"${{{found[1]}[{found[2]}]}}"),
    (re.compile(r"\$#(\w+)"), lambda found: f"${{#{found[1]}}}"),
    (re.compile(r"\$([A-Za-z_]\w*)((?::[htraAP])+)(?!\w)"), lambda found: f"${{{found[1]}{found[2]}}}"),
    # Functions and aliases that are given their text as a value.
    (re.compile(rf"{_BEGINS}(?:functions|[gs]?aliases)\[(\w+)\]="), lambda found: f"alias {found[1]}="),
    # =(command) and =command.
    _outside(rf"(?P<it>(?:{_BEGINS}|(?<=\w=))=(?=\())", lambda _: "<"),
    _outside(rf"(?P<it>{_BEGINS}=(?=[a-z]))", lambda _: "/usr/bin/"),
)
