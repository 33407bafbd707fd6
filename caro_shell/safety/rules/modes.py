"""What a mode of `chmod` gives or takes."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """What a mode does, as far as it is a risk. `octal` says that it sets all bits, whatever they were.

    `world` and `public` let everybody write and read; `group` lets the group read; `setuid` runs the file
    with its owner's rights; `locks` takes everything from the owner, `stops` the right to run or enter.
    """

    octal: bool = False
    world: bool = False
    public: bool = False
    group: bool = False
    setuid: bool = False
    setgid: bool = False
    sticky: bool = False
    locks: bool = False
    stops: bool = False
    takes: bool = False


def parse(text: str) -> Mode | None:
    """Return what the mode `text`, octal or in letters, does; None if it is none."""
    if re.fullmatch(r"[-+=]?[0-7]{1,5}", text):
        return _octal(text)
    clauses = text.split(",")
    if not all(re.fullmatch(r"[ugoa]*(?:[-+=][rwxXstugo]*)+", clause) for clause in clauses):
        return None
    found = Mode()
    for clause in clauses:
        who = re.match(r"[ugoa]*", clause)[0]  # type: ignore[index]
        for operator, letters in re.findall(r"([-+=])([rwxXstugo]*)", clause):
            found = _both(found, _letters(who, operator, letters))
    return found


def _octal(text: str) -> Mode:
    bits = int(text.lstrip("-+="), 8)
    if text.startswith("-"):
        return Mode(locks=bits & 0o700 == 0o700, stops=bool(bits & 0o100), takes=True)
    exact = not text.startswith("+")
    return Mode(
        octal=exact,
        world=bool(bits & 0o002),
        public=bool(bits & 0o004),
        group=bool(bits & 0o040),
        setuid=bool(bits & 0o4000),
        setgid=bool(bits & 0o2000),
        sticky=bool(bits & 0o1000),
        locks=exact and bits & 0o700 in (0, 0o100),
        stops=exact and not bits & 0o100,
    )


def _letters(who: str, operator: str, letters: str) -> Mode:
    # Without a letter in front the umask holds, which hardly ever lets others write.
    owner, others = not who or bool(set("ua") & set(who)), bool(set("oa") & set(who))
    if operator == "-":
        return Mode(
            locks=owner and set("rw") <= set(letters),
            stops=owner and "x" in letters,
            takes=True,
        )
    exact = operator == "="
    return Mode(
        octal=exact and who in ("a", "ugo"),
        world=others and bool(set("wu") & set(letters)),
        public=(others or not who) and bool(set("ru") & set(letters)),
        group=(not who or bool(set("ga") & set(who))) and "r" in letters,
        setuid=owner and "s" in letters,
        setgid="s" in letters and (not who or bool(set("ga") & set(who))),
        sticky="t" in letters,
        locks=exact and owner and not letters,
        stops=exact and owner and "x" not in letters.lower() and "u" not in letters,
    )


def _both(one: Mode, two: Mode) -> Mode:
    """Return what two clauses do, one after the other."""
    names = Mode.__dataclass_fields__
    return Mode(**{name: getattr(one, name) or getattr(two, name) for name in names})
