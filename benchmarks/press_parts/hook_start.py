"""What the hook adds to the start of a shell: milliseconds, and processes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator

from lab import terminal
from lab.paired import Pairs, take_turns

from caro_shell import config, hooks

#: How `strace` writes that a process is started: not the second half of a call that was interrupted.
_STARTS = re.compile(r"\b(clone|clone3|fork|vfork|execve)\(")


def measure(home: str, env: dict[str, str], rounds: int) -> Iterator[tuple[str, Pairs, str]]:
    """Yield (shell, times with the hook over those without, what is known about processes)."""
    for shell in filter(shutil.which, hooks.SHELLS):
        with_hook = _prepare(shell, os.path.join(home, f"{shell}-hook"), hooks.render(shell, config.Config()))
        without = _prepare(shell, os.path.join(home, f"{shell}-plain"), "")
        pairs = take_turns(lambda: _time(*with_hook, env), lambda: _time(*without, env), rounds)  # noqa: B023
        yield shell, pairs, _processes(_traced(*with_hook, env), _traced(*without, env))


def _prepare(shell: str, directory: str, hook: str) -> tuple[list[str], dict[str, str]]:
    """Write start-up files that load `hook` from a file, as install.sh does; return command and variables."""
    script = os.path.join(directory, {"zsh": ".zshrc", "bash": "bashrc", "fish": "fish/config.fish"}[shell])
    os.makedirs(os.path.dirname(script))
    loaded = os.path.join(directory, "hook")
    with open(loaded, "w", encoding="utf-8") as file:
        file.write(hook)
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"source {loaded}\n" if hook else "")
    if shell == "zsh":
        return ["zsh", "-d", "-i"], {"ZDOTDIR": directory}
    if shell == "bash":
        return ["bash", "--noprofile", "--rcfile", script, "-i"], {}
    return ["fish", "-i"], {"XDG_CONFIG_HOME": directory}


def _time(command: list[str], variables: dict[str, str], env: dict[str, str]) -> float:
    """Start the shell on a terminal where `exit` is typed already; return when it has ended.

    With `-c exit` a shell does not load its line editor unless the hook binds a key: that would put
    down to the hook what each interactive shell does anyway.
    """
    began = time.perf_counter()
    process, end = terminal.start(command, {**env, **variables})
    os.write(end, b"exit\r")
    while terminal.read(end):
        pass
    process.wait()
    elapsed = time.perf_counter() - began
    os.close(end)
    return elapsed * 1e3


def _traced(command: list[str], variables: dict[str, str], env: dict[str, str]) -> int | None:
    """Return how often the shell starts a process or a subshell, None where that cannot be seen."""
    if not shutil.which("strace"):
        return None
    done = subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=clone,clone3,fork,vfork,execve", *command, "-c", "exit"],
        env={**env, **variables}, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        start_new_session=True, check=False,
    )  # fmt: skip
    calls = [line for line in done.stderr.splitlines() if _STARTS.search(line) and "CLONE_THREAD" not in line]
    return len(calls) if done.returncode == 0 else None


def _processes(with_hook: int | None, without: int | None) -> str:
    if with_hook is None or without is None:
        return "processes not looked at: no strace here"
    return f"{with_hook - without} processes more"
