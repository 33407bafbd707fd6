"""Keys pressed while a person waited. Imported on every key press: standard library only, and little of it.

They wait in the terminal, and the shell would act on them as soon as the command is on its line: an
impatient Enter would run what nobody has read. So they are taken out here, and only text is given back.
"""

from __future__ import annotations

import os
import select
import termios

_LFLAG, _CC = 3, 6  # places in what tcgetattr returns


def take(fd: int) -> str:
    """Empty the terminal's input queue; return the text in it, without Enter and all other keys.

    `fd` is the terminal, open for reading. What cannot be read is left where it is.
    """
    try:
        if os.tcgetpgrp(fd) != os.getpgrp():  # in the background, a change of its modes would stop us
            return ""
        before = termios.tcgetattr(fd)
        raw = termios.tcgetattr(fd)
        raw[_LFLAG] &= ~(termios.ICANON | termios.ECHO)
        raw[_CC][termios.VMIN] = 0
        raw[_CC][termios.VTIME] = 0
        termios.tcsetattr(fd, termios.TCSANOW, raw)
        try:
            keys = b""
            while select.select([fd], [], [], 0)[0]:
                chunk = os.read(fd, 4096)
                if not chunk:
                    break
                keys += chunk
        finally:
            termios.tcsetattr(fd, termios.TCSANOW, before)
    except (OSError, termios.error):
        return ""
    return text_of(keys)


def text_of(keys: bytes) -> str:
    """Return the printable text among `keys`: no control characters, no escape sequences of other keys."""
    text = ""
    rest = keys.decode("utf-8", "ignore")
    while rest:
        key, rest = rest[0], rest[1:]
        if key == "\x1b":
            rest = _after_sequence(rest)
        elif key.isprintable():
            text += key
    return text


def _after_sequence(rest: str) -> str:
    """Return what follows an escape sequence whose ESC was taken off: CSI ... final, SS3 x, or ESC x."""
    if rest[:1] not in ("[", "O"):
        return rest[1:]
    end = 1
    while end < len(rest) and not "@" <= rest[end] <= "~":
        end += 1
    return rest[end + 1 :]
