"""The machine's power: what takes it down."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason


def _power(call: Call, home: str) -> Iterator[Reason]:
    del home
    found = split(call.words, "-t")
    if found.has("--help", "-w", "--wtmp-only", "-c", "-k", "--show", "--version"):
        return
    first = found.operands[0].text if found.operands else ""
    now = found.has("-f", "--force", "-n", "-ff") or call.program in ("poweroff", "halt")
    if call.program == "shutdown":
        now = first in ("now", "+0", "0", "+1", "") or found.has("-n", "-f")
    if call.program in ("init", "telinit"):
        if not re.fullmatch(r"[016sS]", first):
            return
        now = True
    yield said(
        Level.DANGER if now else Level.CAUTION, "takes the machine down: all that runs on it ends", call
    )


def _asleep(call: Call, home: str) -> Iterator[Reason]:
    """`echo mem > /sys/power/state`."""
    del home
    targets = [one.target.text for one in call.redirects if one.writes or one.appends]
    targets += call.texts if call.program in ("tee", "sponge") else ()
    if {"/sys/power/state", "/sys/power/disk"} & set(targets):
        yield said(Level.CAUTION, "puts the machine to sleep: a remote one can no longer be reached", call)


RULES = dict.fromkeys(("shutdown", "reboot", "poweroff", "halt", "init", "telinit"), _power)
EVERY = (_asleep,)
ROWS = (
    Row("kexec", Level.DANGER, "starts another kernel at once: nothing is saved", options="-e --exec"),
    Row("kexec", Level.CAUTION, "puts another kernel in place of this one", options="-l --load -p"),
    Row("kexec", Level.DANGER, "starts another kernel at once: nothing is saved", options="-f --force",
        unless="-l --load -p --load-panic -u --unload -h --help"),
    Row("rtcwake", Level.CAUTION, "takes the machine down for a while",
        words=r"(?:-m ?|--mode[ =])(?:off|disk)"),
    Row("ipmitool", Level.DANGER, "takes the machine down from outside: nothing is saved",
        words=r"(?:chassis )?power (?:off|cycle|reset)"),
)  # fmt: skip
