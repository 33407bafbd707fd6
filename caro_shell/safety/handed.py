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
    "ssh|scp|sftp|rsync|autossh|sshfs": r"(?i)(?:^|\n)-o\n?(?:ProxyCommand|RemoteCommand|LocalCommand|KnownHostsCommand|PermitLocalCommand)[= ]([^\n]+)",
    "rsync": r"(?:^|\n)(?:-e\n?|--rsh[=\n]|--rsync-path[=\n])([^\n]+)",
    "git": r"(?i)(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass|hookspath)|sequence\.editor|diff\.external|credential\.helper|gpg\.program|pager\.\w+|(?:diff|merge)tool\.\w+\.cmd|filter\.\w+\.\w+|(?:diff|man|browser|merge|trailer|sendemail|core|gpg|interactive|uploadpack|receive|rebase|web|guitool|tar|hook)\.(?:[\w.-]+\.)?(?:command|textconv|cmd|driver|path|program|smtpserver|tocmd|cccmd|gitproxy|difffilter|packobjectshook|instructionformat|alternaterefscommand|editor))[=\n]!?([^\n]+)"
    r"|alias\.[\w-]+[=\n]!([^\n]+)|\n(?:--exec|-x|-u|--upload-pack|--receive-pack|--to-cmd|--cc-cmd|--header-cmd|--sendmail-cmd|--extcmd|--open-files-in-pager|--smtp-server)[=\n]([^\n]+)|--(?:tree|index|msg|env|commit)-filter[=\n]([^\n]+)|bisect\nrun\n([^\n]+)|foreach\n(?:--recursive\n)?([^\n]+)",
    "vim|vi|nvim|view|ex|gvim|rvim|vimdiff": r"(?:^|\n)(?:-\w*c\n?|--cmd\n|\+)['\"]?:?\s*(?:silent!?\s*)?(?:%|\d+|r|w|read)?\s*!\s*([^\n]+)|system\(['\"]([^'\"]+)['\"]\)",
    "scp|sftp": r"(?:^|\n)-S\n?([^\n]+)",
    "juju": r"(?:^|\n)(?:ssh|exec|run)\n(?:-[^\n]+\n)*[^\n ]+\n([^\n]* [^\n]*)$",
    "pm2": r"(?:^|\n)start\n([^\n]* [^\n]*)",
    "cmd|cmd\\.exe": r"(?:^|\n)/[cCkK]\n([^\n]+)",
    "xdotool|ydotool|wtype|kitty|wezterm": r"(?:^|\n)(?:type|send-text)\n(?:-[^\n]+\n)*([^\n]* [^\n]*)",
    "hg|chg": r"--config[=\n](?:hooks|alias|ui|extdiff|merge-tools|diff-tools|fix)[^=\n]*=!?([^\n]+)",
    "svn": r"tunnels:\w+=([^\n]+)",
    "salt|salt-ssh|salt-call": r"cmd\.(?:run|shell)\n([^\n]+)",
    "heroku|dokku|scalingo|clever|eb": r"(?:^|\n)run(?::\w+)?\n(?:-[^\n]+\n)*([^\n]* [^\n]*)",
    "lerna|yarn|pnpm|nx|rush": r"(?:^|\n)exec\n(?:-[^\n]+\n)*([^\n]* [^\n]*)$",
    "less|more|most": r"(?:^|\n)\+{1,2}!\s*([^\n]+)",
    "et|mosh|kdesu|gksudo|snap|docker-machine|su-exec|capsh|lxterminal|dtach": r"(?:^|\n)(?:-c|--command)[=\n]([^\n]+)",
    "rsh|dbclient|mrsh|lxc-attach|minikube|colima|multipass|limactl": r"(?:^|\n)([^\n]* [^\n]*)$",
    "sbatch|qsub|hy|condor_run": r"--wrap[=\n]([^\n]+)",
    "pee": r"(?:^|\n)([^-\n][^\n]*)",
    "complete|compgen|mapfile|readarray": r"(?:^|\n)-C\n?([^\n]+)",
    "script|scriptlive|asciinema|ttyrec|termtosvg": r"(?:^|\n)(?:-q?c|--command|-e)[=\n]([^\n]+)",
    "mutt|neomutt": r"(?:^|\n)-e\n(?:set \w+=['\"]?|push ['\"]?!|source ['\"]?)([^\n|'\"]+)",
    "busybox": r"(?:^|\n)(?:ash|sh)\n-c\n([^\n]+)",
    "add-zsh-hook|zle|zstyle|sched": r"(?:^|\n)(?:(?:precmd|preexec|chpwd|periodic|zshexit|zshaddhistory|zsh_directory_name)|-e\n[^\n]+\n[^\n]+)\n([^\n]* [^\n]*)$",
    "crontab": r"(?:^|\n)-e\n([^\n]* [^\n]*)$",
    "rclone": r"--(?:password-command|sftp-ssh|metadata-mapper)[=\n]([^\n]+)",
    "restic|borg|borgmatic": r"(?:--password-command|-o\nsftp\.command|--rsh|--remote-path)[=\n](?:sftp\.command=)?([^\n]+)",
    "mbsync|msmtp|offlineimap|getmail": r"--passwordeval[=\n]([^\n]+)",
    "cmake": r"(?:^|\n)-E\n(?:time|env)\n([^\n]+(?:\n[^\n]+)*)$",
    "parallel": r"--(?:results-command|rcfile-command|pre-command|tee-command)[=\n]([^\n]+)",
    "strace-log-merge|dstat|conky": r"--exec[=\n]([^\n]+)",
    "unzip|7z|rar": r"--unzip-command[=\n]([^\n]+)",
    r"ncat|nc|netcat|nc\.traditional": r"(?:^|\n)(?:-\w*c|--sh-exec)[=\n]([^\n]* [^\n]*)",
    "hyprctl|riverctl|bspc|xbindkeys|sxhkd": r"(?:^|\n)spawn\n([^\n]+)",
    "adb": r"(?:^|\n)shell\n([^\n]* [^\n]*)$",
    "knife": r"(?:^|\n)ssh\n[^\n]+\n([^\n]+)",
    "aws": r"commands=\[?['\"]?([^\]'\"]+)",
    "fly|flyctl": r"(?:^|\n)(?:-C|--command)[=\n]([^\n]+)",
    "fab": r"(?:^|\n)--\n([^\n]* [^\n]*)$",
    "osascript": r"do script \\?['\"]([^'\"\n]+)",
    "socat": r"(?i)(?:^|\n)(?:EXEC|SYSTEM|SHELL):([^\n,]+)",
    "man|git-help|apropos": r"(?:^|\n)(?:-[PH]\n?|--pager[=\n]|--html=)([^\n]+)",
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
    "psql|mysql|mariadb|sqlite3": r"(?:^|\n|;\s*)(?:(?:\\!|\.shell|\.system|system)\s+|(?:\.(?:read|import|once|output|o)|\\(?:g|o|copy|w)\b[^|\n]*)\s*['\"]?\|\s*)([^\n]+)|COPY\s.*?(?:FROM|TO) PROGRAM '([^']+)'",
    "entr|watchexec|nodemon|inotifywait|chokidar|fswatch|reflex": r"(?:^|\n)(?:--exec|-x|-c|-s|--command)[=\n]([^\n]+)",
    "sed|gsed": r"(?:^|\n|;)\s*(?:\d+|\$)?\s*e\s+([\w/][^\n;]+)|(?:^|\n|;)[^\n;]*?s(?P<by>[/|#,])(?:(?!(?P=by)).)*(?P=by)([^\n]+?)(?P=by)[gI\d]*e\b",
    "vagrant|capsh|machinectl|eb": r"(?:^|\n)(?:-c|--command)[=\n]([^\n]+)",
    "gcloud|az|aws": r"(?:^|\n)(?:--command|--scripts)[=\n]([^\n]+)",
    "docker|podman": r"--(?:health-cmd)[=\n]([^\n]+)",
    "fzf": r"--(?:preview|bind)[=\n](?:[\w-]+:execute(?:-silent)?\()?([^\n)]+)",
    "i3-msg|swaymsg|hyprctl": r"(?:^|\n)(?:dispatch\n)?exec[ \n](?:--no-startup-id )?([^\n]+)",
}
_TABLE = tuple((re.compile(programs), re.compile(pattern)) for programs, pattern in _PATTERNS.items())
#: Variables whose value a program runs.
_RUN_VARIABLES = re.compile(
    r"(GIT_(?:SSH_COMMAND|SSH|PAGER|EDITOR|SEQUENCE_EDITOR|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND)|PAGER|MANPAGER|EDITOR|VISUAL|LESSOPEN|LESSCLOSE|PROMPT_COMMAND|BROWSER|SHELL|RSYNC_RSH|CVS_RSH"
    r"|SUDO_ASKPASS|SSH_ASKPASS|PS1|PS4|PROMPT|FZF_DEFAULT_COMMAND|RUSTC_WRAPPER|CC|LESSEDIT|RESTIC_PASSWORD_COMMAND|BORG_RSH|BORG_PASSCOMMAND|TEXMFOUTPUT|MANROFFOPT|LESSKEY|GIT_TEMPLATE|FCEDIT|HISTEDIT|SYSTEMD_EDITOR|KUBE_EDITOR|CRONTAB_EDITOR|SUDO_EDITOR|HGEDITOR|SVN_EDITOR|SVN_SSH|DOCKER_SSH|ANSIBLE_SSH_EXECUTABLE|SYSTEMD_PAGER|AWS_PAGER|BAT_PAGER|DELTA_PAGER|PSQL_PAGER|PSQL_EDITOR|GH_PAGER|GH_EDITOR|FZF_CTRL_T_COMMAND|FZF_ALT_C_COMMAND|precmd)=\|?\s*(.*)",
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
    "mariadb",
    "ftp",
    "lftp",
    "sftp",
    "tnftp",
    "less",
    "more",
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
    r"|(?:.*/)?\.(?:bashrc|zshrc|profile|bash_profile|bash_login|bash_logout|zprofile|zlogin|zlogout|zshenv|xprofile|xinitrc)|(?:.*/)?\.git/hooks/.*"
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
            if one[1].startswith("P") and one[1] in (
                "PS1",
                "PS4",
                "PROMPT",
            ):  # only what is substituted in it runs
                found.append((': "' + one[2].replace('"', "").replace("\\", "") + '"', word))
                continue
            text = one[2].strip("'\"") if call.program in ("export", "declare", "typeset") else one[2]
            found.append((text, word))
    return found


def _read(call: Call) -> list[tuple[str, Word]]:
    """Return the commands in a script on standard input: `!..` of an editor, a recipe of make, a crontab."""
    made = next((word.made_by for word in call.words if word.made_by and "make" in call.program), ())
    text = printed(made[-1]) if made else read_text(call)
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
    elif call.program in (
        "psql",
        "sqlite3",
        "mysql",
        "mariadb",
        "gdb",
        "lldb",
        "ftp",
        "lftp",
        "sftp",
        "tnftp",
    ):
        pattern = r"(?m)^\s*(?:(?:\\!|\.shell|\.system|system|shell)\s+|!\s*|(?:\.(?:read|once|output|import)|\\[go])\s*['\"]?\|\s*)(.+)$"
    else:
        pattern = r"(?m)^\s*:?(?:r|w|%|e)?\s*!\s*(.+)$"
    return [(one[1], _whole(call)) for one in re.finditer(pattern, text)]
