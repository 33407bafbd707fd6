"""The files in which a Linux kernel tells of its memory, for a machine in any state."""

from __future__ import annotations

from pathlib import Path

MB, GB = 1 << 20, 1 << 30


class Machine:
    """A directory with `proc` and `sys`; at first a machine of 16 GB that is well."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.memory(total=16 * GB, available=8 * GB)
        self.stalled("0.00")
        self._write("proc/self/cgroup", "4:memory:/old\n0::/\n")

    def memory(self, *, total: int, available: int) -> None:
        """Say how much memory there is, in bytes."""
        lines = {"MemTotal": total, "MemFree": available // 2, "MemAvailable": available}
        self._write("proc/meminfo", "".join(f"{name}: {size >> 10:8} kB\n" for name, size in lines.items()))

    def stalled(self, percent: str) -> None:
        """Say in how much of the last ten seconds some task waited for memory."""
        lines = f"some avg10={percent} avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 total=7\n"
        self._write("proc/pressure/memory", lines)

    def group(self, name: str, *, used: int, droppable: int = 0, **limits: int) -> None:
        """Put the process into a control group with these limits, `max` or `high`, in bytes."""
        self._write("proc/self/cgroup", f"4:memory:/old\n0::{name}\n")
        directory = f"sys/fs/cgroup{name.rstrip('/')}"
        self._write(f"{directory}/memory.current", f"{used}\n")
        half = droppable // 2
        self._write(f"{directory}/memory.stat", f"anon 5\nactive_file {half}\ninactive_file {half}\n")
        for kind in ("max", "high"):
            self._write(f"{directory}/memory.{kind}", f"{limits.get(kind, 'max')}\n")

    def _write(self, path: str, content: str) -> None:
        """Replace a file at once, as a reader of the kernel's sees one state or the next."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(file.name + ".new")
        draft.write_text(content)
        draft.replace(file)
