"""What a shell knows while it reads a line: where it is, what its variables hold, which functions it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from caro_shell.safety import ownlines
from caro_shell.safety.call import EVERY, SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.found import names_by
from caro_shell.safety.output import printed
from caro_shell.safety.wrappers import given

#: Variables that every shell has, with a value that nobody can tell beforehand.
_SET = "USER LOGNAME UID EUID RANDOM SECONDS $ ! HOSTNAME PATH LANG TERM COLUMNS".split()


@dataclass
class State:
    """The state at one place of a line; `variables` maps a name to its values, several for an array.

    `strayed` says that `cwd` is another if a `cd` has failed, `careful` that it would have ended then (set -e);
    in fish, `shell`, `set` gives a variable its value. `made` are the calls whose output a variable holds.
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

    def value(self, name: str) -> tuple[str, ...]:
        """Return the values of the variable `name`."""
        own = {"HOME": self.home, "PWD": self.cwd, "IFS": " ", "TMPDIR": "/tmp", "?": "0", "SHELL": "/bin/sh"}
        own |= {"EDITOR": "editor", "VISUAL": "editor", "PAGER": "pager", "BROWSER": "browser"}
        own |= {"HISTFILE": f"{self.home}/.bash_history", "XDG_CONFIG_HOME": f"{self.home}/.config"}
        if name in _SET:
            own[name] = SOMETHING
        return self.variables.get(name) or (own.get(name, UNKNOWN),)

    def copy(self) -> State:
        """Return what a subshell starts with."""
        return replace(
            self,
            variables=dict(self.variables),
            functions=dict(self.functions),
            made=dict(self.made),
            aliases=dict(self.aliases),
        )

    def with_arguments(self, texts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Return the variables as a function sees them that is called with `texts`."""
        numbered = {str(at): (text,) for at, text in enumerate(texts, 1)}
        everything = dict.fromkeys(("@", "*", "argv"), texts or (UNKNOWN,))
        return {**self.variables, **numbered, **everything}

    def note(self, call: Call) -> None:
        """Change as the builtin does that is called."""
        if call.program in ("cd", "pushd", "chdir"):
            self._move(call.texts)
        elif call.program in ("read", "mapfile", "readarray"):
            self._read(call)
        elif call.program == "printf" and call.texts[:1] == ("-v",) and len(call.words) > 2:
            self.variables[call.texts[1]] = (printed(replace(call, words=call.words[2:])) or UNKNOWN,)
        elif call.program == "shift":
            count = int(call.texts[0]) if call.texts and call.texts[0].isdigit() else 1
            self.variables = self.with_arguments(self.variables.get("@", ())[count:])
        elif call.program == "set" and self.shell == "fish":
            name, *words = [word for word in call.words if not word.text.startswith("-")] or [Word("")]
            if words:
                before = self.variables.get(name.text, ()) if {"-a", "--append"} & {*call.texts} else ()
                self.variables[name.text] = (*before, *values_of(words))
        elif made := ownlines.alias(call):
            self.aliases[made[0]] = made[1]
        elif call.program == "set" and (call.texts[:1] == ("--",) or call.texts[:1] > ("-~",)):
            words = [word for word in call.words if word.text != "--"]
            self.variables = self.with_arguments(values_of(words))
        elif call.program == "set":
            self.careful |= any(re.fullmatch(r"-\w*e\w*", text) for text in call.texts)

    def _read(self, call: Call) -> None:
        """Note what `read` or `mapfile` takes from its input."""
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

    def _move(self, texts: Sequence[str]) -> None:
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
