"""Settings: which value wins and who said so; and no file, whatever is in it, stops a key press."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caro_shell.config import SETTINGS, Config, enabled, load
from caro_shell.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def read(file: Path, text: str | bytes, **kwargs: object) -> Config:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(str(file), **{"env": {}, **kwargs})  # type: ignore[arg-type]


MODEL = "backend.embedded.model"
FILE = '[backend.embedded]\nmodel = "from file"'
ENV = {"CARO_MODEL": "from environment"}
FLAGS = {MODEL: "from flag"}


@pytest.mark.parametrize(
    ("text", "env", "flags", "value", "source"),
    [
        ("", {}, {}, "", None),
        (FILE, {}, {}, "from file", "the file"),
        ("", ENV, {}, "from environment", "CARO_MODEL"),
        (FILE, ENV, {}, "from environment", "CARO_MODEL"),
        ("", {}, FLAGS, "from flag", "flag"),
        (FILE, {}, FLAGS, "from flag", "flag"),
        ("", ENV, FLAGS, "from flag", "flag"),
        (FILE, ENV, FLAGS, "from flag", "flag"),
    ],
)
def test_flag_beats_environment_beats_file_beats_default(file, text, env, flags, value, source):
    config = read(file, text, env=env, flags=flags)
    assert config.model == value
    assert config.sources.get(MODEL) == (str(file) if source == "the file" else source)
    assert config.notices == ()


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("CARO_BACKEND", "embedded", "backend", "embedded"),
        ("CARO_MODEL", "other", "model", "other"),
        ("CARO_KEY", "alt-g", "key", "alt-g"),
        ("CARO_KEY", "", "key", ""),
        ("CARO_COMMENT", "false", "comment", False),
        ("CARO_COMMENT", "NO", "comment", False),
        ("CARO_COMMENT", "", "comment", False),
        ("CARO_COMMENT", "1", "comment", True),
    ],
)
def test_every_environment_variable(file, name, text, attribute, value):
    config = load(str(file), env={name: text})
    assert getattr(config, attribute) == value
    assert list(config.sources.values()) == [name]


def test_the_environment_is_that_of_this_process_unless_one_is_given(file, monkeypatch):
    monkeypatch.setenv("CARO_MODEL", "mine")
    assert load(str(file)).model == "mine"
    assert load(str(file), env={}).model == Config().model == ""


def test_a_file_may_set_everything(file):
    text = """
    cache = false
    model_quality = "high"
    models.sources = ["/a", "https://b"]
    shell.key = "alt-g"
    shell.comment = false
    safety.level = "strict"
    [backend]
    preferred = "vllm"
    fallback = false
    verify = false
    ca_bundle = "c"
    embedded = { model = "m", variant = "cpu", adapter = false }
    ollama = { enabled = true, url = "u", model = "o" }
    vllm = { enabled = true, url = "v", model = "w", api_key_env = "K" }
    [generation]
    temperature = 0
    connect_timeout_s = 1
    max_tokens = 7
    alternatives = 0
    examples = 0
    retry = false
    timeout_s = 2
    [daemon]
    start = "login"
    release_after_s = 0.5
    exit_after_s = 1
    """
    config = read(file, text)
    assert config.notices == ()
    assert set(config.sources) == set(SETTINGS)
    assert set(config.sources.values()) == {str(file)}
    assert (config.model, config.key, config.comment, config.max_tokens) == ("m", "alt-g", False, 7)
    assert (config.timeout_s, config.release_after_s, config.exit_after_s) == (2.0, 0.5, 1.0)
    assert (config.quality, config.variant) == ("high", "cpu")
    assert config.model_sources == ("/a", "https://b")
    assert (config.start, config.backend, config.fallback, config.vllm_key_env) == (
        "login",
        "vllm",
        False,
        "K",
    )


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("colour = 1", "line 1: unknown setting colour, ignored"),
        ("\n# a\n[backend]\n\nprefered = 'x'", "line 5: unknown setting backend.prefered, ignored"),
        ("[backend] # why\nprefered = 'x'", "line 2: unknown setting backend.prefered, ignored"),
        ("[ shell . more ]\nx = 1", "line 2: unknown setting shell.more.x, ignored"),
        ("shell.'kee' = 1", "line 1: unknown setting shell.kee, ignored"),
        ("[shell]\nkey = 'alt-a'\n[[extra]]\nb = 1", "line 3: unknown setting extra, ignored"),
        ("[other]\nkey = 1\n[more]\nkey = 2", "line 4: unknown setting more.key, ignored"),
        ("# \u2028\x0b\nkee = 1", "line 2: unknown setting kee, ignored"),
        ("backend = 3", "line 1: unknown setting backend, ignored"),
    ],
)
def test_an_unknown_key_is_named_with_its_line(file, text, notice):
    text = text.replace("\x0b", "")
    config = read(file, text)
    assert f"{file} {notice}; caro config show prints all there are" in config.notices
    assert not set(config.sources) & {"backend.preferred", "shell.comment"}


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("[backend]\npreferred = 3", "line 2: backend.preferred must be text, not 3"),
        (
            "[backend]\npreferred = 'cloud'",
            "line 2: backend.preferred must be one of embedded, ollama, vllm, auto, not 'cloud'",
        ),
        ("[shell]\ncomment = 'maybe'", "line 2: shell.comment must be true or false, not 'maybe'"),
        ("[shell]\ncomment = 1", "line 2: shell.comment must be true or false, not 1"),
        ("[shell]\nkey = ['a']", "line 2: shell.key must be text, not ['a']"),
        ("[generation]\nmax_tokens = 'many'", "max_tokens must be a whole number above 0, not 'many'"),
        ("[generation]\nmax_tokens = 2.5", "max_tokens must be a whole number above 0, not 2.5"),
        ("[generation]\nmax_tokens = 0", "max_tokens must be a whole number above 0, not 0"),
        ("[generation]\nmax_tokens = true", "max_tokens must be a whole number above 0, not True"),
        ("[generation]\nmax_tokens = inf", "max_tokens must be a whole number above 0, not inf"),
        ("[generation]\nmax_tokens = 1979-05-27", "max_tokens must be a whole number above 0, not datetime"),
        ("models.sources = 7", "line 1: models.sources must be a list of texts, not 7"),
        ("models.sources = ['/a', 7]", "line 1: models.sources must be a list of texts, not ['/a', 7]"),
        ("[daemon]\nstart = 'never'", "daemon.start must be one of first-use, login, not 'never'"),
        ("[daemon]\nexit_after_s = -1", "exit_after_s must be a number above 0, not -1"),
        ("[daemon]\nrelease_after_s = inf", "release_after_s must be a number above 0, not inf"),
        ("[daemon]\nrelease_after_s = nan", "release_after_s must be a number above 0, not nan"),
        ("[daemon]\nrelease_after_s = 1" + "0" * 400, "release_after_s must be a number above 0, not 1000"),
        (
            "[daemon]\nrelease_after_s = 0x1" + "0" * 5000,
            "release_after_s must be a number above 0, not that",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_named_and_its_default_used(file, text, notice):
    config = read(file, text)
    (found,) = config.notices
    assert notice in found
    assert found.startswith(str(file))
    assert found.endswith("; the default is used")
    assert len(found) < len(str(file)) + 250
    assert config == Config(notices=config.notices)


def test_one_bad_value_leaves_the_others(file):
    config = read(file, "[generation]\nmax_tokens = 'x'\ntimeout_s = 5\n")
    assert (config.max_tokens, config.timeout_s) == (Config().max_tokens, 5.0)


@pytest.mark.parametrize(
    ("content", "notice"),
    [
        (b"[backend", "is not valid TOML"),
        (b"a = 1\na = 2", "is not valid TOML"),
        (b"a = " + b"9" * 5000, "is not valid TOML"),
        (b"a = " + b"[" * 3000 + b"]" * 3000, "is not valid TOML"),
        (b"a" + b".a" * 999 + b" = 1", "is not valid TOML"),
        (b"a = '\xff'", "is not UTF-8 text"),
        (b"\x00", "is not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_read_as_toml_is_named(file, content, notice):
    config = read(file, content)
    (found,) = config.notices
    assert found.startswith(f"{file} {notice}")
    assert found.endswith("defaults are used until it is mended")
    assert config == Config(notices=config.notices)


def test_no_file_is_no_news(file):
    assert load(str(file), env={}) == Config()


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_a_device_in_its_place_is_not_waited_for(file, kind):
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero")
    assert load(str(file), env={}).notices == (
        f"{file} cannot be read (it is a pipe or a device); defaults are used until it can",
    )


def test_a_directory_in_its_place(file):
    file.mkdir()
    assert load(str(file), env={}).notices == (
        f"{file} cannot be read (Is a directory); defaults are used until it can",
    )


def test_a_link_to_itself(file):
    file.symlink_to(file)
    assert "cannot be read" in load(str(file), env={}).notices[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_of_someone_else(file):
    file.write_text("")
    file.chmod(0)
    assert load(str(file), env={}).notices == (
        f"{file} cannot be read (Permission denied); defaults are used until it can",
    )


@pytest.mark.parametrize(
    ("env", "flags", "sentence"),
    [
        (
            {"CARO_BACKEND": "cloud"},
            {},
            "CARO_BACKEND: backend.preferred must be one of embedded, ollama, vllm, auto, not 'cloud'",
        ),
        ({"CARO_COMMENT": "maybe"}, {}, "CARO_COMMENT: shell.comment must be true or false, not 'maybe'"),
        (
            {},
            {"generation.max_tokens": "x"},
            "the command line: generation.max_tokens must be a whole number",
        ),
        (
            {},
            {"generation.temperature": "-1"},
            "the command line: generation.temperature must be a number, 0 or above, not '-1'",
        ),
    ],
)
def test_a_bad_flag_or_variable_is_an_error(file, env, flags, sentence):
    with pytest.raises(ConfigError, match=sentence):
        load(str(file), env=env, flags=flags)


KEYS = st.sampled_from([*SETTINGS, "a", "backend", "shell.kee", "'x y'.z"])
VALUES = st.one_of(
    st.sampled_from(
        ["inf", "-nan", "0x" + "f" * 6000, "[]", "{}", "1e999", "''", "1979-05-27", "[[1], ['a']]"]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.text("ab'\"\\\x1b").map(lambda text: f'"{text}"'),
)
LINES = st.one_of(
    st.builds("{} = {}".format, KEYS, VALUES), KEYS.map("[{}]".format), st.sampled_from(["", "# a", "[["])
)
CONTENTS = st.one_of(st.binary(), st.lists(LINES, max_size=6).map(lambda lines: "\n".join(lines).encode()))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONTENTS)
def test_whatever_is_in_the_file_there_is_a_config(file, content):
    config = read(file, content)
    for key, setting in SETTINGS.items():
        value = getattr(config, setting.name)
        assert type(value) is type(setting.default), key
        if key not in config.sources:
            assert value == setting.default, key
    assert isinstance(config.notices, tuple)


@pytest.mark.parametrize("key", ["", "ctrl-g", "alt-g", "ctrl-x ctrl-g", "ctrl-_", "alt-.", "ctrl-]"])
def test_keys_that_three_shells_can_bind(file, key):
    config = read(file, f'shell.key = "{key}"')
    assert (config.key, config.notices) == (key, ())


@pytest.mark.parametrize(
    "key", ["banana", "f5", "g", "ctrl-gg", "ctrl-", "ctrl-g ", "ctrl-g  alt-g", "C-g", "ctrl-ä"]
)
def test_a_key_that_is_none_is_named_and_not_bound(file, key):
    config = read(file, f'shell.key = "{key}"')
    assert config.key == "ctrl-g"
    sentence = f"shell.key must be like ctrl-g, alt-g or ctrl-x ctrl-g, not {key!r}; the default is used"
    assert config.notices == (f"{file} line 1: {sentence}",)


@pytest.mark.parametrize("name", ["ollama", "vllm"])
def test_a_server_that_is_preferred_and_not_enabled_is_pointed_out(file, name):
    (notice,) = read(file, f"[backend]\npreferred = '{name}'").notices
    assert notice.startswith(f"{name} is preferred, but not enabled, so the embedded model answers; ")
    assert notice.endswith(f"enable it with: caro config set backend.{name}.enabled true")
    assert read(file, f"[backend]\npreferred = '{name}'\n{name}.enabled = true").notices == ()


def test_a_flag_enables_a_server_for_once(file):
    found = read(file, "", flags={"backend.preferred": "vllm"})
    assert enabled("vllm", found)
    assert not enabled("ollama", found)
    assert found.notices == ()
