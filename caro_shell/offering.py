"""How a command is put before a person: as it is or commented out, with a note or none.

    offering.judged("rm -rf ~", "bash", "normal").line   # "# rm -rf ~"

`strict` notes all that is not safe and comments out what is dangerous; `normal` notes what is dangerous and
comments out what would take the whole system, the whole home or a raw device with it; `off` does neither.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace

from caro_shell import safety
from caro_shell.reply import Offer
from caro_shell.safety import Level, Reason, Verdict, radius

log = logging.getLogger("caro.offering")

#: What makes a line do nothing, in all three shells.
COMMENT = "# "
#: Longest reason that is shown, in characters: it may name a path that is as long as a line.
REASON_MAX = 200

_NOTED_FROM = {"strict": Level.UNKNOWN, "normal": Level.DANGER}


def judged(command: str, shell: str, mode: str, cwd: str = "") -> Offer:
    """Judge `command`, written for `shell`, and offer it. Never raises: a press must not fail for a rule.

    `cwd` is the person's directory, or "". Where a look is worth it, a note says what would be touched there.
    """
    try:
        verdict = safety.judge(command, shell, cwd=cwd or None)
    except Exception:
        log.exception("a command could not be judged")
        text = "caro failed to judge its risk, see the log of the daemon"
        verdict = Verdict((Reason(Level.UNKNOWN, text, 0, len(command)),))
        return offer(command, verdict, "off" if mode == "off" else "strict")
    found = offer(command, verdict, mode)
    if mode == "off" or not cwd:
        return found
    quiet = not found.note and verdict.level is not Level.CAUTION
    touched = _touched(command, shell, cwd, surprises=quiet)
    return replace(found, note="; ".join(filter(None, (found.note, touched))))


def _touched(command: str, shell: str, cwd: str, *, surprises: bool) -> str:
    """Say how many files `command` would touch, or nothing: without that the note still stands."""
    try:
        return radius.said(command, shell, home=os.path.expanduser("~"), cwd=cwd, surprises=surprises)
    except Exception:
        log.exception("what a command would touch could not be counted")
        return ""


def offer(command: str, verdict: Verdict, mode: str) -> Offer:
    """Return how `command` is put before a person; `mode` is the setting safety.level."""
    least = _NOTED_FROM.get(mode)
    noted = [reason for reason in verdict.reasons if least is not None and reason.level >= least]
    if not noted:
        return Offer(command, risk=risk(verdict))
    note = f"{noted[0].level}: {_short(noted[0].text)}"
    if len(noted) > 1:
        note += f" (and {len(noted) - 1} more)"
    if verdict.critical or (mode == "strict" and verdict.level is Level.DANGER):
        return Offer(COMMENT + command, f"{note}; commented out", risk(verdict))
    return Offer(command, note, risk(verdict))


def risk(verdict: Verdict) -> dict[str, object]:
    """Return `verdict` as plain data; the places are characters of the command."""
    return {
        "level": str(verdict.level),
        "critical": verdict.critical,
        "reasons": [
            {"level": str(reason.level), "text": reason.text, "start": reason.start, "end": reason.end}
            for reason in verdict.reasons
        ],
    }


def _short(text: str) -> str:
    return text if len(text) <= REASON_MAX else text[: REASON_MAX - 3] + "..."
