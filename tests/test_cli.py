"""`caro` as people and scripts call it: what is printed where, and which exit status."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from caro_shell import __version__, cli, engine, hooks, resources
from caro_shell.config import Config
from caro_shell.prompt import SHELLS
from tests.daemons import caro_home, running, status, write_config
from tests.scripted_daemon import BROKEN, ScriptedBackend
from tests.until import PATIENCE_S, until

CARO = [sys.executable, "-m", "caro_shell"]
ALL_THERE_ARE = "; caro config show prints all there are"


@pytest.fixture
def daemon():
    with running() as process:
        yield process


@pytest.fixture(params=["--no-daemon", pytest.param("", marks=pytest.mark.slow)])
def way(request, monkeypatch):
    """Return the flags of one way to the scripted model: in this process, or in a daemon."""
    if request.param:
        real = engine.Engine
        monkeypatch.setattr(engine, "Engine", lambda: real(ScriptedBackend, repr))
        yield [request.param]
    else:
        with running():
            yield []


def process(*arguments: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
    """Run `caro` as a process of its own, off any terminal."""
    return subprocess.run(
        [*CARO, *arguments],
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
        timeout=PATIENCE_S,
        **kwargs,  # type: ignore[call-overload]
    )


# -- words


def test_the_command_is_all_that_is_printed(caro, way):
    assert caro(*way, "say", "ls", "/var/log") == (0, "ls /var/log\n", "")


def test_words_may_be_one_argument_and_flags_stand_before_or_behind_them(caro, way):
    assert caro(*way, "say ls /var/log") == (0, "ls /var/log\n", "")
    assert caro("--shell", "zsh", "say", "ls", "/var/log", *way) == (0, "ls /var/log\n", "")


def test_words_that_begin_with_a_verb_or_hold_dashes(caro, way):
    assert caro(*way, "--", "say", "model", "--json", "-v") == (0, "model --json -v\n", "")
    code, out, _ = caro(*way, "--", "daemon", "refuse")
    assert (code, out) == (0, "refuse\n")  # "daemon" is a verb that the script does not know


def test_danger_is_said_on_standard_error(caro, way):
    said = "caro: danger: deletes everything under /var/www, not recoverable"
    assert caro(*way, "say rm -rf /var/www") == (0, "rm -rf /var/www\n", said + "\n")
    code, out, err = caro(*way, "-n", "2", "many rm -rf /")
    assert (code, out) == (0, "# rm -rf /\n# rm -rf / 2\n")
    said = re.escape("caro: danger: deletes the whole system, not recoverable; commented out")
    assert re.fullmatch(rf"{said}.* \(line 1\)\n{said}.* \(line 2\)\n", err)  # and how many files that are


def test_the_risk_is_told_to_programs_beside_the_bare_command(caro, way):
    reply = json.loads(caro(*way, "--json", "say rm -rf /")[1])
    text = "deletes the whole system, not recoverable"
    reason = {"level": "danger", "text": text, "start": 7, "end": 8}
    assert reply["command"] == "rm -rf /"
    assert reply["risk"] == {"level": "danger", "critical": True, "reasons": [reason]}
    assert reply["offers"][0]["line"] == "# rm -rf /"


def test_the_setting_decides_how_much_is_said(caro, way, monkeypatch):
    monkeypatch.setenv("CARO_SAFETY", "off")
    assert caro(*way, "say rm -rf /") == (0, "rm -rf /\n", "")
    monkeypatch.setenv("CARO_SAFETY", "strict")
    assert caro(*way, "say git branch -D photos")[2].startswith("caro: caution: ")
    monkeypatch.setenv("CARO_SAFETY", "some")
    code, _, err = caro(*way, "say ls")
    assert code == 2
    assert err == "caro: CARO_SAFETY: safety.level must be one of strict, normal, off, not 'some'\n"


KEYS = {
    "command", "generated_command", "explanation", "confidence", "shell", "backend", "model", "timings",
    "notices", "cached", "alternatives", "fallback_from", "checks", "offers", "risk"}  # fmt: skip
TIMINGS = {
    "total_ms", "queue_ms", "load_ms", "prefill_ms", "decode_ms",
    "prompt_tokens", "cached_tokens", "generated_tokens",
}  # fmt: skip


def test_json_is_one_object(caro, way):
    code, out, err = caro(*way, "--json", "--shell", "fish", "say", "echo 你好")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert "你好" in out
    reply = json.loads(out)
    assert set(reply) == KEYS
    assert set(reply["timings"]) == TIMINGS
    assert reply["command"] == reply["generated_command"] == "echo 你好"
    assert (reply["shell"], reply["backend"], reply["model"]) == ("fish", "scripted", "script")
    assert all(value >= 0 for value in reply["timings"].values())


@pytest.mark.parametrize(
    ("login", "shell"), [("/usr/bin/fish", "fish"), ("/bin/zsh", "zsh"), ("/bin/tcsh", "bash")]
)
def test_the_shell_is_that_of_the_login(caro, way, monkeypatch, login, shell):
    monkeypatch.setenv("SHELL", login)
    assert json.loads(caro(*way, "--json", "say", "ls")[1])["shell"] == shell


def test_several_commands_are_a_line_each(caro, way):
    assert caro(*way, "-n", "2", "many", "ls") == (0, "ls\nls 2\n", "")
    assert caro(*way, "-n", "9", "many", "ls") == (0, "ls\nls 2\nls 3\n", "")
    assert json.loads(caro(*way, "-n", "2", "--json", "many", "ls")[1])["alternatives"] == ["ls 2"]


@pytest.mark.parametrize("count", ["0", "-1", "some"])
def test_a_count_that_is_none_is_usage(caro, way, count):
    code, out, err = caro(*way, "-n", count, "say", "ls")
    assert (code, out) == (2, "")
    assert "-n" in err


def test_verbose_says_where_the_time_went_on_standard_error(caro, way):
    code, out, err = caro(*way, "-v", "say", "ls")
    assert (code, out) == (0, "ls\n")
    assert re.fullmatch(
        r"scripted \(script\) in \d+ ms: waited \d+, opened \d+, read 5 of 10 tokens in 1, wrote 5 in 1\n",
        err,
    )


def test_a_model_is_chosen_by_flag_or_variable(caro, way, monkeypatch):
    sentence = "caro: the scripted model cannot be opened; choose another\n"
    assert caro(*way, "-m", BROKEN, "say", "ls") == (1, "", sentence)
    monkeypatch.setenv("CARO_MODEL", BROKEN)
    assert caro(*way, "say", "ls") == (1, "", sentence)
    assert caro(*way, "--model", "q8", "say", "ls") == (0, "ls\n", "")


UNWELL = "the scripted model is unwell; press the key again"


def test_status_1_is_a_sentence_on_standard_error(caro, way):
    assert caro(*way, "fail") == (1, "", f"caro: {UNWELL}\n")


def test_a_failure_is_json_too(caro, way):
    code, out, err = caro(*way, "--json", "fail")
    assert (code, err) == (1, f"caro: {UNWELL}\n")
    assert json.loads(out) == {"command": None, "error": UNWELL}


def test_words_may_be_piped_in(caro, way):
    assert caro(*way, piped="say ls\n") == (0, "ls\n", "")


def test_words_without_end_are_a_sentence(caro):
    assert caro("x" * 100_000) == (1, "", "caro: the line is too long; say it in fewer words\n")


@pytest.mark.parametrize(
    "arguments",
    [["--shell", "tcsh", "x"], ["--colour", "x"], ["init", "tcsh"], ["daemon", "x"]],
)
def test_status_2_is_usage(caro, arguments):
    code, out, err = caro(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: caro")


def test_status_2_is_a_setting_that_cannot_be_used(caro, monkeypatch):
    sentence = "backend.preferred must be one of embedded, ollama, vllm, auto, not 'cloud'\n"
    assert caro("-b", "cloud", "say", "ls") == (2, "", f"caro: the command line: {sentence}")
    monkeypatch.setenv("CARO_BACKEND", "cloud")
    assert caro("say", "ls") == (2, "", f"caro: CARO_BACKEND: {sentence}")


def test_a_broken_configuration_is_a_notice_and_the_command_still_comes(caro, way):
    write_config("'\\u001b[2J' = 1".replace("'", '"'))
    notice = f"caro: {caro_home()}/config.toml: unknown setting ^[[2J, ignored{ALL_THERE_ARE}\n"
    assert caro(*way, "say", "ls") == (0, "ls\n", notice)


@pytest.mark.slow
def test_ctrl_c_is_status_130(daemon):
    with subprocess.Popen(
        [*CARO, "hold", "ls"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as running_caro:
        until((caro_home() / "held").exists, what="the request to be held")
        running_caro.send_signal(signal.SIGINT)
        assert running_caro.wait(PATIENCE_S) == 130
        assert (running_caro.stdout.read(), running_caro.stderr.read()) == (b"", b"")
    until((caro_home() / "cancelled").exists, what="the model to hear of it")


def test_version(caro):
    assert caro("--version") == (0, f"caro {__version__}\n", "")


@pytest.mark.parametrize("arguments", [[], ["--json"], [""], ["-v", " "]])
def test_no_words_are_usage(caro, arguments):
    sentence = "caro: say what you want in your own words: caro show free memory (more: caro --help)\n"
    assert caro(*arguments) == (2, "", sentence)


@pytest.mark.parametrize("verb", ["", *cli.VERBS])
def test_help(caro, verb):
    code, out, err = caro(*verb.split(), "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: caro {verb}".strip())
    assert "show this help message" in out


@pytest.mark.parametrize(
    ("verb", "actions"),
    [
        ("daemon", "status start stop run enable disable apply"),
        ("model", "list info pull use upgrade rollback convert verify remove path"),
    ],
)
def test_help_of_every_action(caro, verb, actions):
    for action in actions.split():
        code, out, err = caro(verb, action, "--help")
        assert (code, err) == (0, "")
        assert out.startswith(f"usage: caro {verb} {action}")


def test_help_names_every_verb_and_is_plain(caro):
    _, out, _ = caro("--help")
    for verb, what in cli.VERBS.items():
        assert re.search(rf"^  caro {verb} +{re.escape(what)}$", out, re.MULTILINE)
    assert "%(" not in out


# -- init


def body(shell: str) -> str:
    with open(resources.resource("shell", f"caro.{shell}"), encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize("shell", SHELLS)
def test_init_prints_a_header_and_the_file_as_it_is(caro, shell):
    code, out, err = caro("init", shell)
    assert (code, err) == (0, "")
    assert out.endswith("\n" + body(shell))
    header = out[: -len(body(shell))].splitlines()
    assert header[0] == f"# caro {__version__} for {shell}, written by: caro init {shell}"
    for name, line in zip(("_caro_client", "_caro_key", "_caro_comment"), (header[1], header[2], header[-1])):
        assert name in line
    assert len(header) <= 6


@pytest.mark.parametrize("shell", SHELLS)
def test_init_takes_the_file_but_not_the_environment(caro, shell, monkeypatch):
    monkeypatch.setenv("CARO_KEY", "ctrl-b")
    write_config("[shell]\nkey = 'alt-g'\ncomment = false\nkee = 1")
    code, out, err = caro("init", shell)
    header = out[: -len(body(shell))]
    assert code == 0
    assert "alt-g" in header
    assert "false" in header
    assert "ctrl-b" not in header
    assert (
        err == f"caro: {caro_home()}/config.toml line 4: unknown setting shell.kee, ignored{ALL_THERE_ARE}\n"
    )


STRANGE = "/opt/it's \"a\" place/$HOME/`id`/back\\slash/$(id)/{0}/*/!x/%s/pÿthon \\'"


def printed_by(shell: str, header: str, env: dict[str, str]) -> list[str]:
    """Let a real shell read `header`; return its key, its comment setting and the command it would run."""
    start = {"bash": ["bash", "--norc"], "zsh": ["zsh", "-f"], "fish": ["fish", "--no-config"]}[shell]
    array = "$_caro_client" if shell == "fish" else '"${_caro_client[@]}"'
    show = f"""printf '%s\\0' "$_caro_key" "$_caro_comment" {array}"""
    done = subprocess.run(
        [*start, "-c", f"{header}\n{show}"],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LC_ALL": "C.UTF-8", **env},
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split("\0")[:-1]


@pytest.mark.shell
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("executable", [sys.executable, STRANGE, "/two\nlines/python"])
@pytest.mark.parametrize("key", ["ctrl-g", "ctrl-x ctrl-g", "", "it's }$HOME`\\"])
def test_the_header_survives_the_shell(monkeypatch, shell, executable, key):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not here")
    monkeypatch.setattr(sys, "executable", executable)
    header = hooks.render(shell, Config(key=key, comment=False)).replace(body(shell), "")
    client = hooks.client_command()
    assert client[0] == executable
    assert printed_by(shell, header, {}) == [key, "false", *client]
    assert printed_by(shell, header, {"CARO_KEY": "", "CARO_COMMENT": "true"}) == ["", "true", *client]
    assert printed_by(shell, header, {"CARO_KEY": "alt-x"}) == ["alt-x", "false", *client]


def test_the_client_that_the_hook_runs_is_this_one():
    done = subprocess.run(hooks.client_command(), input=b"", capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(b"caro failed (KeyError")  # it was given no --shell


# -- daemon


@pytest.mark.slow
def test_daemon_start_status_stop(caro):
    nothing = "no caro daemon is running; the next key press starts one\n"
    assert caro("daemon", "status") == (1, nothing, "")
    assert caro("daemon", "status", "--json") == (1, '{"running": false}\n', "")
    assert caro("daemon", "stop") == (0, "no caro daemon is running\n", "")
    done = process("daemon", "start")
    assert (done.returncode, done.stdout, done.stderr) == (0, "the caro daemon is running\n", "")
    pid = status()["pid"]
    assert process("daemon", "start").returncode == 0
    assert status()["pid"] == pid
    code, out, _ = caro("daemon", "status")
    assert code == 0
    assert out.startswith(f"caro {__version__}, process {pid}, up ")
    assert "no model in memory" in out
    assert caro("daemon", "stop") == (0, "the caro daemon has stopped\n", "")
    assert caro("daemon", "status")[0] == 1


@pytest.mark.slow
def test_daemon_status_as_json(caro, daemon):
    caro("say", "ls")
    code, out, _ = caro("daemon", "status", "--json")
    state = json.loads(out)
    assert code == 0
    assert (state["running"], state["pid"], state["model"], state["answered"]) == (
        True,
        daemon.pid,
        "script",
        1,
    )


@pytest.mark.slow
def test_daemon_run_stays_until_it_is_stopped(caro):
    with subprocess.Popen(
        [*CARO, "daemon", "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as resident:
        assert "listening" in resident.stderr.readline()
        assert status()["pid"] == resident.pid
        resident.send_signal(signal.SIGINT)
        assert resident.wait(PATIENCE_S) == 0
        assert resident.stdout.read() == ""
        assert "Traceback" not in resident.stderr.read()


@pytest.mark.slow
def test_what_keeps_the_daemon_from_starting_is_a_sentence(own_home):
    directory = os.path.join(os.environ["XDG_RUNTIME_DIR"], "caro")
    os.mkdir(directory)
    os.chmod(directory, 0o755)
    for arguments in (["daemon", "start"], ["daemon", "status"], ["say", "ls"]):
        done = process(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"caro: {directory} is not a private directory of yours; remove it\n"


# -- the end of a pipe


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["init", "bash"], ["say", "ls"], ["daemon", "status"]])
def test_a_reader_that_went_away_is_not_shown_a_traceback(daemon, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run([*CARO, *arguments], stdout=writer, stderr=subprocess.PIPE, env=env, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_verbs_are_modules_with_the_two_functions():
    for verb in [*cli.VERBS, "generate"]:
        module = __import__(f"caro_shell.commands.{verb}", fromlist=["run"])
        module.add_arguments(argparse.ArgumentParser())
        assert callable(module.run)


@pytest.mark.parametrize(("word", "verb"), [("doctr", "doctor"), ("confg", "config"), ("models", "model")])
def test_a_verb_that_was_mistyped_is_no_wish(capsys, word, verb):
    assert cli.main([word]) == 2
    assert capsys.readouterr().err == f"caro: do you mean caro {verb}? To ask for it: caro -- {word}\n"


def test_help_is_no_wish(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["help"])
    assert left.value.code == 0
    assert "verbs (each with --help):" in capsys.readouterr().out


def test_nobody_else_may_write_to_what_a_verb_makes_whatever_the_umask(caro):
    before = os.umask(0)
    try:
        caro("config", "path")
    finally:
        left = os.umask(before)
    assert left == 0o022
