"""Commands in the options of other programs: `tar --checkpoint-action`, `ssh -o ProxyCommand`, `git -c core.pager`.

Where a program takes the text of a command, that text is judged like any other line.
"""

from __future__ import annotations

import re

from caro_shell.safety.arguments import split
from caro_shell.safety.call import UNKNOWN, Call, Word
from caro_shell.safety.output import printed, read_text

#: Patterns for the words of a program, joined by line breaks; the group is the command.
_PATTERNS = {
    "tar|gtar|bsdtar": r"--checkpoint-action[=\n]exec=([^\n]+)|--(?:to-command|use-compress-program|rmt-command|rsh-command|info-script|new-volume-script)[=\n]([^\n]+)|^-I\n?([^\n]+)|\n-I\n?([^\n]+)",
    "ssh|scp|sftp|rsync|autossh|sshfs": r"(?i)(?:^|\n)-o\n?(?:ProxyCommand|LocalCommand|KnownHostsCommand|PermitLocalCommand)[= ]([^\n]+)",
    "rsync": r"(?:^|\n)(?:-e\n?|--rsh[=\n]|--rsync-path[=\n])([^\n]+)",
    "git": r"(?i)(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass|hookspath)|sequence\.editor|diff\.external|credential\.helper|gpg\.program|pager\.\w+|(?:diff|merge)tool\.\w+\.cmd|filter\.\w+\.\w+)[=\n]!?([^\n]+)"
    r"|alias\.[\w-]+[=\n]!([^\n]+)|\n(?:--exec|-x|--upload-pack|--receive-pack)[=\n]([^\n]+)|--(?:tree|index|msg|env|commit)-filter[=\n]([^\n]+)|bisect\nrun\n([^\n]+)|foreach\n(?:--recursive\n)?([^\n]+)",
    "vim|vi|nvim|view|ex|gvim|rvim|vimdiff": r"(?:^|\n)(?:-c\n?|--cmd\n|\+)['\"]?:?\s*(?:silent!?\s*)?(?:%|\d+|r|w|read)?\s*!\s*([^\n]+)|system\(['\"]([^'\"]+)['\"]\)",
    "salt|salt-ssh|salt-call": r"cmd\.(?:run|shell)\n([^\n]+)",
    "heroku|dokku": r"(?:^|\n)run(?::\w+)?\n([^\n]+)$",
    "adb": r"(?:^|\n)shell\n([^\n]* [^\n]*)$",
    "knife": r"(?:^|\n)ssh\n[^\n]+\n([^\n]+)",
    "aws": r"commands=\[?['\"]?([^\]'\"]+)",
    "fly|flyctl": r"(?:^|\n)(?:-C|--command)[=\n]([^\n]+)",
    "fab": r"(?:^|\n)--\n([^\n]* [^\n]*)$",
    "osascript": r"do script \\?['\"]([^'\"\n]+)",
    "socat": r"(?i)(?:^|\n)(?:EXEC|SYSTEM|SHELL):([^\n,]+)",
    "man|git-help|apropos": r"(?:^|\n)(?:-P\n?|--pager[=\n])([^\n]+)",
    "make|gmake": r"(?:^|\n)--eval[=\n].*?(?:\$\(shell\s+|!=\s*|:;\s*)([^\n)]+)",
    "split|gsplit": r"--filter[=\n]([^\n]+)",
    "sort|gsort": r"--compress-program[=\n]([^\n]+)",
    "zip": r"(?:^|\n)(?:-TT\n?|--unzip-command[=\n])([^\n]+)",
    "wget": r"--use-askpass[=\n]([^\n]+)",
    "tcpdump": r"(?:^|\n)-z\n?([^\n]+)",
    "gdb|lldb": r"(?:^|\n)(?:-ex|--eval-command|-o|-iex)[=\n](?:!|shell\s+|platform shell\s+)([^\n]+)",
    "tmux": r"(?:^|\n)(?:send-keys|send)\n(?:-t\n?[^\n]+\n|-l\n)*([^\n]+)|(?:^|\n)(?:new-session|new|new-window|neww|split-window|splitw|run-shell|run|respawn-pane|if-shell|popup|display-popup)\n(?:-[a-zA-Z]+\n?|(?<=-[stcnFxye]\n)[^\n]+\n)*([^\n]*[ \0][^\n]*)$",
    "screen": r"(?:^|\n)-X\nstuff\n([^\n]+)",
    "xterm|urxvt|konsole|alacritty|kitty|gnome-terminal|xfce4-terminal|terminator|wezterm|foot": r"(?:^|\n)(?:-e|-x|--command|--)[=\n]([^\n]* [^\n]*)$",
    "ansible": r"(?:^|\n)(?:-a\n?|--args[=\n])(?:cmd=)?([^\n]+)",
    "npm|npx|pnpm": r"(?:^|\n)(?:-c\n?|--call[=\n])([^\n]+)",
    "npm|pnpm|yarn": r"(?i)(?:script-shell|git|shell|editor)[=\n]((?:/|sh|bash)[^\n]*)",
    "nix-shell|nix|guix": r"(?:^|\n)(?:--run|--command)[=\n]([^\n]+)",
    "psql|mysql|mariadb|sqlite3": r"(?:^|\n|;\s*)(?:\\!|\.shell|\.system|system)\s+([^\n]+)|COPY\s.*?(?:FROM|TO) PROGRAM '([^']+)'",
    "entr|watchexec|nodemon|inotifywait|chokidar|fswatch|reflex": r"(?:^|\n)(?:--exec|-x|-c|-s|--command)[=\n]([^\n]+)",
    "sed|gsed": r"(?:^|\n|;)\s*(?:\d+|\$)?\s*e\s+([\w/][^\n;]+)|(?:^|\n|;)[^\n;]*?s(?P<by>[/|#,])(?:(?!(?P=by)).)*(?P=by)([^\n]+?)(?P=by)[gI\d]*e\b",
    "vagrant|capsh|machinectl": r"(?:^|\n)(?:-c|--command)[=\n]([^\n]+)",
    "gcloud|az|aws": r"(?:^|\n)(?:--command|--scripts)[=\n]([^\n]+)",
    "docker|podman": r"--(?:health-cmd)[=\n]([^\n]+)",
    "fzf": r"--(?:preview|bind)[=\n](?:[\w-]+:execute(?:-silent)?\()?([^\n)]+)",
    "i3-msg|swaymsg|hyprctl": r"(?:^|\n)(?:dispatch\n)?exec[ \n](?:--no-startup-id )?([^\n]+)",
}
_TABLE = tuple((re.compile(programs), re.compile(pattern)) for programs, pattern in _PATTERNS.items())
#: Variables whose value a program runs.
_RUN_VARIABLES = re.compile(
    r"(GIT_(?:SSH_COMMAND|SSH|PAGER|EDITOR|SEQUENCE_EDITOR|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND)|PAGER|MANPAGER|EDITOR|VISUAL|LESSOPEN|LESSCLOSE|PROMPT_COMMAND|BROWSER|SHELL|RSYNC_RSH|CVS_RSH"
    r"|SUDO_ASKPASS|SSH_ASKPASS|PS1|PS4|FZF_DEFAULT_COMMAND|RUSTC_WRAPPER|CC|LESSEDIT)=\|?\s*(.*)",
    re.DOTALL,
)
_TAKES_TEXT = (
    "ed",
    "ex",
    "vim",
    "vi",
    "nvim",
    "red",
    "gdb",
    "lldb",
    "psql",
    "sqlite3",
    "mysql",
    "make",
    "gmake",
    "crontab",
    "sed",
)


def handed(call: Call) -> list[tuple[str, Word]]:
    """Return the commands in the options of `call`, and in what it reads, each with the word that it is in."""
    found: list[tuple[str, Word]] = []
    program = call.program
    whole = "\n".join(call.texts)
    for programs, pattern in _TABLE if call.words else ():
        if programs.fullmatch(program):
            for one in pattern.finditer(whole):
                text = next((group for group in reversed(one.groups()) if group), "")
                if text.strip():
                    found.append(
                        (text.strip().removesuffix("C-m").removesuffix("Enter").strip(), _whole(call))
                    )
    if program in ("export", "declare", "typeset", "env", "sudo", "make", "gmake", "set", "setenv"):
        found += _from_variables(call)
    found += _scheduled(call)
    if program in _TAKES_TEXT:
        found += _read(call)
    return found


#: Files whose lines run later: schedules, and what a shell starts with.
LATER = re.compile(
    r"/etc/(?:cron[\w.]*(?:/.*)?|anacrontab|rc\.local|profile(?:\.d/.*)?|bash\.bashrc|init\.d/.*)|/var/spool/cron/.*"
    r"|(?:.*/)?\.(?:bashrc|zshrc|profile|bash_profile|bash_login|bash_logout|zprofile|zshenv|xprofile|xinitrc)|(?:.*/)?\.git/hooks/.*"
)


def _scheduled(call: Call) -> list[tuple[str, Word]]:
    """Return the lines that `call` writes into a file which runs them later."""
    into = [one.target.text for one in call.redirects if one.writes or one.appends]
    if call.program == "tee":
        into += call.texts
    if not any(map(LATER.fullmatch, into)):
        return []
    text = printed(call)
    if text is None or UNKNOWN in text:
        return []
    cron = any(
        "cron" in one and not re.search(r"cron\.(?:hourly|daily|weekly|monthly)/", one) for one in into
    )
    plain = (
        re.sub(r"(?m)^\s*(?:(?:[\d*/,-]+\s+){5}|@\w+\s+)(?:(?:root|[a-z_][\w-]*)\s+(?=\S+\s))?", "", text)
        if cron
        else text
    )
    return [(plain, _whole(call))]


def _whole(call: Call) -> Word:
    return Word("", call.start, call.end)


def _from_variables(call: Call) -> list[tuple[str, Word]]:
    found = []
    for word in call.words:
        one = _RUN_VARIABLES.fullmatch(word.text)
        if one and " " in one[2]:
            text = one[2].strip("'\"") if call.program in ("export", "declare", "typeset") else one[2]
            found.append((text, word))
    return found


def _read(call: Call) -> list[tuple[str, Word]]:
    """Return the commands in a script on standard input: `!..` of an editor, a recipe of make, a crontab."""
    text = read_text(call)
    if text is None or (
        call.program == "crontab"
        and [word.text for word in split(call.words, "-u").operands] not in ([], ["-"])
    ):
        return []
    if call.program == "crontab":
        pattern = r"(?m)^\s*(?:(?:\S+\s+){5}|@\w+\s+)(.+)$"
    elif call.program in ("make", "gmake"):
        pattern = r"(?m)^\t[@-]*(.+)$|(?m:^[^\n:]+:[^\n;]*;\s*(.+)$)".replace("(?m)", "", 1)
        return [(one[1] or one[2], _whole(call)) for one in re.finditer(pattern, text, re.MULTILINE)]
    elif call.program in ("psql", "sqlite3", "mysql", "gdb", "lldb"):
        pattern = r"(?m)^\s*(?:\\!|\.shell|\.system|system|shell|!)\s+(.+)$"
    else:
        pattern = r"(?m)^\s*:?(?:r|w|%|e)?\s*!\s*(.+)$"
    return [(one[1], _whole(call)) for one in re.finditer(pattern, text)]
