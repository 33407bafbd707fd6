"""The daemon as a process: who is answered when, who takes its place, when it goes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from caro_shell import __version__, paths
from caro_shell.address import start_lock
from caro_shell.daemon import CLIENTS_MAX
from caro_shell.hooks import client_command
from caro_shell.protocol import PROTOCOL, RECORD_MAX
from tests.daemons import (
    REAL,
    SCRIPTED,
    Caller,
    ask,
    caro_home,
    first_word,
    launched,
    log,
    rewritten,
    running,
    status,
    write_config,
)
from tests.machine import Machine
from tests.scripted_daemon import BROKEN
from tests.until import PATIENCE_S, until

pytestmark = pytest.mark.slow

AT_LOGIN = (*SCRIPTED, "--at-login")

#: A daemon on another machine, of which the first argument holds the files; it looks at them all the time.
ON_A_MACHINE = (
    "-c",
    """
import functools, runpy, sys
from caro_shell import daemon

daemon.is_short = functools.partial(daemon.is_short, sys.argv.pop(1))
daemon.SETTLED_S, daemon.TICK_S = 0.0, 0.01
runpy.run_path(sys.argv.pop(1), run_name="__main__")
""",
)

MODELS = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home")) / "models"


@pytest.fixture
def daemon():
    with running() as process:
        yield process


def hold(text: str = "held") -> Caller:
    """Return a caller whose request is being answered, until there is a file `release`."""
    caller = Caller()
    caller.send(kind="rewrite", shell="bash", line=f"hold {text}")
    until((caro_home() / "held").exists, what="the request to be held")
    return caller


def release() -> None:
    (caro_home() / "release").touch()


def ended(process: subprocess.Popen[bytes]) -> int:
    return process.wait(PATIENCE_S)


def test_it_answers_and_shows_the_words_as_they_come(daemon):
    with Caller() as caller:
        caller.send(kind="rewrite", shell="zsh", line="say pwd")
        events = caller.events()
    assert [event["event"] for event in events] == ["accepted", "stage", "text", "text", "text", "reply"]
    assert [event["text"] for event in events[1:-1]] == ["loading the model", "p", "pw", "pwd"]
    assert (events[-1]["status"], events[-1]["line"], events[-1]["notice"]) == ("0", "pwd", "")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("fail", "the scripted model is unwell; press the key again"),
        ("refuse", "the model gave no command"),
        ("raise", "caro failed (RuntimeError: a bug); the details are in /"),
        ("", "there is nothing to rewrite yet"),
    ],
)
def test_an_error_is_a_sentence_and_the_daemon_stays(daemon, line, sentence):
    reply = ask("rewrite", shell="bash", line=line)
    assert reply["status"] == "1"
    assert sentence in reply["line"]
    assert rewritten("say pwd") == "pwd"
    assert ("RuntimeError" in log()) == (line == "raise")
    assert "RuntimeError: a bug" not in log(), "what it says may be the line"


def test_the_longest_command_fits_a_reply(daemon):
    command = "echo " + "🎉" * 4000
    assert rewritten("say " + command) == command


def test_words_and_commands_are_not_logged(daemon):
    rewritten("say echo my-secret-words")
    rewritten("refuse my-secret-words")
    rewritten("raise my-secret-words")
    assert "no answer" in log()
    assert "my-secret-words" not in log()


def test_a_second_client_waits_for_its_turn(daemon):
    with hold("first") as first, Caller() as second:
        second.send(kind="rewrite", shell="bash", line="say second")
        with Caller() as third:
            third.send(kind="rewrite", shell="bash", line="say third")
            state = status()
            assert (state["answered"], state["idle_s"]) == (0, 0)
            release()
            assert [caller.reply()["line"] for caller in (third, second, first)] == [
                "third",
                "second",
                "first",
            ]
    assert status()["answered"] == 3


def test_a_client_that_hangs_up_stops_the_work(daemon):
    with hold():
        pass
    until((caro_home() / "cancelled").exists, what="the model to hear of it")
    assert rewritten("say pwd") == "pwd"
    assert status()["answered"] == 1


def test_a_client_that_hangs_up_in_the_line_is_passed_over(daemon):
    with hold() as first, Caller() as last:
        with Caller() as gone:
            gone.send(kind="rewrite", shell="bash", line="raise")
            status()
        last.send(kind="rewrite", shell="bash", line="say pwd")
        status()  # by now the daemon has noticed
        release()
        assert first.reply()["line"] == "held"
        assert last.reply()["line"] == "pwd"
    assert "RuntimeError" not in log()


def test_status_is_answered_while_busy(daemon):
    with hold() as caller:
        state = status()
        assert (state["version"], state["pid"], state["model"]) == (__version__, daemon.pid, "script")
        assert state["socket"] == paths.socket_path()
        assert state["memory_mb"] > 5
        release()
        assert caller.reply()["line"] == "held"


def test_stop_is_obeyed_while_busy(daemon):
    with hold() as caller:
        assert ask("stop")["line"] == "stopped"
        assert ended(daemon) == 0
        assert [event["event"] for event in caller.events()][-1] != "reply"
    assert (caro_home() / "cancelled").exists()
    assert not os.path.exists(paths.socket_path())


def test_a_client_that_comes_in_the_very_moment_of_a_stop_is_no_trouble(daemon):
    with Caller() as stopper:
        stopper.send(kind="status")
        stopper.reply()
        daemon.send_signal(signal.SIGSTOP)
        until(
            psutil.Process(daemon.pid).status,
            lambda state: state == psutil.STATUS_STOPPED,
            "the daemon to stand still",
        )
        stopper.send(kind="stop")
        with Caller() as late:
            late.send(kind="rewrite", shell="bash", line="say pwd")
            daemon.send_signal(signal.SIGCONT)
            assert stopper.reply()["line"] == "stopped"
            assert late.events() == []
    assert ended(daemon) == 0
    assert "Traceback" not in log()


def test_a_term_signal_ends_it_and_its_socket(daemon):
    rewritten("say pwd")
    daemon.terminate()
    assert ended(daemon) == 0
    assert not os.path.exists(paths.socket_path())


@pytest.mark.parametrize("other", [{"version": "0.0.1"}, {"protocol": "0"}])
def test_a_client_of_another_version_makes_it_give_way(daemon, other):
    with hold() as first, Caller() as waiting:
        waiting.send(kind="rewrite", shell="bash", line="say waited")
        status()
        with Caller() as newer:
            newer.send(kind="rewrite", shell="bash", line="say pwd", **other)
            assert newer.events() == [{"event": "stale"}]
        assert not os.path.exists(paths.socket_path())
        with running() as successor:
            assert rewritten("say pwd") == "pwd"
            assert daemon.poll() is None
            release()
            assert first.reply()["line"] == "held"
            assert waiting.reply()["line"] == "waited"
            assert ended(daemon) == 0
            assert status()["pid"] == successor.pid


def test_a_client_of_another_version_may_ask_and_stop(daemon):
    with Caller() as older:
        older.send(kind="status", version="0.0.1")
        assert older.reply()["status"] == "0"
        older.send(kind="stop", version="0.0.1")
        assert older.reply()["line"] == "stopped"
    assert ended(daemon) == 0


def test_a_dead_socket_is_taken_over(daemon):
    daemon.kill()
    ended(daemon)
    assert os.path.exists(paths.socket_path())
    with running():
        assert rewritten("say pwd") == "pwd"
        assert sorted(os.listdir(paths.runtime_dir())) == sorted(
            [os.path.basename(paths.socket_path()), os.path.basename(paths.socket_path()) + ".lock"]
        )


def test_a_file_in_the_sockets_place_is_named():
    path = paths.socket_path()
    with open(path, "w", encoding="utf-8") as file:
        file.write("mine")
    process, reader = launched(REAL)
    assert first_word(reader) == f"{path} is in the way of the caro daemon's socket; remove it\n"
    assert ended(process) == 1
    with open(path, encoding="utf-8") as file:
        assert file.read() == "mine"
    os.unlink(path)


def test_a_runtime_directory_that_others_may_enter_is_named():
    directory = paths.runtime_dir()
    os.chmod(directory, 0o755)
    process, reader = launched(REAL)
    assert first_word(reader) == f"{directory} is not a private directory of yours; remove it\n"
    assert ended(process) == 1


def test_the_socket_is_private(daemon):
    assert os.stat(paths.socket_path()).st_mode & 0o777 == 0o600
    assert os.stat(paths.runtime_dir()).st_mode & 0o777 == 0o700


def test_it_leaves_when_its_socket_is_removed(daemon):
    with Caller() as caller:
        caller.send(kind="status")
        caller.reply()
        os.unlink(paths.socket_path())
        caller.send(kind="status")  # so that it looks round at once, if it has not
        assert ended(daemon) == 0
    assert "the socket was removed" in log()


def test_it_leaves_a_socket_that_is_no_longer_its_own(daemon):
    with Caller() as caller:
        caller.send(kind="status")
        caller.reply()
        os.unlink(paths.socket_path())
        with running() as successor:
            caller.send(kind="status")  # as above
            assert ended(daemon) == 0
            assert status()["pid"] == successor.pid


def test_it_exits_when_idle_for_long_enough():
    write_config("[daemon]\nexit_after_s = 0.2")
    with running() as process:
        assert ended(process) == 0
        assert not os.path.exists(paths.socket_path())
        assert "idle for" in log()


def test_it_does_not_exit_for_idleness_while_it_answers():
    write_config("[daemon]\nexit_after_s = 0.1")
    with running() as process:
        with hold() as caller:
            ask("status")
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.3)
            release()
            assert caller.reply()["line"] == "held"
        assert ended(process) == 0


def test_the_model_is_released_when_idle_and_opened_again():
    write_config("[daemon]\nrelease_after_s = 0.1")
    with running():
        assert rewritten("say pwd") == "pwd"
        until(lambda: status()["model"], lambda model: model == "", "the model to be released")
        assert rewritten("say pwd") == "pwd"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def test_an_idle_model_is_released_when_memory_is_short(machine):
    with running((*ON_A_MACHINE, str(machine.root), *SCRIPTED)):
        assert rewritten("say pwd") == "pwd"
        assert status()["model"] == "script"
        machine.memory(total=1 << 34, available=1 << 20)
        until(lambda: status()["model"], lambda model: model == "", "the model to be released")
        assert "memory is short: the model is given back" in log()
        assert rewritten("say pwd") == "pwd"


def test_a_model_that_answers_is_not_released(machine):
    with running((*ON_A_MACHINE, str(machine.root), *SCRIPTED)):
        with hold() as caller:
            machine.stalled("40.00")
            assert [status()["model"] for _ in range(5)] == ["script"] * 5
            assert "memory is short" not in log()
            release()
            assert caller.reply()["line"] == "held"
        until(lambda: status()["model"], lambda model: model == "", "the model to be released")


def test_at_login_it_is_warm_before_anyone_asks():
    with running(AT_LOGIN):
        until((caro_home() / "prepared").exists, what="the model to be prepared")
        state = status()
        assert (state["model"], state["answered"], state["at_login"]) == ("script", 0, True)
        assert rewritten("say pwd") == "pwd"
    assert "listening" in log()


def test_at_login_it_waits_where_memory_is_short(machine):
    machine.memory(total=1 << 34, available=1 << 20)
    with running((*ON_A_MACHINE, str(machine.root), *AT_LOGIN)):
        assert status()["model"] == ""
        assert "memory is short: the model is loaded when it is asked for" in log()
        assert rewritten("say pwd") == "pwd"
    assert not (caro_home() / "prepared").exists()


def test_at_login_it_releases_the_model_when_idle_and_stays():
    write_config("[daemon]\nrelease_after_s = 0.1\nexit_after_s = 0.1")
    with running(AT_LOGIN) as process:
        until((caro_home() / "prepared").exists, what="the model to be prepared")
        until(lambda: status()["model"], lambda model: model == "", "the model to be released")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        assert rewritten("say pwd") == "pwd"


def test_at_login_a_model_that_is_not_there_is_no_trouble():
    write_config(f"[backend.embedded]\nmodel = '{BROKEN}'")
    with running(AT_LOGIN):
        until(lambda: "the scripted model cannot be opened" in log(), what="the failure to be logged")
        write_config("")
        assert rewritten("say pwd") == "pwd"


def test_at_login_it_leaves_the_place_to_one_that_is_running(daemon):
    process, reader = launched(AT_LOGIN)
    assert first_word(reader) == "ready\n"
    assert ended(process) == 0
    assert "not needed: another daemon is running" in log()
    assert status()["pid"] == daemon.pid


@pytest.mark.parametrize("way", ["stop", "signal", "another version"])
def test_at_login_its_end_is_no_failure(way):
    with running(AT_LOGIN) as process:
        if way == "stop":
            ask("stop")
        elif way == "signal":
            process.terminate()
        else:
            with Caller() as newer:
                newer.send(kind="rewrite", shell="bash", line="say pwd", version="0.0.1")
                assert newer.events() == [{"event": "stale"}]
        assert ended(process) == 0, "systemd would start it again"
        assert not os.path.exists(paths.socket_path())


@pytest.fixture
def tiny_model() -> str:
    """Let the configuration name a real model; return its path."""
    (model,) = MODELS.glob("SmolLM2-135M*.gguf")
    write_config(f"[backend.embedded]\nmodel = '{model}'")
    return str(model)


@pytest.mark.model
def test_at_login_the_real_model_is_loaded_and_has_read_its_examples(tiny_model):
    with running((*REAL, "--at-login")):
        cache = caro_home() / "cache"
        until(lambda: list(cache.glob("prefix-*.kv")), what="the prefix state to be kept")
        assert status()["model"] == tiny_model
        assert status()["answered"] == 0


@pytest.mark.model
def test_a_stop_does_not_wait_for_the_examples_to_be_read(tiny_model):
    with running((*REAL, "--at-login")) as process:
        ask("stop")
        assert ended(process) == 0
    assert list((caro_home() / "cache").glob("prefix-*.kv")) == []


def test_an_endless_release_time_is_taken_as_long():
    write_config("[daemon]\nrelease_after_s = 1e300")
    with running():
        assert rewritten("say pwd") == "pwd"
        assert status()["model"] == "script"


def test_a_changed_configuration_is_noticed(daemon):
    assert rewritten("say pwd") == "pwd"
    write_config(f"[backend.embedded]\nmodel = '{BROKEN}'")
    assert rewritten("say pwd") == "the scripted model cannot be opened; choose another"
    write_config("colour = 1")
    reply = ask("rewrite", shell="bash", line="say pwd")
    assert (reply["status"], reply["line"]) == ("0", "pwd")
    assert "config.toml line 1: unknown setting colour, ignored" in reply["notice"]


def test_the_environment_of_the_starter_is_not_consulted():
    with running(env={"CARO_MODEL": BROKEN, "CARO_BACKEND": "nonsense"}):
        assert rewritten("say pwd") == "pwd"
        sentence = "the scripted model cannot be opened; choose another"
        assert rewritten("say pwd", **{"env.CARO_MODEL": BROKEN}) == sentence
        assert rewritten("say pwd", **{"flag.backend.embedded.model": BROKEN}) == sentence
        assert rewritten("say pwd") == "pwd"


def test_a_request_brings_no_settings_but_the_three_of_the_command_line(tmp_path):
    with running():
        assert rewritten("say pwd", **{"flag.generation.max_tokens": "nonsense"}) == "pwd"
        assert rewritten("say pwd", **{"flag.backend.ca_bundle": str(tmp_path)}) == "pwd"
        assert rewritten("say pwd", **{"flag.nonsense": "1"}) == "pwd"
        assert "must be one of embedded" in rewritten("say pwd", **{"flag.backend.preferred": "nonsense"})


def test_a_request_does_not_say_where_the_daemon_keeps_things(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "config.toml").write_text("colour = 1")
    with running():
        moved = {f"env.{name}": str(elsewhere) for name in ("CARO_HOME", "HOME", "XDG_RUNTIME_DIR", "TMPDIR")}
        reply = ask("rewrite", shell="bash", line="say pwd", **moved)
        assert (reply["line"], reply["notice"]) == ("pwd", "")
    assert os.listdir(elsewhere) == ["config.toml"]


def test_the_daemon_hears_of_no_variable_that_it_did_not_ask_for(daemon):
    with Caller() as caller:
        caller.send(kind="rewrite", shell="bash", line="environ VISIBLE")
        caller.send(kind="environment", **{"env.VISIBLE": "1", "env.OTHER": "2"})
        assert caller.reply()["line"] == "echo {'VISIBLE': '1'}"


@pytest.mark.parametrize("debug", [False, True])
def test_what_a_model_writes_is_logged_with_debug_alone(debug):
    arguments = ["--ready-fd", "1"] + ["--debug"] * debug
    done = subprocess.Popen([sys.executable, *SCRIPTED, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert done.stdout
        assert done.stdout.readline() == "ready\n"
        rewritten("refuse my-secret-words")
        assert ("I am sorry, but I cannot" in log()) == debug
        rewritten("raise my-secret-words")
        assert ("RuntimeError: a bug" in log()) == debug
    finally:
        done.kill()
        done.communicate()


def test_what_a_client_sends_is_not_logged(daemon):
    with Caller() as caller:
        caller.send_bytes(VALID + b"my-secret-words\x1e")
        assert caller.events() == []
    with Caller() as caller:
        caller.send_bytes(b"my-secret-words \xff\x1e")
        assert caller.events() == []
    assert log().count("a client was dropped") == 2
    assert "my-secret-words" not in log()


VALID = f"protocol={PROTOCOL}\x1fversion={__version__}\x1f".encode()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xfe\x1e",
        b"GET / HTTP/1.1\r\n\r\n\x1e",
        b"\x1e",
        b"line=" + b"x" * (RECORD_MAX * 3),
        b"line=" + b"x" * RECORD_MAX + b"\x1e",
        VALID + b"kind=nonsense\x1e",
        (VALID + b"kind=nonsense\x1e") * 3,
        (VALID + b"kind=rewrite\x1fline=fail\x1e") * 3,
    ],
    ids=lambda garbage: repr(garbage[:20]),
)
def test_garbage_drops_only_the_client_that_sent_it(daemon, garbage):
    with hold() as other:
        with Caller() as caller:
            caller.send_bytes(garbage)
            assert "reply" not in [event["event"] for event in caller.events()]
        release()
        assert other.reply()["line"] == "held"
    assert status()["pid"] == daemon.pid


def test_a_number_of_very_many_digits_is_no_trouble(daemon):
    assert rewritten("many pwd", count="9" * 5000) == "pwd"


def test_more_clients_than_can_be_heard_are_turned_away(daemon):
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS_MAX):
            caller = stack.enter_context(Caller())
            caller.send(kind="status")
            caller.reply()
        assert ask_for_pid() is None
        caller.send(kind="rewrite", shell="bash", line="say pwd")
        assert caller.reply()["line"] == "pwd"
    assert until(ask_for_pid) == daemon.pid


def ask_for_pid():
    """Return the process id of the daemon, None while it hears nobody else."""
    with Caller() as caller:
        caller.send(kind="status")
        events = caller.events()
    return json.loads(events[-1]["line"])["pid"] if events else None


def test_what_it_makes_is_closed_to_others_whatever_the_umask(own_home):
    script = 'umask 0; printf x | exec "$@"'
    subprocess.run(
        ["sh", "-c", script, "-", *client_command(), "--shell", "bash"], capture_output=True, check=False
    )
    made = [caro_home(), *caro_home().rglob("*")]
    assert len(made) > 2
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_half_a_request_and_then_nothing_is_no_trouble(daemon):
    with Caller() as caller:
        caller.send_bytes(VALID)
    assert rewritten("say pwd") == "pwd"


@pytest.mark.parametrize("program", [SCRIPTED, REAL], ids=["scripted", "real"])
def test_starts_at_the_same_moment_give_one_daemon(program):
    starts = [launched(program) for _ in range(3)]
    assert [first_word(reader) for _, reader in starts] == ["ready\n"] * 3
    running_pid = status()["pid"]
    for process, _ in starts:
        if process.pid != running_pid:
            assert ended(process) == 0
    (survivor,) = [process for process, _ in starts if process.poll() is None]
    assert survivor.pid == running_pid
    ask("stop")
    assert ended(survivor) == 0


def test_a_start_waits_for_another_that_is_going_on():
    with start_lock():
        process, reader = launched(SCRIPTED)
        files = psutil.Process(process.pid).open_files
        lock = paths.socket_path() + ".lock"
        until(files, lambda found: lock in [file.path for file in found], "the start to come to the lock")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        assert not os.path.exists(paths.socket_path())
    assert first_word(reader) == "ready\n"
    ask("stop")
    assert ended(process) == 0


def test_a_model_that_is_not_there_is_a_sentence():
    with running(REAL):
        assert rewritten("say pwd", **{"env.CARO_MODEL": "absent"}).startswith(
            "there is no model absent; caro model list"
        )
        assert status()["model"] == ""


def test_without_a_ready_descriptor_it_logs_to_the_terminal():
    write_config("[daemon]\nexit_after_s = 0.1")
    done = subprocess.run(
        [sys.executable, *REAL], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0
    assert "listening" in done.stderr
    assert done.stdout == ""
