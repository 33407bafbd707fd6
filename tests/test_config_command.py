"""`caro config`: what is in force and why, and the file changed by a sentence instead of an editor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Callable

import pytest

from caro_shell.config import SETTINGS

Caro = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def caro(caro) -> Caro:
    """Return a function that runs `caro config`: exit status, standard output, standard error."""
    return partial(caro, "config")


@pytest.fixture
def file(own_home: Path) -> Path:
    return own_home / ".caro" / "config.toml"


@pytest.fixture
def write(file: Path) -> Callable[[str], None]:
    """Return a function that writes config.toml, for its owner alone."""

    def write_text(text: str) -> None:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o600)

    return write_text


def rows(printed: str) -> dict[str, tuple[str, str]]:
    """Return value and source by key, read from the columns of the table."""
    head, *lines = printed.splitlines()
    value, source = head.index("VALUE"), head.index("FROM")
    return {line[:value].rstrip(): (line[value:source].rstrip(), line[source:]) for line in lines}


# -- show, get, path


@pytest.mark.parametrize("arguments", [[], ["show"]])
def test_every_setting_is_shown_with_its_source(caro, file, monkeypatch, arguments, write):
    write("# c\n[generation]\ntimeout_s = 2.5\n[shell]\nkey = 'alt-a'\n")
    monkeypatch.setenv("CARO_KEY", "")
    monkeypatch.setenv("CARO_COMMENT", "no")
    code, out, err = caro(*arguments)
    assert (code, err) == (0, "")
    found = rows(out)
    assert list(found) == list(SETTINGS)
    assert found["generation.timeout_s"] == ("2.5", f"{file} line 3")
    assert found["shell.key"] == ('""', "CARO_KEY")
    assert found["shell.comment"] == ("false", "CARO_COMMENT")
    assert found["daemon.exit_after_s"] == ("3600", "default")
    assert found["backend.preferred"] == ('"embedded"', "default")


def test_show_as_json(caro, file, monkeypatch, write):
    write("cache = false\nbackend = { embedded = { model = 'm' } }\n")
    monkeypatch.setenv("CARO_KEY", "alt-g")
    code, out, err = caro("show", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    found = json.loads(out)
    assert list(found) == list(SETTINGS)
    assert found["cache"] == {"value": False, "source": f"{file} line 1"}
    assert found["backend.embedded.model"] == {"value": "m", "source": str(file)}, "its line is not known"
    assert found["shell.key"] == {"value": "alt-g", "source": "CARO_KEY"}
    assert found["generation.timeout_s"] == {"value": 30.0, "source": "default"}


def test_what_is_ignored_is_a_notice_beside_the_table(caro, file, write):
    write("colour = 1\n[shell]\nkey = 'banana'\n")
    code, out, err = caro("show")
    assert (code, rows(out)["shell.key"]) == (0, ('"ctrl-g"', "default"))
    assert err == (
        f"caro: {file} line 1: unknown setting colour, ignored; caro config show prints all there are\n"
        f"caro: {file} line 3: shell.key must be like ctrl-g, alt-g or ctrl-x ctrl-g, not 'banana'; "
        "the default is used\n"
    )


def test_a_file_that_is_no_toml_is_a_notice_and_the_defaults_are_shown(caro, file, write):
    write("[shell")
    code, out, err = caro()
    assert code == 0
    assert {source for _, source in rows(out).values()} == {"default"}
    assert err.startswith(f"caro: {file} is not valid TOML: ")


SECRETS = """
api_key = "s3cret"
[backend]
token = ["s3cret"]
[[backend.embedded.model]]
password = "s3cret"
[shell]
key = [[{ secret = "s3cret" }]]
comment.secret = "s3cret"
[shell.more]
"s3" = { secret = { x = "s3cret" } }
[generation]
timeout_s = { api_key = "s3cret" }
max_tokens = [{ api_key = "s3cret" }]
"""


def test_a_secret_that_ended_up_in_the_file_is_not_printed(caro, write):
    write(SECRETS)
    for arguments in (["show"], ["show", "--json"], ["get", "shell.key"], ["get", "api_key"]):
        _, out, err = caro(*arguments)
        assert "s3cret" not in out + err
    _, _, err = caro()
    for key in ("api_key", "backend.token", "backend.embedded.model", "shell.key", "shell.more.s3.secret.x"):
        assert key in err


def test_control_characters_are_spelt_out_on_the_screen_alone(caro, write):
    write('[backend.embedded]\nmodel = "\\u001b[2J\\u202e"\n')
    assert rows(caro()[1])["backend.embedded.model"][0] == '"\\u001b[2J<U+202E>"'
    assert caro("get", "backend.embedded.model")[1] == "\x1b[2J\u202e\n"


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("", "cache", "true"),
        ("", "shell.key", "ctrl-g"),
        ("", "generation.max_tokens", "160"),
        ("", "generation.timeout_s", "30"),
        ("generation.timeout_s = 0.25", "generation.timeout_s", "0.25"),
        ("shell.comment = false", "shell.comment", "false"),
        ("shell.key = ''", "shell.key", ""),
        ("backend.embedded.model = '/a b/\"ü\".gguf'", "backend.embedded.model", '/a b/"ü".gguf'),
    ],
)
def test_get_prints_the_value_alone(caro, text, key, value, write):
    write(text)
    assert caro("get", key) == (0, value + "\n", "")


def test_a_value_that_is_no_text_is_printed_byte_for_byte():
    name = b"/models/\xff.gguf"
    command = [sys.executable, "-m", "caro_shell", "config", "get", "backend.embedded.model"]
    done = subprocess.run(
        command, env={**os.environb, b"CARO_MODEL": name}, capture_output=True, check=False
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, name + b"\n", b"")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("shell.kye", "do you mean shell.key or shell.comment?"),
        ("SHELL.KEY", "do you mean shell.key or shell.comment?"),
        ("shell", "do you mean shell.key or shell.comment?"),
        ("model", "do you mean backend.embedded.model or backend.ollama.model or backend.vllm.model?"),
        ("timeout", "do you mean generation.timeout_s?"),
        ("colour", "caro config show prints all there are"),
        ("", "caro config show prints all there are"),
        ("\x1b[2J", "caro config show prints all there are"),
    ],
)
@pytest.mark.parametrize("action", [["get"], ["set", "--"], ["unset"]])
def test_an_unknown_setting_is_usage_and_the_near_ones_are_named(caro, file, action, key, hint):
    verb, *dashes = action
    values = ["s3cret"] if verb == "set" else []
    code, out, err = caro(verb, *dashes, key, *values)
    assert (code, out) == (2, "")
    assert err == f"caro: there is no setting {key.replace(chr(27), '^[')}; {hint}\n"
    assert not file.exists()


def test_path(caro, file, write):
    assert caro("path") == (0, f"{file}\n", "")
    write("[shell")
    assert caro("path") == (0, f"{file}\n", "")


def test_a_variable_that_cannot_be_used_is_said_where_it_matters(caro, monkeypatch):
    monkeypatch.setenv("CARO_KEY", "banana")
    sentence = "caro: CARO_KEY: shell.key must be like ctrl-g, alt-g or ctrl-x ctrl-g, not 'banana'\n"
    assert caro("show") == (2, "", sentence)
    assert caro("path")[0] == caro("set", "cache", "no")[0] == 0


@pytest.mark.parametrize("arguments", [["x"], ["get"], ["set", "cache"], ["unset"], ["get", "a", "b"]])
def test_usage(caro, arguments):
    code, out, err = caro(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: caro config")


# -- set, unset


@pytest.mark.parametrize(
    ("key", "text", "said", "written"),
    [
        ("cache", "No", "false", "cache = false\n"),
        ("cache", "1", "true", "cache = true\n"),
        ("generation.max_tokens", "64", "64", "[generation]\nmax_tokens = 64\n"),
        ("generation.timeout_s", "60", "60", "[generation]\ntimeout_s = 60\n"),
        ("generation.timeout_s", "1.5", "1.5", "[generation]\ntimeout_s = 1.5\n"),
        ("backend.ollama.model", "a 'b' \"c\"", '"a \'b\' \\"c\\""', None),
        ("backend.preferred", "embedded", '"embedded"', '[backend]\npreferred = "embedded"\n'),
    ],
)
def test_set_writes_the_value_in_its_type(caro, file, key, text, said, written):
    assert caro("set", key, text) == (0, f"{key} is {said} now in {file}\n", "")
    assert written is None or file.read_text() == written
    assert caro("get", key)[1] == ("a 'b' \"c\"" if written is None else said.strip('"')) + "\n"
    assert caro("set", key, text) == (0, f"{key} is {said} already in {file}\n", "")


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("shell.key", "banana", "shell.key must be like ctrl-g, alt-g or ctrl-x ctrl-g, not 'banana'"),
        (
            "backend.preferred",
            "cloud",
            "backend.preferred must be one of embedded, ollama, vllm, auto, not 'cloud'",
        ),
        ("cache", "maybe", "cache must be true or false, not 'maybe'"),
        ("generation.max_tokens", "2.5", "generation.max_tokens must be a whole number above 0, not '2.5'"),
        ("generation.max_tokens", "-5", "generation.max_tokens must be a whole number above 0, not '-5'"),
        ("generation.timeout_s", "inf", "generation.timeout_s must be a number above 0, not 'inf'"),
    ],
)
def test_set_refuses_what_the_setting_cannot_be(caro, file, key, text, sentence, write):
    write("# mine\n")
    assert caro("set", key, text) == (2, "", f"caro: the command line: {sentence}\n")
    assert os.listdir(file.parent) == ["config.toml"]


def test_set_refuses_a_file_that_it_cannot_read(caro, file, write):
    write("[shell")
    code, out, err = caro("set", "cache", "true")
    assert (code, out, file.read_text()) == (2, "", "[shell")
    assert err.startswith(f"caro: {file} is not valid TOML: ")
    assert err.endswith("; mend it first\n")


def test_a_models_file_is_set_by_its_whole_path(caro, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.gguf").touch()
    caro("set", "backend.embedded.model", "my.gguf")
    assert caro("get", "backend.embedded.model")[1] == f"{tmp_path}/my.gguf\n"
    caro("set", "backend.embedded.model", "another")
    assert caro("get", "backend.embedded.model")[1] == "another\n"


IN_HOOKS = "caro: write it into the hooks with ./install.sh --only-hooks (or caro init SHELL)"


def test_what_stands_in_the_hooks_is_said(caro):
    assert caro("set", "shell.key", "alt-g")[2].startswith(IN_HOOKS)
    assert caro("set", "shell.key", "alt-g")[2] == ""
    assert caro("set", "shell.comment", "false")[2].startswith(IN_HOOKS)
    assert caro("unset", "shell.comment")[2].startswith(IN_HOOKS)
    assert caro("set", "daemon.start", "login")[2] == "caro: have it acted on with: caro daemon apply\n"


def test_a_variable_that_wins_is_said(caro, monkeypatch):
    monkeypatch.setenv("CARO_MODEL", "other")
    said = "caro: the environment variable CARO_MODEL is set and wins over the file; unset it to go by that\n"
    assert caro("set", "backend.embedded.model", "")[2] == said
    assert caro("set", "backend.embedded.model", "mine")[2].endswith(said)
    assert caro("unset", "backend.embedded.model")[2] == said
    monkeypatch.setenv("CARO_MODEL", "")
    assert said not in caro("set", "backend.embedded.model", "mine")[2]
    monkeypatch.setenv("CARO_KEY", "")
    assert "CARO_KEY is set and wins" in caro("set", "shell.key", "alt-g")[2]


def test_a_file_that_was_open_to_others_is_closed_and_that_is_said(caro, file, write):
    write("")
    file.chmod(0o644)
    said = f"caro: {file} was open to others (mode 0644); it is yours alone now (0600)\n"
    assert caro("set", "cache", "true")[2] == said
    assert caro("set", "cache", "false")[2] == ""


def test_unset_goes_back_to_the_default(caro, file, write):
    write("# c\ncache = false # d\n[shell]\n")
    said = f"cache is no longer in {file}; what was there is kept in {file}.bak\n"
    assert caro("unset", "cache") == (0, said, "")
    assert file.read_text() == "# c\n[shell]\n"
    assert caro("get", "cache")[1] == "true\n"
    assert caro("unset", "cache") == (0, f"cache is not in {file}\n", "")


def test_unset_removes_what_is_no_setting_too(caro, file, write):
    write("colour = 1\n[shell]\nmore.api_key = 's3cret'\n")
    assert caro("unset", "colour")[0] == caro("unset", "shell.more.api_key")[0] == 0
    assert file.read_text() == "[shell]\n"
    assert caro("unset", "shell")[0] == 2
    assert file.read_text() == "[shell]\n"


def test_what_is_set_is_in_force(caro, file):
    for key, setting in SETTINGS.items():
        choices = setting.metadata["choices"]
        value = choices[-1] if choices else {str: "alt-x", bool: "false"}.get(type(setting.default), "7")
        assert caro("set", key, value)[0] == 0
        shown = f'["{value}"]' if isinstance(setting.default, tuple) else value
        assert caro("get", key)[1] == shown + "\n"
    found = json.loads(caro("show", "--json")[1])
    assert all(row["source"].startswith(f"{file} line ") for row in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("action", [["show"], ["get", "cache"], ["path"]])
def test_only_a_change_brings_the_editor_of_the_file(action):
    program = f"import sys; from caro_shell import cli; cli.main(['config', *{action}])"
    done = subprocess.run(
        [sys.executable, "-c", program + "; sys.exit('tomlkit' in sys.modules)"],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0


@pytest.mark.parametrize("text", ["/a b,https://c", "/a b , https://c", '["/a b", "https://c"]'])
def test_a_list_is_spelt_as_in_the_file_or_with_commas(caro, file, text):
    assert caro("set", "models.sources", text)[0] == 0
    assert caro("get", "models.sources")[1] == '["/a b", "https://c"]\n'


@pytest.mark.parametrize("text", ["[3]", '["/a"', "[{}]"])
def test_what_is_no_list_of_texts_is_refused(caro, file, text):
    code, _, err = caro("set", "models.sources", text)
    assert code == 2
    assert "models.sources must be a list of texts, not" in err
    assert not file.exists()


def test_a_model_that_cannot_answer_is_remarked_on(caro):
    assert "there is no model nowhere" in caro("set", "backend.embedded.model", "nowhere")[2]
    assert "is not on this disk; fetch it with" in caro("set", "backend.embedded.model", "q8")[2]
