"""What a program in another language would do, said as a line of a shell: its calls whose arguments are literals.

Nothing is parsed for good: calls of known names are looked for, and what stands in their arguments is put
together. What is no literal becomes a variable that nobody has set, so that it is judged as unknown.
"""

from __future__ import annotations

import re

from caro_shell.safety.snippets import Snippet
from caro_shell.safety.tongues import DOES, SHELL

#: What stands for a value that is not known, alone and behind something else.
_OPEN, _PART = "$made_there", "$RANDOM"
_STRING = r"(?:[rbfuRBFU]{0,2})(?:\"\"\"(?P<d3>.*?)\"\"\"|'''(?P<s3>.*?)'''|\"(?P<d>(?:\\.|[^\"\\])*)\"|'(?P<s>(?:\\.|[^'\\])*)')|q[qw]?[{(|/](?P<q>[^})|/]*)[})|/]"
_TOKEN = re.compile(
    rf"(?P<string>{_STRING})"
    r"|(?P<home>Path\.home\(\)|os\.environ\[['\"]HOME['\"]\]|os\.environ\.get\(['\"]HOME['\"]\)|os\.getenv\(['\"]HOME['\"]\)|getenv\(['\"]HOME['\"]\)|Dir\.home|ENV\[['\"]HOME['\"]\]"
    r"|\$ENV\{['\"]?HOME['\"]?\}|process\.env\.HOME|(?:require\(['\"]os['\"]\)|os)\.homedir\(\)|ENVIRON\[['\"]HOME['\"]\]|\$env:USERPROFILE|\$_SERVER\[['\"]HOME['\"]\])"
    r"|(?P<key>\b\w+\s*=(?![=>]))|(?P<join>\b(?:os\.)?path\.join\s*\(|\bFile\.join\s*\()|(?P<call>[\w.$:]+\s*\()|(?P<number>-?\b0o?[0-7]{3,5}\b|-?\b\d+\b)"
    r"|(?P<name>[$@%]?[A-Za-z_][\w.:]*(?:\[[^]'\"]*\])?|\$\d)|(?P<mark>=>|[\[\](){},]|.)",
    re.DOTALL,
)
_RM = "rm -rf --"
_WALKED = re.compile(
    r"\b(?:os\.walk|listdir|scandir|rglob|iterdir|readdirSync|readdir|opendir|Dir\.(?:children|each_child|entries|foreach)|Find\.find|find|RecursiveDirectoryIterator|walkdir|walk)\s*\(?"
)
_GLOBBED = re.compile(r"\b(?:i?glob(?:Sync)?|Dir\.glob|Dir)\s*[(\[]|<(?=[/~*.])")
_FILTERED = re.compile(r"\bif\b|endswith|\bgrep\b|\.select|\.filter|suffix|getmtime|fnmatch|/\.\w+\$/")


def shell_lines(snippet: Snippet) -> list[str]:
    """Return what `snippet` runs, deletes and writes over, each as a line of a shell."""
    language, text = snippet.language, snippet.text
    for name, other in re.findall(r"\bimport\s+(\w+)\s+as\s+(\w+)", text) if language == "python" else ():
        text = re.sub(rf"(?<![\w.]){other}(?=\s*[.(])", name, text)
    lines = []
    pattern = SHELL.get(language)
    for found in re.finditer(pattern, text) if pattern else ():
        if language == "expect":
            lines.append(re.split(r"[\n;\]]", text[found.end() :])[0])
            continue
        arguments = _arguments(text, found.end())
        if (
            found[0]
            .strip("( ")
            .endswith(("execl", "execlp", "execv", "execvp", "execve", "execle", "posix_spawn"))
        ):
            arguments = [*arguments[:1], *arguments[2:]]
        if "spawn" in found[0] and found[0].startswith("os.spawn"):
            arguments = [*arguments[1:2], *arguments[3:]]
        lines.append(
            arguments[0][0] if len(arguments) == 1 else " ".join(_word(*one) for one in arguments) or _OPEN
        )
    lines += _quoted(language, text)
    for function, line in DOES.get(language, ()):
        for found in re.finditer(function, text):
            lines += _done(line, text, found.end(), bare=language in ("powershell", "expect", "perl"))
    lines += [
        f": > {_word(*one[0])}"
        for found in re.finditer(r"\bPath\s*\((?=[^)]*\)\.write_)", text)
        if (one := _arguments(text, found.end()))
    ]
    return [line for line in lines if line.strip()]


def _done(line: str, text: str, at: int, *, bare: bool) -> list[str]:
    """Return `line` with the arguments that begin at `at`; what a loop goes over in the place of a variable."""
    first = re.match(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s;|}\"')(]+))", text[at:])
    if first and bare and text[at - 1] in " <" and "{1}" not in line:
        return [
            line.format(
                _word(
                    (first[1] or first[2] or first[3])
                    .rstrip(">")
                    .replace("$env:USERPROFILE", "$HOME")
                    .replace("$HOME", "~"),
                    "",
                )
            )
        ]
    end = len(text) if text[at - 1] in "(<" else at + len(re.split(r"[;\n}]", text[at:])[0])
    arguments = _arguments(text[:end], at)
    if not arguments or not re.sub(r"[$](?:made_there|RANDOM)|/", "", arguments[0][0]):
        if line.startswith("rm") and (wide := _looped(text)):
            return wide
        if not arguments:
            return []
    words = [_word(*one) for one in arguments]
    if line.startswith("rm") and len(words) > 1:
        words = [
            word for word, one in zip(words, arguments) if one[1] != "number" and one[0] != _OPEN
        ] or words[:1]
        words = [" ".join(words)]
    words += [""] * (3 - len(words))
    if (
        line.startswith("chmod")
        and re.fullmatch(r"\\?-?\d+", words[0] if "{0} {1}" in line else words[1]) is None
    ):
        return []
    return [line.format(*words)]


def _looped(text: str) -> list[str]:
    """Return the deletion of whatever the walks and patterns in `text` find."""
    lines = []
    for found in _WALKED.finditer(text):
        if arguments := _arguments(text, found.end()):
            where = _word(*arguments[0])
            if found[0].startswith("rglob"):
                held = re.search(r"Path\s*\(\s*['\"]([^'\"]+)", text)
                root = _word(held[1], "") if held else "~" if "Path.home" in text else "."
                where = root if where == "*" else f"{root} -name {where} -delete"
                lines.append(f"{_RM} {where}" if where == root else f"find {where}")
                continue
            lines.append(f"find {where} -name some -delete" if _FILTERED.search(text) else f"{_RM} {where}")
    for found in _GLOBBED.finditer(text):
        closed = re.split(r"[>\])]", text[found.end() :])[0]
        if arguments := _arguments(text, found.end()):
            lines.append(f"{_RM} {_word(*arguments[0])}")
        elif closed:
            lines.append(f"{_RM} {_word(closed, '')}")
    return lines


def _quoted(language: str, text: str) -> list[str]:
    """Return the commands that stand in quotes of their own: backticks, `%x()`, `qx{}`, `"cmd" | getline`."""
    lines: list[str] = []
    if language in ("perl", "ruby", "php"):
        lines += re.findall(r"`([^`]+)`", text)
        lines += [found[2] for found in re.finditer(r"(?:%x|\bqx)\s*([{(\[/|!'])(.*?)[})\]/|!']", text)]
    if language == "perl":
        lines += [found[1] for found in re.finditer(r"\bopen\b[^;]*?['\"]\s*([^'\"|>]+?)\s*\|\s*['\"]", text)]
        lines += [
            found[1]
            for found in re.finditer(r"\bopen\b[^;]*?['\"](?:-\||\|-)['\"]\s*,\s*['\"]([^'\"]+)", text)
        ]
        lines += [
            f": > {_word(found[1], '')}"
            for found in re.finditer(r"\bopen\b[^;]*?['\"]\+?>(?!>)(?:['\"]\s*,\s*['\"])?\s*([^'\"]+)", text)
        ]
        lines += [
            found[1] for found in re.finditer(r"\bopen\b[^;]*?['\"]\s*\|\s*([^'\"-][^'\"]*)['\"]", text)
        ]
    if language == "awk":
        lines += [_unescaped(one) for one in re.findall(r'"((?:\\.|[^"\\])+)"\s*\|&?\s*getline', text)]
        lines += [
            _unescaped(one)
            for one in re.findall(r'print[^"|]*(?:"(?:\\.|[^"\\])*"[^"|]*)*\|&?\s*"((?:\\.|[^"\\])+)"', text)
        ]
    if language == "groovy":
        lines += [found[2] for found in re.finditer(r"(['\"])(.*?)\1\.execute\(\)", text)]
    if language == "julia":
        lines += re.findall(r"\b(?:run|read)\(\s*`([^`]+)`", text)
    return lines


def _arguments(text: str, at: int) -> list[tuple[str, str]]:  # noqa: C901, PLR0912
    """Return the arguments that begin at `at`, each with its kind; one that is a keyword's is left out."""
    bracketed = text[:at].rstrip().endswith(("(", "["))
    done: list[tuple[str, str]] = []
    now, kind, keyword, depth, joins = "", "", False, 0, []
    for found in _TOKEN.finditer(text, at):
        group, piece = found.lastgroup, found[0]
        group = "string" if found["string"] is not None else group
        if group == "string":
            literal = next(
                (
                    one
                    for one in (found["d3"], found["s3"], found["d"], found["s"], found["q"])
                    if one is not None
                ),
                "",
            )
            now, kind = (
                now
                + _unescaped(
                    re.sub(
                        r"#\{[^}]*\}|\$\{[^}]*\}|(?<!\{)\{\w+\}"
                        if piece[:1] in "fFrRbB\"'`"
                        and "{" in literal
                        and (piece[:1] in "fF" or "#{" in literal)
                        else r"#\{[^}]*\}",
                        _OPEN,
                        literal,
                    )
                ),
                "text",
            )
        elif group == "home":
            now, kind = now + "$HOME", "text"
        elif group == "key":
            keyword = True
        elif group in ("call", "join"):
            depth += 1
            if group == "join":
                joins.append(depth)
        elif piece in "([{" and piece:
            depth += 1
        elif piece in ")]}":
            if depth == 0 and (bracketed or piece != "]"):
                break
            joins = [one for one in joins if one != depth]
            depth -= 1
        elif piece in (",", "=>"):
            if joins:
                now += "/"
                continue
            if not keyword and kind:
                done.append((now, kind))
            now, kind, keyword = "", "", False
        elif group == "number":
            now, kind = now + piece.replace("o", ""), kind or "number"
        elif group == "name" and piece not in (
            "sudo",
            "or",
            "and",
            "if",
            "for",
            "in",
            "with",
            "administrator",
            "privileges",
            "import",
            "glob",
            "w",
            "fs",
        ):
            if depth == 0 and not bracketed and kind and piece in ("if", "unless", "while", "for", "foreach"):
                break
            before = now
            now, kind = now + (_PART if not now else _OPEN), kind or "name"
            if not before and kind == "name":
                now = _OPEN
        elif piece in ";\n" and depth == 0 and not bracketed:
            break
    if not keyword and kind:
        done.append((now, kind))
    literal = [one for one in done if one[1] != "name"]
    return (
        literal if literal and literal[0] is done[0] and not any(one[1] == "number" for one in done) else done
    )


def _word(text: str, kind: str) -> str:
    del kind
    if text.startswith(_OPEN + "/"):
        text = _PART + text[len(_OPEN) :]
    return re.sub(r"[^\w./~*?\[\]$:@%+,=-]", lambda found: "\\" + found[0], text)


def _unescaped(text: str) -> str:
    text = re.sub(r"\\x([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text)
