"""Traces that would be gone: the history of a shell, the logs of a system."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason


def _history(call: Call, home: str) -> Iterator[Reason]:
    """Bash's and zsh's options, fish's subcommands."""
    del home
    first = call.texts[0] if call.texts else ""
    found = split(call.words, "-d")
    if first == "clear" or (found.has("-c") and call.program == "history"):
        yield said(Level.DANGER, "clears the history of the shell, not recoverable", call)
    elif (first == "delete" and not found.has("--exact", "-e")) or (
        found.has("-d") and call.program == "history"
    ):
        yield said(Level.CAUTION, "deletes from the history of the shell", call)


def _unset(call: Call, home: str) -> Iterator[Reason]:
    """`unset HISTFILE`, `export HISTSIZE=0`, `set +o history`: nothing is remembered from then on."""
    del home
    words = " ".join(call.texts)
    kept = {"unset": r"\bHIST(?:FILE|SIZE)\b", "set": r"\+o history\b|^-[eg]*e\w* fish_history\b"}
    pattern = kept.get(
        call.program,
        r"\b(?:HIST(?:FILE)?SIZE|SAVEHIST)=0\b|\bHISTFILE=(?:/dev/null)?(?:\s|$)|\bHISTIGNORE='?\*",
    )
    if re.search(pattern, words):
        yield said(Level.CAUTION, "keeps no history of what is run from now on", call)
    elif re.search(r"\bLD_(?:PRELOAD|LIBRARY_PATH|AUDIT)[= ](?:/tmp|/dev/shm|/var/tmp)", words):
        yield said(
            Level.DANGER, "loads code from a directory that everybody writes to into every program", call
        )
    elif re.search(r"(?:^|\s)PATH=(?:\.|/tmp|/var/tmp|/dev/shm):", words):
        yield said(Level.CAUTION, "looks for programs first where everybody may put them", call)
    elif call.program == "unset" and re.search(r"(?:^|\s)PATH\b", words):
        yield said(Level.CAUTION, "leaves this shell without its programs", call)


def _preloaded(call: Call, home: str) -> Iterator[Reason]:
    """`LD_PRELOAD=/tmp/x.so program`."""
    del home
    if re.match(
        r"(?:LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|DYLD_INSERT_LIBRARIES)=(?:/tmp|/dev/shm|/var/tmp)/",
        " ".join(call.texts),
    ):
        yield said(Level.DANGER, "loads code from a directory that everybody writes to", call)


def _journalctl(call: Call, home: str) -> Iterator[Reason]:
    del home
    for text in call.texts:
        kept = re.fullmatch(r"--vacuum-(?:time|size|files)=?(.*)", text)
        if not kept:
            continue
        value = kept[1] or next((one for one in call.texts[call.texts.index(text) + 1 :]), "")
        nothing = re.fullmatch(r"[01]?\d?\s*(?:s|sec|seconds?|ms|us|b|[Kk]|)|0.*|1m(?:in)?", value)
        if nothing:
            yield said(Level.DANGER, "deletes the logs of the system, not recoverable", call)
        else:
            yield said(Level.CAUTION, "deletes old logs of the system", call)


def _linked(call: Call, home: str) -> Iterator[Reason]:
    """`ln -s /dev/null ~/.bash_history`."""
    del home
    words = split(call.words).operands
    if len(words) > 1 and words[0].text == "/dev/null" and re.search(r"hist|/log/", words[-1].text):
        yield said(Level.DANGER, f"throws away all that would be kept in {words[-1].text}", call)


RULES = {
    "ln": _linked,
    "history": _history, "journalctl": _journalctl, **dict.fromkeys(("env", "sudo"), _preloaded),
    **dict.fromkeys(("unset", "set", "export", "declare", "typeset", "readonly"), _unset),
}  # fmt: skip
ROWS = (
    Row("dmesg", Level.CAUTION, "clears the messages of the kernel", options="-c -C --clear --read-clear"),
    Row("lastlog", Level.DANGER, "deletes the record of logins", options="-C --clear"),
    Row("wevtutil", Level.DANGER, "deletes the logs of the system, not recoverable", verbs="cl|clear-log"),
    Row("log", Level.DANGER, "deletes the logs of the system, not recoverable", verbs="erase"),
    Row("ipmitool", Level.CAUTION, "deletes the log of the hardware", verbs="sel clear"),
    Row("atuin", Level.DANGER, "clears the history of the shell, not recoverable", options="--delete-it-all"),
    Row("fc", Level.CAUTION, "keeps no history of what is run from now on", options="-p", operand="/dev/null"),
    Row("atuin", Level.CAUTION, "deletes from the history of the shell", verbs="search",
        options="--delete --delete-it-all"),
    Row("aureport|ausearch", Level.CAUTION, "deletes the record of what happened", options="--delete"),
)  # fmt: skip
