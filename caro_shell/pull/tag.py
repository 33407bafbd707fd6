"""What a server calls the content that it gives, its entity tag: kept, to go on after a break."""

from __future__ import annotations

import json
import os
from contextlib import suppress

from caro_shell.catalog.url import without_credentials


class EntityTag:
    """The note `PATH.etag` beside the part at `path`."""

    def __init__(self, path: str) -> None:
        self._path = path + ".etag"

    def remember(self, url: str, tag: str) -> None:
        """Note that `url` gave `tag`; an empty one forgets. Raises OSError."""
        if not tag:
            self.forget()
            return
        with open(self._path, "w", encoding="utf-8") as file:
            json.dump({"url": without_credentials(url), "etag": tag}, file)

    def recall(self, url: str) -> str:
        """Return the tag noted for `url`, or nothing: also for a note that a kill has torn."""
        try:
            with open(self._path, encoding="utf-8") as file:
                note = json.load(file)
            return str(note["etag"]) if note["url"] == without_credentials(url) else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def forget(self) -> None:
        """Remove the note."""
        with suppress(FileNotFoundError):
            os.unlink(self._path)
