"""The table of programs that run another one that their own words end with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrapper:
    """How a wrapper's own words end: its options with a value, how many operands stand before the command."""

    valued: str = ""
    before: int = 0
    root: bool = False
    away: str = ""
    assigns: bool = False


WRAPPERS = {
    "sudo": Wrapper(
        "-u -g -p -C -h -r -t -T -U -D -R --user --group --prompt --host --chdir --role --type",
        root=True,
        assigns=True,
    ),
    "doas": Wrapper("-u -C -a", root=True),
    "pkexec": Wrapper("--user", root=True),
    "run0": Wrapper("-u --user -D --chdir", root=True),
    "env": Wrapper("-u --unset -C --chdir", assigns=True),
    "command": Wrapper(),
    "builtin": Wrapper(),
    "exec": Wrapper("-a"),
    "nohup": Wrapper(),
    "setsid": Wrapper(),
    "time": Wrapper("-f -o --format --output"),
    "nice": Wrapper("-n --adjustment"),
    "ionice": Wrapper("-c -n -p --class --classdata"),
    "chrt": Wrapper("", 1),
    "taskset": Wrapper("", 1),
    "timeout": Wrapper("-k -s --kill-after --signal", 1),
    "gtimeout": Wrapper("-k -s --kill-after --signal", 1),
    "stdbuf": Wrapper("-i -o -e --input --output --error"),
    "unbuffer": Wrapper(),
    "flock": Wrapper("-w -E --timeout", 1),
    "chroot": Wrapper("--userspec --groups", 1),
    "unshare": Wrapper("--map-user --map-group --root -R --wd -w"),
    "nsenter": Wrapper("-t --target -S -G", away="in another namespace"),
    "systemd-run": Wrapper(
        "-u --unit -p --property --uid --gid -E --on-active --on-calendar --slice --on-boot --on-startup -M --machine -H --host"
        " --description --working-directory -d --setenv --nice --service-type"
    ),
    "systemd-inhibit": Wrapper("--what --who --why --mode"),
    "caffeinate": Wrapper("-t -w"),
    "strace": Wrapper("-e -o -p -s -u"),
    "ltrace": Wrapper("-e -o -p -s -u"),
    "proxychains": Wrapper("-f"),
    "proxychains4": Wrapper("-f"),
    "torsocks": Wrapper(),
    "firejail": Wrapper(),
    "busybox": Wrapper(),
    "toybox": Wrapper(),
    "rtk": Wrapper(),
    "noglob": Wrapper(),
    "nocorrect": Wrapper(),
    "-": Wrapper(),
    "sched": Wrapper("", 1),
    "and": Wrapper(),
    "or": Wrapper(),
    "not": Wrapper(),
    "coproc": Wrapper(),
    "then": Wrapper(),
    "do": Wrapper(),
    "else": Wrapper(),
    "begin": Wrapper(),
    "!": Wrapper(),
    "fakeroot": Wrapper(),
    "setarch": Wrapper("", 1),
    "linux32": Wrapper(),
    "linux64": Wrapper(),
    "prlimit": Wrapper(),
    "cpulimit": Wrapper("-l -p -e"),
    "rlwrap": Wrapper("-f -H"),
    "eatmydata": Wrapper(),
    "chpst": Wrapper("-u -U"),
    "setpriv": Wrapper("--reuid --regid --groups --inh-caps --bounding-set --ambient-caps"),
    "runuser": Wrapper("-u -g", root=True),
    "dbus-run-session": Wrapper(),
    "xvfb-run": Wrapper("-s -n --server-args"),
    "watch": Wrapper("-n --interval"),
    "entr": Wrapper(),
    "hyperfine": Wrapper("-w -r -n --warmup --runs"),
    "script": Wrapper("-c", 1),
    "screen": Wrapper("-S -c -e -h -p -r -s -t -T"),
    "proot": Wrapper("-r -b -w"),
    "arch-chroot": Wrapper("-u", 1),
    "systemd-nspawn": Wrapper("-D -M -u --directory --machine --bind --user"),
    "wsl": Wrapper("-d -u --distribution --user"),
    "wsl.exe": Wrapper("-d -u --distribution --user"),
    "flatpak-spawn": Wrapper(),
    "pdsh": Wrapper("-w -l -x -g -t -u -f", away="on another machine"),
    "clush": Wrapper("-w -g -x -l -t -u -f", away="on another machine"),
    "pssh": Wrapper("-h -H -l -p -t -o -e -O", away="on another machine"),
    "parallel-ssh": Wrapper("-h -H -l -p -t -o -e -O", away="on another machine"),
    "dsh": Wrapper("-m -g -f", away="on another machine"),
    "cgexec": Wrapper("-g"),
    "faketime": Wrapper("", 1),
    "libfaketime": Wrapper("", 1),
    "sem": Wrapper("-j --id"),
    "systemd-cat": Wrapper("-t -p --identifier --priority --stderr-priority"),
    "numactl": Wrapper("-N -m -C -p -i --cpunodebind --membind --physcpubind --interleave --preferred"),
    "choom": Wrapper("-n -p --adjust --pid"),
    "schedtool": Wrapper("-n -p -a"),
    "perf": Wrapper("-e -o -p -t -C -F -r -c -g --event --output --call-graph --repeat", 1),
    "valgrind": Wrapper(),
    "heaptrack": Wrapper("-o"),
    "watchexec": Wrapper(
        "-e -w -i -f -s -d --exts --watch --ignore --filter --signal --delay-run --debounce"
    ),
    "dbus-launch": Wrapper(),
    "torify": Wrapper(),
    "tsocks": Wrapper(),
    "proxychains-ng": Wrapper("-f"),
    "catchsegv": Wrapper(),
    "softlimit": Wrapper("-m -a -d -s -l -o -p -f -c -t -r"),
    "setuidgid": Wrapper("", 1),
    "s6-setuidgid": Wrapper("", 1),
    "s6-applyuidgid": Wrapper("-u -g -G"),
    "gosu": Wrapper("", 1),
    "su-exec": Wrapper("", 1),
    "tini": Wrapper("-p -e"),
    "dumb-init": Wrapper(),
    "catatonit": Wrapper(),
    "daemonize": Wrapper("-a -c -e -o -p -l -u -E"),
    "trickle": Wrapper("-d -u -w -t -l -n"),
    "runcon": Wrapper("-t -u -r -l"),
    "newgrp": Wrapper("", 1),
    "dtach": Wrapper("-n -A -c -a -e -r"),
    "abduco": Wrapper("-n -A -c -a -e"),
    "pseudo": Wrapper(),
    "fakechroot": Wrapper(),
    "ccache": Wrapper(),
    "aa-exec": Wrapper("-p --profile -n"),
    "autossh": Wrapper(
        "-M -p -i -l -o -F -J -L -R -D -b -c -E -e -m -O -Q -S -W -w -B -I", 1, away="on another machine"
    ),
    **dict.fromkeys(
        (
            "ssh-agent chronic ifne with-contenv run-one run-this-one keep-one-running pfexec dzdo please calife zrun"
            " annotate-output pgrphack fghack nosync libeatmydata torsocks-run uvx stdoutisatty gamemoderun mangohud"
        ).split(),
        Wrapper("-a -t -k"),
    ),
    **dict.fromkeys(
        ("sudo-rs", "lxqt-sudo", "gksudo", "kdesu", "kdesudo", "beesu"), Wrapper("-u -g", root=True)
    ),
    **dict.fromkeys(
        ("srun", "salloc", "bsub", "mpirun", "mpiexec", "mpirun.openmpi", "prterun", "aprun"),
        Wrapper(
            "-n -np -N -p -c -t -w -J -A -q -o -e -H --host --hostfile --nodes --ntasks --partition --time --nodelist --mem"
        ),
    ),
    **dict.fromkeys(
        ("lckdo", "setlock", "with-lock-ex", "timelimit", "retry", "jexec", "ldsudo"),
        Wrapper("-t -T -s -S -w -W -u", 1),
    ),
    **dict.fromkeys(
        (
            "ld.so",
            "ld-linux-x86-64.so.2",
            "ld-linux-aarch64.so.1",
            "ld-linux.so.2",
            "ld-musl-x86_64.so.1",
            "ld-linux-armhf.so.3",
        ),
        Wrapper("--library-path --preload --argv0 --audit --inhibit-rpath --glibc-hwcaps-prepend"),
    ),
    "tsp": Wrapper("-L -N -D -W -d -G -S"),
    "nq": Wrapper("-c"),
    "arch": Wrapper("-e -d"),
    "sandbox-exec": Wrapper("-p -f -n -D"),
    "termux-chroot": Wrapper(),
    "schroot": Wrapper("-c -u -d -s -n --chroot --user --directory --session-name"),
    "dchroot": Wrapper("-c -d"),
    "rsh": Wrapper("-l", 1, away="on another machine"),
    "dbclient": Wrapper("-p -i -l -L -R", 1, away="on another machine"),
    "mrsh": Wrapper("-l", 1, away="on another machine"),
    "lxc-attach": Wrapper("-n -P --name --lxcpath", away="in a container"),
    "lxc-execute": Wrapper("-n -f -P --name", away="in a container"),
    "distrobox-enter": Wrapper("-n --name", 1),
    "ch-run": Wrapper("-b -c -g -u -w", 1),
    # On another machine: the host stands before the command.
    "ssh": Wrapper(
        "-p -i -l -o -F -J -L -R -D -b -c -E -e -m -O -Q -S -W -w -B -I", 1, away="on another machine"
    ),
    "sshpass": Wrapper("-p -f -d -P"),
    "mosh": Wrapper("", 1, away="on another machine"),
}
