"""What a key press runs: a line in, the new line or a sentence out. Little of the standard library, no more.

    line on stdin  →  caro_shell.client --shell zsh  →  reply on stdout, its kind as exit status

With `--frames yes` what there is to see while one waits comes on stdout as well: any number of frames, each
ended by 0x1e, then the status, 0x1f and the reply.

It is run by `python -I -S`: see `hooks.client_command`.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what `signal` is made of, without what that imports
import os

from caro_shell import __version__, launch, paths, protocol, sanitise, typeahead
from caro_shell.errors import CaroError, DaemonError, NoCommandFound
from caro_shell.progress import Frames, Progress, width
from caro_shell.protocol import Status

TYPE_CHECKING = False  # `typing` is not imported on a key press
if TYPE_CHECKING:
    from collections.abc import Iterator


def main(argv: list[str]) -> int:
    """Rewrite the line on standard input; return the exit status (see `protocol.Status`).

    `--shell NAME` says whose line it is, `--session ID` which shell's (on an unedited answer the next press
    brings another one), `--rows-below N` how many rows of the line are below the cursor.
    """
    os.umask(0o077)  # of the daemon, too: what is made is closed to others
    terminal = _terminal()
    flags = dict(zip(argv[::2], argv[1::2]))
    progress = Frames(1) if "--frames" in flags else Progress(terminal)
    try:
        progress.rows_below = int(flags.get("--rows-below", "0"))
        status, text = _gated(*rewrite(_line(), flags["--shell"], flags.get("--session", ""), progress))
        if terminal is not None and status != Status.MESSAGE:
            text = _fitted(text, terminal)
    except KeyboardInterrupt:
        status, text = Status.CANCELLED, ""
    except CaroError as error:
        status, text = Status.MESSAGE, _shown(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the line must stay and a sentence appear
        status, text = Status.MESSAGE, _shown(_unexpected(error))
    # From here on there is an answer. Ctrl-C must not break it, nor the looking at the terminal for it.
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    progress.clear()
    if terminal is not None:
        typed = typeahead.take(terminal)
        if status in (Status.COMMAND, Status.TURN):
            command, end, notice = text.partition(protocol.FIELD_END)
            text = command + typed + end + notice
    if "--frames" in flags:
        text = f"{status}{protocol.FIELD_END}{text}"
    os.write(1, text.encode("utf-8", "replace"))
    return status


def rewrite(line: str, shell: str, session: str, progress: Progress) -> tuple[int, str]:
    """Ask the daemon for `line` as a command; return exit status and text. Raises DaemonError."""
    request = {"kind": "rewrite", "shell": shell, "session": session, "line": line, **launch.surroundings()}
    reply = ask(request, progress)
    status, text = int(reply["status"]), reply["line"]
    if status == Status.COMMAND and text == line.strip():
        note = reply["notice"] + "; " if reply["notice"] else ""
        return Status.MESSAGE, note + "the line is a command already"
    if reply["notice"]:
        text += protocol.FIELD_END + reply["notice"]
    return status, text


def _gated(status: int, text: str) -> tuple[int, str]:
    """Return a reply as it may reach the line, whoever made it: the daemon may not be what it should be.

    Raises CaroError: NoCommandFound for what may not, DaemonError for what is no reply.
    """
    line, end, notice = text.partition(protocol.FIELD_END)
    if status == Status.COMMAND:
        line = sanitise.command(line)
    elif status == Status.TURN:
        line = sanitise.words(line)
    elif status == Status.MESSAGE:
        line = _shown(line)
    else:
        raise DaemonError("the caro daemon answered something else; end it with: caro daemon stop")
    return status, line + end + _shown(notice)


def _fitted(text: str, terminal: int) -> str:
    """Return a line and its note, cut to what the window can show beside the line.

    Raises NoCommandFound for a line whose beginning the window would not show.
    """
    try:
        columns, rows = os.get_terminal_size(terminal)
    except OSError:
        return text
    line, end, note = text.partition(protocol.FIELD_END)
    # The prompt has a row, and line and note may each leave one unfinished.
    room = columns * max(1, rows - 3) - width(line)
    if columns and room < 0:
        raise NoCommandFound(
            f"the answer has {len(line):,} characters, more than this window can show; "
            "make it larger and try again"
        )
    if columns and width(note) > max(room, columns):
        while width(note) > max(room, columns) - 3:
            note = note[: len(note) * 9 // 10]
        note += "..."
    return line + end + note


def _shown(text: str) -> str:
    return sanitise.printable(text[: sanitise.LONGEST])


def ask(request: dict[str, str], progress: Progress) -> dict[str, str]:
    """Send `request` to the daemon, starting it when needed; return its reply. Raises CaroError."""
    record = protocol.encode(protocol=protocol.PROTOCOL, version=__version__, **request)
    if len(record) > protocol.RECORD_MAX:
        raise CaroError("the line is too long; say it in fewer words")
    for _ in range(4):
        connection = launch.connect()
        if connection is None:
            launch.await_ready(launch.start(), progress.wait)
            continue
        accepted = False
        try:
            connection.sendall(record)
            for event in _events(connection, progress):
                if event["event"] == "reply":
                    return event
                accepted = accepted or event["event"] == "accepted"
                if event["event"] == "environment":
                    named = launch.environment(event["names"].split())
                    connection.sendall(protocol.encode(kind="environment", **named))
                if "text" in event:
                    progress.show(event["text"])
        except ConnectionError:
            pass  # the same as an end without a reply
        finally:
            connection.close()
        if accepted:
            raise DaemonError(f"the caro daemon ended while answering; try again ({paths.see_log('daemon')})")
        # It is of another version, or left just as we came: the next round starts a new one.
    raise DaemonError("the caro daemon cannot be reached; see what is wrong with: caro daemon status")


def _events(connection: launch.Connection, progress: Progress) -> Iterator[dict[str, str]]:
    """Yield what the daemon sends until it hangs up."""
    records = protocol.Records()
    while True:
        progress.wait(connection.fileno())
        data = connection.recv(65536)
        if not data:
            return
        yield from records.feed(data)


def _line() -> str:
    """Read standard input up to its end. Raises CaroError when it cannot be sent."""
    data = b""
    while True:
        chunk = os.read(0, 65536)
        if not chunk:
            break
        data += chunk
    try:
        line = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CaroError(
            f"the line is not UTF-8 text from byte {error.start + 1} on; retype that part"
        ) from None
    if len(data) > protocol.RECORD_MAX // 2:
        raise CaroError("the line is too long; say it in fewer words")
    return line


def _terminal() -> int | None:
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None


def _unexpected(error: Exception) -> str:
    """Keep where it happened in the log, and not what it says, which may be the line; return a sentence."""
    import traceback  # noqa: PLC0415 - heavy, and needed only here

    where = "".join(traceback.format_tb(error.__traceback__))
    try:
        with open(paths.log_file("client"), "a", encoding="utf-8") as file:
            file.write(f"Traceback:\n{where}{type(error).__name__}\n")
    except OSError:
        pass
    return f"caro failed ({type(error).__name__}: {error}); {paths.see_log('client')}"
