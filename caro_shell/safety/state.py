"""What a shell knows while it reads a line: where it is, what its variables hold, which functions it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety import ownlines
from caro_shell.safety.arguments import split
from caro_shell.safety.call import EVERY, SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.found import names_by
from caro_shell.safety.output import printed, read_text
from caro_shell.safety.places import absolute
from caro_shell.safety.wrappers import given

#: Variables that every shell has, with a value that nobody can tell beforehand.
_SET = "USER LOGNAME UID EUID RANDOM SECONDS $ ! HOSTNAME PATH LANG TERM COLUMNS".split()


@dataclass
class State:
    """The state at one place of a line; `variables` maps a name to its values, several for an array.

    `strayed` says that `cwd` is another if a `cd` has failed, `careful` that it would have ended then (set -e);
    in fish, `shell`, `set` gives a variable its value. `made` are the calls whose output a variable holds,
    `refers` the names that a name stands for (`declare -n`), `files` the texts of files that the line has written.
    """

    home: str
    cwd: str = "."
    shell: str = "bash"
    strayed: bool = False
    careful: bool = False
    variables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    made: dict[str, tuple[Call, ...]] = field(default_factory=dict)
    refers: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> tuple[str, ...]:
        """Return the values of the variable `name`."""
        own = {
            "HOME": self.home,
            "PWD": self.cwd,
            "IFS": " ",
            "TMPDIR": "/tmp",
            "?": "0",
            "SHELL": "/bin/sh",
            "BASH": "/bin/bash",
        }
        own |= {"EDITOR": "editor", "VISUAL": "editor", "PAGER": "pager", "BROWSER": "browser"}
        own |= {"HISTFILE": f"{self.home}/.bash_history", "XDG_CONFIG_HOME": f"{self.home}/.config"}
        if name in _SET:
            own[name] = SOMETHING
        name = self.refers.get(name, name)
        return self.variables.get(name) or (own.get(name, UNKNOWN),)

    def copy(self) -> State:
        """Return what a subshell starts with."""
        return replace(
            self,
            variables=dict(self.variables),
            functions=dict(self.functions),
            made=dict(self.made),
            aliases=dict(self.aliases),
            refers=dict(self.refers),
            files=dict(self.files),
        )

    def with_arguments(self, texts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Return the variables as a function sees them that is called with `texts`."""
        numbered = {str(at): (text,) for at, text in enumerate(texts, 1)}
        everything = dict.fromkeys(("@", "*", "argv"), texts or (UNKNOWN,))
        return {**self.variables, **numbered, **everything}

    def note(self, call: Call) -> None:  # noqa: C901, PLR0912
        """Change as the builtin does that is called, and keep its last word, `$_`."""
        last = call.words[-1] if call.words else call.name
        self.variables["_"] = (last.text if last.known and not last.glob else UNKNOWN,)
        if call.program in ("cd", "pushd", "chdir"):
            self._move(call.texts)
        elif call.program in ("read", "mapfile", "readarray"):
            self._read(call)
        elif call.program == "printf" and call.texts[:1] == ("-v",) and len(call.words) > 2:
            self.variables[call.texts[1]] = (printed(replace(call, words=call.words[2:])) or UNKNOWN,)
        elif call.program in ("declare", "local", "typeset") and any(
            re.fullmatch(r"-\w*n\w*", text) for text in call.texts
        ):
            self._refer(call)
        elif call.program == "let":
            for key, _, value in (text.partition("=") for text in call.texts):
                self.variables[key] = (value if value.isdigit() else SOMETHING,)
        elif call.program == "shift":
            count = int(call.texts[0]) if call.texts and call.texts[0].isdigit() else 1
            self.variables = self.with_arguments(self.variables.get("@", ())[count:])
        elif call.program == "set" and self.shell == "fish":
            found = split(call.words, ends=True)  # options stand before the name alone
            name, *words = found.operands or (Word(""),)
            if words:
                before = self.variables.get(name.text, ()) if found.has("-a", "--append") else ()
                self.variables[name.text] = (*before, *values_of(words))
                self.made[name.text] = tuple(made for word in words for made in word.made_by)
        elif call.program in ("cp", "ln", "hash") and len(call.words) > 1:
            path, new = call.texts[-2:]
            own, other = new.rstrip("/").rpartition("/")[2], path.rpartition("/")[2]
            if re.fullmatch(r"/(?:usr/)?s?bin/[\w.-]+", path) and own != other and not new.endswith("/"):
                self.aliases[own] = other
        elif made := ownlines.alias(call):
            self.aliases[made[0]] = made[1]
        elif call.program == "set" and (call.texts[:1] == ("--",) or call.texts[:1] > ("-~",)):
            words = [word for word in call.words if word.text != "--"]
            self.variables = self.with_arguments(values_of(words))
        elif call.program == "set":
            self.careful |= any(re.fullmatch(r"-\w*e\w*", text) for text in call.texts)

    def _refer(self, call: Call) -> None:
        """Note which name a name stands for: `declare -n x=y`."""
        for name, _, value in (text.partition("=") for text in call.texts if "=" in text):
            other = self.variables.get(name, (value,))[0]
            if other != name and re.fullmatch(r"[A-Za-z_]\w*", other):
                self.refers[name] = other

    def kept(self, call: Call) -> list[tuple[str, Word]]:
        """Note what `call` writes into a file; return the lines that the line has written before, and `call` runs."""
        where = [one.target for one in call.redirects if one.writes or one.appends]
        if call.program == "tee":
            where += [word for word in call.words if not word.text.startswith("-")]
        text = printed(call) if where else None
        for word in where:
            path = absolute(word.text, call.cwd)
            if text is not None and word.known and UNKNOWN not in text:
                self.files[path] = (
                    text if any(one.writes for one in call.redirects) else self.files.get(path, "") + text
                )
        if not self.files:
            return []
        run = [call.name] if "/" in call.name.text else []
        if call.program in ("source", ".", *SHELLS):
            run += call.words[:1]
        return [(text, word) for word in run if (text := self.files.get(absolute(word.text, call.cwd)))]

    def _read(self, call: Call) -> None:
        """Note what `read` or `mapfile` takes from its input."""
        text = read_text(call)
        names = [text for text in call.texts if re.fullmatch(r"[A-Za-z_]\w*", text)]
        if text is not None and UNKNOWN not in text and call.program == "read":
            self._parted(call, names, text)
            return
        between = re.escape(self.variables.get("IFS", ("",))[0])
        if between and call.stdin.text is not None:
            values = tuple(part for part in re.split(f"[{between}\\n]", call.stdin.text) if part)
        else:
            listed = names_by(call.stdin.calls[-1]) if call.stdin.calls else None
            arriving = given(call) if call.stdin.calls or call.stdin.text else ()
            values = listed or values_of(arriving) or (SOMETHING if call.stdin.calls else UNKNOWN,)
        for name in (text for text in call.texts if re.fullmatch(r"[A-Za-z_]\w*", text)):
            self.variables[name] = values or (UNKNOWN,)
            self.made[name] = call.stdin.calls

    def _parted(self, call: Call, names: list[str], text: str) -> None:
        """Give the variables `names` the fields of each line of `text`, the last of them the rest of it."""
        wild = any(word.glob for one in call.stdin.calls[-1:] for word in one.words)
        between = self.variables.get("IFS", (" \t",))[0]
        part = re.compile(f"[{re.escape(between)}]+") if between else re.compile(r"(?!)")
        lines = [line for line in re.split(r"[\n\0]", text.replace("*", EVERY) if wild else text) if line]
        array = any(re.fullmatch(r"-\w*a", one) for one in call.texts)
        for at, name in enumerate(names):
            fields = [part.split(line.strip(), 0 if array else len(names) - 1) for line in lines]
            values = [one for line in fields for one in (line if array else line[at : at + 1])]
            if len(names) == 1 and not array:
                values = [line.strip() for line in lines]
            self.variables[name] = tuple(values) or ("",)
            self.made[name] = call.stdin.calls

    def _move(self, texts: Sequence[str]) -> None:
        self.variables["OLDPWD"] = (self.cwd,)
        where = next((text for text in texts if not text.startswith("-") or text == "-"), self.home)
        if where == "-" or where.startswith(UNKNOWN):
            self.cwd = UNKNOWN
        else:
            self.cwd = where if where.startswith(("/", SOMETHING)) else f"{self.cwd}/{where}"


def values_of(words: Sequence[Word]) -> tuple[str, ...]:
    """Return `words` as the values of a variable: the names that a program lists, where it made a word."""
    values: list[str] = []
    for word in words:
        listed = names_by(word.made_by[-1]) if word.made_by and UNKNOWN in word.text else None
        text = (
            f"{word.text.rstrip('/')}/{SOMETHING}" if word.some and word.text.strip(SOMETHING) else word.text
        )
        values += listed or [text.replace("*", EVERY) if word.glob else text]
    return tuple(values)
