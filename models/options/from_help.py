"""Write gnu.txt: the options that GNU and Linux programs list in the `--help` of this machine.

    .venv/bin/python models/options/from_help.py > models/options/gnu.txt

Programs that are not installed here have no line. What a `--help` leaves unsaid stands in linux.txt and
common.txt, which are written by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from caro_shell.check import arguments, helptext

_COREUTILS = (
    "base32 base64 basename cat chgrp chmod chown cksum comm cp csplit cut date df dir dirname du env "
    "expand factor fmt fold groups head id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp "
    "mv nice nl nohup nproc numfmt od paste pathchk pinky printenv readlink realpath rm rmdir seq sha1sum "
    "sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf sum sync tac tail "
    "tee timeout touch tr truncate tsort tty uname unexpand uniq uptime users vdir wc who whoami yes b2sum"
)
_OTHERS = (
    "cmp curl diff diff3 egrep fgrep free grep gzip pgrep pkill ps pmap pwdx sdiff sed tar vmstat w "
    "watch xargs xz blkid col colrm column dmesg fallocate findmnt flock getopt hexdump ionice "
    "lsblk lscpu lsmem mount mountpoint more namei nsenter prlimit renice rev script setsid taskset umount "
    "unshare make"
)
#: Where not `--help` alone brings all of it.
_ARGUMENTS = {"curl": ("--help", "all"), "ps": ("--help", "all")}


def listed(program: str) -> str:
    """Return the options of `program` in caro's notation, "" where it is not here or lists none."""
    if shutil.which(program) is None:
        return ""
    asked = subprocess.run(
        [program, *_ARGUMENTS.get(program, ("--help",))],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "COLUMNS": "120"},
    )
    return arguments.format_(helptext.from_help(asked.stdout + asked.stderr))


def main() -> None:
    """Print the table."""
    for program in sorted({*_COREUTILS.split(), *_OTHERS.split()}):
        found = listed(program)
        if found:
            print(f"{program}: {found}")
        else:
            print(f"{program} lists nothing here", file=sys.stderr)


if __name__ == "__main__":
    main()
