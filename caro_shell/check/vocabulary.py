"""Names that the shells know themselves, and programs that run another one."""

from __future__ import annotations

_ALL = (
    ". : [ alias bg break builtin cd command continue disown echo eval exec exit export false fg history "
    "jobs kill printf pwd read return set source suspend test time true type ulimit umask wait trap"
)
_POSIX = "declare dirs enable fc getopts hash let local logout popd pushd readonly shift times typeset"
_POSIX += " unalias unset"
_BASH = "bind caller compgen complete compopt help mapfile readarray shopt [[ ]]"
_ZSH = (
    "- autoload bindkey bye chdir compadd compdef compinit disable echotc echoti emulate float functions "
    "getln integer limit log noglob nocorrect print private pushln r rehash sched setopt stat ttyctl "
    "unfunction unhash unlimit unsetopt vared whence where which zargs zcalc zcompile zcp zed zformat zle "
    "zln zmodload zmv zparseopts zstyle [[ ]]"
)
#: The functions that fish comes with, too.
_FISH = (
    "_ abbr and argparse begin bind block breakpoint case cdh commandline complete contains count dirh dirs "
    "emit else end fish_add_path fish_config fish_default_key_bindings fish_key_reader fish_opt "
    "fish_update_completions fish_vi_key_bindings for function functions funced funcsave help if isatty la "
    "ll math nextd not open or path popd prevd prompt_pwd psub pushd random realpath seq setenv set_color "
    "status string switch vared while"
)

#: Builtins, keywords and functions by the shell that has them.
BUILTINS = {
    "bash": frozenset(f"{_ALL} {_POSIX} {_BASH}".split()),
    "zsh": frozenset(f"{_ALL} {_POSIX} {_ZSH}".split()),
    "fish": frozenset(f"{_ALL} {_FISH}".split()),
}

#: Programs that run the command that their operands are, and how many operands stand before it.
_RUN = (
    "sudo doas env nice nohup time xargs watch exec command builtin stdbuf setsid ionice caffeinate strace "
    "ltrace noglob nocorrect unbuffer and or not"
)
_RUN_BEHIND_ONE = "timeout gtimeout taskset chrt flock chroot"
RUNNERS = {**dict.fromkeys(_RUN.split(), 0), **dict.fromkeys(_RUN_BEHIND_ONE.split(), 1)}

#: Shells, which are given a line.
SHELLS = ("sh", "bash", "zsh", "dash", "ksh", "fish")

_LINUX = (
    "apt apt-get apt-cache dpkg dnf yum rpm pacman systemctl journalctl service free lsblk lscpu lsusb "
    "lspci lsmod ip ss nproc tac shuf numfmt setsid ionice vmstat useradd usermod groupadd adduser getent "
    "hostnamectl watch timeout fuser xdg-open update-alternatives ldd strace nmcli iptables fallocate "
    "chattr lsattr"
)
#: Programs of Linux that a Mac does not have.
NOT_ON_A_MAC = frozenset(_LINUX.split())

_LANGUAGES = "apt java stty chattr ld gcc cc c99 g++ clang ffmpeg ffprobe convert magick node opt llc vigr"
#: Programs whose arguments are a language of their own, or another program's options.
UNREAD = frozenset(_LANGUAGES.split())

_LISTING = (
    "ls cat cp mv rm ln mkdir rmdir touch chmod chown chgrp head tail sort uniq cut tr wc paste join comm "
    "fold fmt nl tac split shuf seq tee stat date df du basename dirname realpath readlink mktemp md5sum "
    "sha1sum sha256sum sha512sum cksum base64 od expand unexpand truncate nproc id uname who find xargs "
    "grep sed tar gzip diff cmp pgrep pkill free curl"
)
#: Programs that list their options and do nothing else when asked to, where the system itself has put them.
WELL_BEHAVED = frozenset(_LISTING.split())

#: Subcommands of git that take the options of `git log`, too, which their pages do not list.
LIKE_LOG = ("bisect", "format-patch", "reflog", "shortlog", "stash", "whatchanged")
