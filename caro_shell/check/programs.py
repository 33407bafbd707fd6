"""Which programs there are for a person, and what they take."""

from __future__ import annotations

import os
import sys

from caro_shell.check import options
from caro_shell.check.arguments import Options
from caro_shell.check.line import UNKNOWN
from caro_shell.check.vocabulary import BUILTINS, LIKE_LOG, NOT_ON_A_MAC, UNREAD


class Programs:
    """The programs on the search path `path` ("a:b"; None where it is not known) of a `platform`.

    Of another platform than this machine's it is known what is never there, and what caro's tables say.
    """

    def __init__(self, shell: str, platform: str, path: str | None) -> None:
        self._shell = shell
        self._platform = platform
        self._here = platform == sys.platform
        self._path = [place for place in (path or "").split(os.pathsep) if os.path.isabs(place)]

    def lacks(self, name: str) -> bool:
        """Say whether there is certainly no program, builtin or keyword called `name`."""
        if name in BUILTINS[self._shell]:
            return False
        if not self._here:
            return self._platform == "darwin" and name in NOT_ON_A_MAC
        return bool(self._path) and not self._find(name)

    def takes(self, program: str, subcommand: str = "") -> Options | None:
        """Return what `program` takes, by the tables and what is installed; None where neither says so."""
        name, file = os.path.basename(program), ""
        if UNKNOWN in program or name in UNREAD:
            return None
        if self._here and (program not in BUILTINS[self._shell] or program == "time"):
            file = program if os.path.isabs(program) else self._find(program)
        if subcommand:
            return self._of_subcommand(file, subcommand) if file else None
        by_table = options.known(name, self._platform)
        if by_table and (by_table.whole or by_table.ends):
            return by_table
        by_page = options.installed(file) if file else None
        return by_table | by_page if by_table and by_page else by_table or by_page

    def _of_subcommand(self, file: str, subcommand: str) -> Options | None:
        found = options.installed(file, subcommand)
        others = options.installed(file, "log") if found and subcommand in LIKE_LOG else None
        return found | others if found and others else found

    def _find(self, name: str) -> str:
        """Return the path of a program, "" where there is none."""
        for place in self._path if name and "/" not in name else ():
            file = os.path.join(place, name)
            if os.access(file, os.X_OK) and os.path.isfile(file):
                return file
        return ""
