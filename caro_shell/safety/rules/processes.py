"""Processes that would be killed: all of them, or those that hold the system up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.places import Place, locate
from caro_shell.safety.rules.deleting import shown_path
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_HOLDING = re.compile(
    r"(?:systemd(?:-\w+)?|init|launchd|sshd?|dbus(?:-daemon|-broker)?|NetworkManager|wpa_supplicant"
    r"|dhclient|dhcpcd|udevd|login|kthreadd"
    r"|WindowServer|loginwindow|containerd|dockerd|kubelet|agetty|getty|auditd|rsyslogd|syslogd|polkitd"
    r"|falcon-sensor|fail2ban-server)"
)
_DESKTOP = re.compile(
    r"(?:Xorg|X|Xwayland|gnome-(?:shell|session.*)|gdm3?|sddm|lightdm|kwin_\w+|plasmashell|sway|Hyprland"
    r"|i3|xfce4-session|tmux|screen)"
)
#: Signals that only ask a program to read its configuration, to report or to go on.
_MILD = re.compile(r"(?:SIG)?(?:HUP|USR[12]|CONT|WINCH|0|1|10|12|18|28|EXIT|URG)")
_KILL = re.compile(r"(?:SIG)?(?:KILL|9|STOP|19|ABRT|SEGV)")
_SOMEBODY = "/home/somebody"
_HELD = "kills what keeps the system running or reachable"
_ALL = "kills every process that it may, the session itself among them"


def _signal(texts: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return the signal that is named, and the other words."""
    signal, rest = "TERM", list(texts)
    for at, text in enumerate(texts):
        if text == "--":
            break
        if text in ("-s", "-n", "--signal", "-SIGNAL") and at + 1 < len(texts):
            return texts[at + 1].upper(), [*texts[:at], *texts[at + 2 :]]
        glued = re.fullmatch(r"--signal=(\w+)|-s(\w+)|-((?:SIG)?[A-Z]{2,}[12]?|\d{1,2})", text)
        if glued:
            return next(one for one in glued.groups() if one).upper(), [*texts[:at], *texts[at + 1 :]]
    return signal, rest


def _kill(call: Call, home: str) -> Iterator[Reason]:
    del home
    signal, rest = _signal(call.texts)
    if signal in ("0", "EXIT") or any(
        text in ("-l", "-L", "--list", "--help", "--table", "--version") for text in call.texts
    ):
        return
    pids = [text for text in rest if text != "--"]
    if any(_EVERY_PID.fullmatch(pid) for pid in pids) or _run_of_numbers(pids):
        yield said(Level.DANGER, _ALL, call, critical=call.root)
        return
    if signal == "1" and not pids and call.texts[:1] == ("-1",):
        pids = ["-1"]
    for pid in pids:
        if pid == "-1":
            yield said(Level.DANGER, _ALL, call, critical=True)
        elif pid == "1":
            level = Level.CAUTION if _MILD.fullmatch(signal) else Level.DANGER
            yield said(level, "signals the first process, on which all others rest", call)
        elif pid in ("0", "-0"):
            yield said(Level.CAUTION, "kills this shell and all that it started", call)
    made = [one for word in call.words for one in word.made_by] or list(call.stdin.calls)
    if made and not _MILD.fullmatch(signal):
        yield from _listed(call, made, hard=bool(_KILL.fullmatch(signal)))


#: Wildcards for the numbers of all processes, as they stand in /proc.
_EVERY_PID = re.compile(r"(?:/proc/)?(?:\[(?:0-9|1-9|\[:digit:\])+\]|\*|\?)+")


def _run_of_numbers(pids: list[str]) -> bool:
    """Say whether these are ten numbers or more in a row: a range, of which only the beginning is kept."""
    numbers = [int(pid) for pid in pids if pid.isascii() and pid.isdigit() and len(pid) < 9]
    return len(numbers) >= 10 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _chooses(call: Call) -> bool:
    """Say whether `call`, between a list of processes and kill, lets only some of them through."""
    words = " ".join(call.texts)
    if call.program in ("grep", "egrep", "rg"):
        digits = re.fullmatch(r"(?:-\w+ )*\^?\[(?:0-9|\[:digit:\])\][*+]?\$?", words)
        return (
            not digits
            and call.texts[-1:] != ("root",)
            and not re.search(r"(?:^| )-\w*v|--invert-match", words)
        )
    if call.program in ("head", "fzf", "string"):
        return call.program != "string" or call.texts[:1] == ("match",)
    if call.program == "tail":
        return not re.search(r"(?:^| )(?:-n ?)?\+\d", words)
    if call.program == "sed":
        return not re.fullmatch(r"(?:-\w+ )*'?(?:1(?:,\d+)?d|s(\W).*)", words)
    if call.program in ("awk", "gawk", "mawk"):
        words = re.sub(r"\$\d ?== ?\"root\"", "", words)
        return bool(
            re.search(r"/[^/]+/|~|==|>|<", re.sub(r"NR ?(?:>=?|!=) ?\d+|\$[12] ?!= ?\"?PID\"?", "", words))
        )
    return False


def _listed(call: Call, made: list[Call], *, hard: bool) -> Iterator[Reason]:
    """What it means to kill what other programs list."""
    listers = ("ps", "pgrep", "pidof", "ls", "top", "seq", "lsof")
    lister = next((one for one in made if one.program in listers), None)
    files = [
        re.sub(r"\.pid$", "", text.rpartition("/")[2])
        for one in made
        if one.program in ("cat", "head")
        for text in one.texts
    ]
    if any(map(_HOLDING.fullmatch, files)):
        yield said(Level.DANGER, _HELD, call)
    if lister is None:
        return
    picks = any(map(_chooses, made))
    words = " ".join(lister.texts)
    narrow = lister.program == "lsof" and re.search(r"(?:^|\s)-\w*[ip]|(?:^|\s)[^-\s]\S*$", words)
    of_ps = lister.program == "ps" and re.search(r"-C|-p|--ppid|-t", words)
    one_kind = bool(lister.program == "pidof" or narrow or of_ps)
    if lister.program == "pgrep":
        one_kind = not re.search(r"(?:^|\s)(?:\.\*?|\.\+|\^)(?:\s|$)", words) and bool(
            split(lister.words, "-u -U -t -g -P").operands
        )
        one_kind = one_kind or bool(re.search(r"-P|-t|-g", words))
        one_kind = one_kind and not re.search(r"(?:^|\s)-\w*v|--inverse", words)
        one_kind = one_kind and not {"", "^", "[a-z]", "[a-z]*", "/"} & set(lister.texts)
    place = [locate(word, _SOMEBODY, lister.cwd) for word in split(lister.words, "-p -u -i -c").operands]
    if lister.program == "ls":
        one_kind = not any(word.text.startswith("/proc") for word in lister.words)
    if lister.program == "lsof" and {Place.ROOT, Place.SYSTEM} & {*place}:
        one_kind = False
    if any(_HOLDING.fullmatch(text) for text in lister.texts if lister.program in ("pgrep", "pidof")):
        yield said(Level.DANGER, _HELD, call)
    elif not picks and not one_kind:
        yield said(Level.DANGER, _ALL, call)
    elif hard:
        yield said(Level.CAUTION, "kills whatever the pattern finds, without a chance to save anything", call)


def _pkill(call: Call, home: str) -> Iterator[Reason]:
    """`pkill` and `killall`, on Linux and on macOS."""
    del home
    signal, rest = _signal(call.texts)
    valued = "-u -U -t -g -G -P -s -F -Z --euid --uid --terminal --pgroup --parent --user --ns"
    if call.program == "killall":
        valued = valued.replace("-g ", "")
        valued += " -o -y -n --older-than --younger-than"
    found = split([word for word in call.words if word.text in rest], valued)
    asks = call.program == "killall" and found.has("-i", "--interactive")
    shows = found.has("--help", "-V", "--version", "-l", "--list", "-c", "--count", "-d")
    if asks or shows or _MILD.fullmatch(signal):
        return
    by_user = {
        "-u",
        "-U",
        *(("-G", "--group") if call.program == "pkill" else ()),
        "--euid",
        "--uid",
        "--user",
    } & found.values.keys()
    names = [re.sub(r"(?<=\w)\.\*$", "", word.text.strip("^$")) for word in found.operands]
    if any(re.fullmatch(r"\.?[*+]?|\(?\.\*\)?|\[.*\]\*?|\w?\|.*|\\?\w|/", name) for name in names) or (
        found.has("-v", "--inverse") and call.program == "pkill"
    ):
        yield said(Level.DANGER, _ALL, call, critical=call.root)
    elif not names and any(
        found.values[name].text == "1" for name in ("-P", "--parent") if name in found.values
    ):
        yield said(Level.DANGER, _HELD, call)
    elif by_user and not names:
        yield said(Level.DANGER, "kills every process of a user, the session itself among them", call)
    elif any(_HOLDING.fullmatch(name.rpartition("/")[2]) for name in names):
        yield said(Level.DANGER, _HELD, call)
    elif any(_DESKTOP.fullmatch(name) for name in names):
        yield said(Level.CAUTION, "ends the session with all that is open in it", call)
    elif (
        _KILL.fullmatch(signal)
        or (found.has("-t", "--terminal") and not names)
        or (found.has("-f", "--full") and call.program == "pkill" and _loose(names))
    ):
        yield said(Level.CAUTION, "kills whatever the name fits, more than is meant, perhaps", call)


def _loose(names: list[str]) -> bool:
    """Say whether a pattern is one bare word, which whole command lines may well have somewhere in them."""
    return any(re.fullmatch(r"[\w-]{1,16}", name) for name in names)


def _fuser(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "-n -N --namespace")
    if not found.has("-k", "--kill") or found.has("-i", "--interactive"):
        return
    mounts = found.has("-m", "-M", "-c", "--mount")
    for word in found.operands:
        place = locate(word, home, call.cwd)
        if word.text in ("22/tcp", "ssh/tcp"):
            yield said(Level.DANGER, "kills the ssh server: you may lock yourself out", call)
        elif (
            (mounts or place is Place.ROOT)
            and place in (Place.ROOT, Place.SYSTEM, Place.HOME, Place.EMPTY)
            and not word.text.startswith(("/mnt", "/media", "/Volumes", "/opt", "/srv"))
        ):
            yield said(Level.DANGER, f"kills everything that uses {word.text}", call)
        else:
            yield said(Level.CAUTION, f"kills whatever uses {shown_path(word.text)}", call)


def _in_loop(calls: tuple[Call, ...], home: str) -> Iterator[Reason]:
    """`for p in $(ps -eo pid=); do kill -9 $p; done`: the list stands elsewhere in the line."""
    del home
    killing = [
        call
        for call in calls
        if call.program == "kill" and not call.stdin.calls and not all(word.known for word in call.words)
    ]
    listing = [
        call
        for call in calls
        if call.program in ("ps", "pgrep", "grep", "egrep", "awk", "sed", "head", "tail", "string")
    ]
    if killing and any(call.program in ("ps", "pgrep") for call in listing):
        signal, _ = _signal(killing[0].texts)
        if not _MILD.fullmatch(signal):
            yield from _listed(killing[0], listing, hard=bool(_KILL.fullmatch(signal)))


LINES = (_in_loop,)
RULES = {"kill": _kill, "pkill": _pkill, "killall": _pkill, "fuser": _fuser}
ROWS = (
    Row("killall5", Level.DANGER, _ALL, critical=True),
    Row("skill", Level.DANGER, "kills every process of a user, the session itself among them", options="-u", unless="-l -i -n"),
    Row("slay", Level.DANGER, "kills every process of a user, the session itself among them", words=r"^(?:-\w+ )*\w+$"),
    Row("skill|slay", Level.CAUTION, "kills whatever the name fits"),
    Row("loginctl", Level.DANGER, "ends every session of root", verbs="(?:terminate|kill)-user",
        operand="root|0"),
    Row("loginctl", Level.DANGER, "kills every process of a user, the session itself among them",
        verbs="(?:terminate|kill)-(?:user|seat)", unless="--help"),
    Row("loginctl", Level.CAUTION, "ends a session with all that is open in it",
        verbs="(?:terminate|kill)-(?:user|session|seat)"),
    Row("gdb", Level.DANGER, "changes the first process, on which all others rest", words=r"-p ?1\b"),
    Row("gnome-session-quit|xfce4-session-logout|qdbus", Level.CAUTION,
        "ends the session with all that is open in it", options="--force --no-prompt --fast"),
    Row("xkill", Level.CAUTION, "ends every program that has a window", options="-a -all", whole=True),
    Row("tmux", Level.CAUTION, "ends every session of tmux with all that runs in it", verbs="kill-server"),
)  # fmt: skip
