"""`caro init` without a terminal: who answers is said with flags. With one: test_wizard.py."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Callable

import pytest

from caro_shell.errors import ConfigError
from caro_shell.setup import particulars
from tests.daemons import caro_home
from tests.remote_server import refused, says
from tests.setup.wizard import KEY, play_ollama, play_vllm

Caro = Callable[..., "tuple[int, str, str]"]
FAR = "http://gpu.example:8000"


@pytest.fixture
def caro(caro) -> Caro:
    """Return a function that runs `caro init`, off any terminal: exit status, standard output and error."""
    return partial(caro, "init")


def test_ollama_by_flags(caro, server, file):
    play_ollama(server)
    code, out, err = caro("--backend", "ollama", "--url", server.url, "--model", "llama3.2:3b")
    assert (code, err) == (0, "")
    works, *rest = out.splitlines()
    assert works.startswith('It works. For "list files" llama3.2:3b wrote, in ')
    assert rest == [
        "    ls -l",
        'backend.preferred: "ollama"',
        "backend.ollama.enabled: true",
        f'backend.ollama.url: "{server.url}"',
        'backend.ollama.model: "llama3.2:3b"',
        f"Saved in {file}.",
    ]
    assert file.read_text() == (
        '[backend]\npreferred = "ollama"\n\n'
        f'[backend.ollama]\nenabled = true\nurl = "{server.url}"\nmodel = "llama3.2:3b"\n'
    )


def test_the_same_again_changes_nothing(caro, server, file):
    play_ollama(server)
    caro("--backend", "ollama", "--url", server.url, "--model", "llama3.2:3b")
    before = file.read_bytes()
    assert caro("--backend", "ollama")[1].endswith(
        "\nThere is nothing to change: that is how it is set already.\n"
    )
    assert file.read_bytes() == before


def test_without_a_model_the_server_has_its_first_one(caro, server, file):
    play_ollama(server)
    code, out, _ = caro("--backend", "ollama", "--url", server.url)
    assert code == 0
    assert "llama3.2:3b wrote" in out
    assert "model" not in file.read_text()


def test_vllm_by_flags(caro, server, file, monkeypatch):
    play_vllm(server)
    monkeypatch.setenv("MY_KEY", KEY)
    code, out, err = caro("--backend", "vllm", "--url", f"{server.url}/v1", "--api-key-env", "MY_KEY")
    assert (code, err) == (0, "")
    assert KEY not in out + file.read_text()
    assert 'api_key_env = "MY_KEY"' in file.read_text()


def test_a_test_that_fails_leaves_everything_as_it_is(caro, server, file):
    play_vllm(server)
    code, out, err = caro("--backend", "vllm", "--url", server.url)
    assert (code, out) == (1, "")
    assert err.startswith("caro: authentication failed at 127.0.0.1:")
    with refused() as nobody:
        code, out, err = caro("--backend", "ollama", "--url", nobody)
    assert (code, out) == (1, "")
    assert err.startswith("caro: Ollama does not run at 127.0.0.1:")
    play_ollama(server, command="I am sorry, I cannot do that.")
    assert caro("--backend", "ollama", "--url", server.url)[0] == 1
    server.on("/api/generate", says({"error": "model 'x' not found"}, 404))
    assert caro("--backend", "ollama", "--url", server.url, "--model", "x")[0] == 1
    assert list(caro_home().iterdir()) == []


def test_no_test_contacts_nobody(caro, server, file):
    code, out, _ = caro("--backend", "ollama", "--url", server.url, "--model", "m", "--no-test")
    assert code == 0
    assert "It works" not in out
    assert server.requests == []
    assert 'model = "m"' in file.read_text()


def test_words_go_to_another_machine_only_with_yes(caro, server, file, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    play_ollama(server)
    code, out, err = caro("--backend", "ollama", "--url", FAR)
    assert (code, out) == (2, "")
    assert err == (
        "caro: Your words will leave this machine: they go to gpu.example:8000, and they can be read on the "
        "way, since it is not https. Say --yes to that\n"
    )
    assert server.requests == []
    assert list(caro_home().iterdir()) == []
    assert caro("--backend", "ollama", "--url", FAR, "--yes")[0] == 0
    assert server.requests[0].path == f"{FAR}/api/tags"
    assert (caro_home() / "told").read_text() == f"{FAR}\n"


def test_the_embedded_model_by_flags(caro, file):
    file.write_text("backend.preferred = 'auto' # c\nbackend.vllm.enabled = true\n")
    code, out, _ = caro("--backend", "embedded")
    assert code == 0
    assert out.startswith(
        'backend.preferred: "auto" -> "embedded"\nbackend.vllm.enabled: true -> false\nSaved; '
    )
    assert file.read_text() == 'backend.preferred = "embedded" # c\nbackend.vllm.enabled = false\n'


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "caro init asks questions, which needs a terminal; say it with flags instead, "),
        (["--url", "http://localhost:1"], "say for whom the other flags are, "),
        (["--yes"], "say for whom the other flags are, "),
        (["zsh", "--backend", "ollama"], "a shell's hook takes no flags; "),
        (["fish", "--no-test"], "a shell's hook takes no flags; "),
        (["--backend", "ollama", "--url", "localhost"], "a URL is needed, "),
        (["--backend", "ollama", "--model", "\x1b[2J"], "the name holds a character that cannot be seen; "),
        (["--backend", "ollama", "--api-key-env", "K"], "Ollama takes no key; "),
        (["--backend", "vllm", "--api-key-env", f"sk-{KEY}"], "that is no name of a variable, "),
        (["--backend", "embedded", "--model", "m"], "--url, --model and --api-key-env are for a server: "),
    ],
)
def test_flags_that_cannot_be_are_usage(caro, file, arguments, sentence):
    code, out, err = caro(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"caro: {sentence}")
    assert KEY not in err
    assert err.count("\n") == 1
    assert list(caro_home().iterdir()) == []


def test_a_file_that_cannot_be_changed_is_a_sentence(caro, server, file):
    play_ollama(server)
    file.write_text("[backend\n")
    code, _, err = caro("--backend", "ollama", "--url", server.url)
    assert code == 2
    assert f"caro: {file} is not valid TOML: " in err
    assert file.read_text() == "[backend\n"


# -- what a person says of a server


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://localhost:11434", "http://localhost:11434"),
        (" https://gpu.example/llm/ ", "https://gpu.example/llm"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("localhost:8000", "http://localhost:8000"),
        ("gpu.lan:8000/v1", "http://gpu.lan:8000/v1"),
    ],
)
def test_a_url(text, url):
    assert particulars.checked_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "localhost", "localhost:", "me:8000@h", "ftp://h", "http://", "http://:80", "http://h:port", "http://h:0",
        "http://h:99999", "http://[::1", "http://a b", "http://h/\x1b", "http://h/\u202e", "http://me:pw@h",
        "http://h/?key=1", "http://h/#a", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_no_url(text):
    with pytest.raises(ConfigError, match="URL"):
        particulars.checked_url(text)


@pytest.mark.parametrize(
    "name",
    ["VLLM_API_KEY", "MY_KEY2", "openai_key", "_x", "My_Company_Llm_Key", "my_vllm_api_key_2", "TOKEN"],
)
def test_the_name_of_a_variable(name):
    assert particulars.checked_variable(f" {name} ") == name


@pytest.mark.parametrize("text", ["-", "", " "])
def test_no_variable_at_all(text):
    assert particulars.checked_variable(text) == ""


@pytest.mark.parametrize(
    "key",
    [
        "sk-abcdef0123456789", "hf_AbCdEfGhIjKlMnOpQrStUvWxYz", "a1b2c3d4e5f6a7b8c9d0e1f2",
        "gsk_0a1B2c3D4e5F", "D41D8CD98F00B204E9800998ECF8427E", "$VLLM_API_KEY", "1234", "my key", "secret!",
        "VLLM_API_KEY=x",
    ],
)  # fmt: skip
def test_a_key_is_no_name_and_is_not_said_again(key):
    with pytest.raises(ConfigError) as error:
        particulars.checked_variable(key)
    assert key not in str(error.value)


def test_a_variable_that_is_set_has_a_name(monkeypatch):
    monkeypatch.setenv("MySecretKeyForModels1", "x")
    assert particulars.checked_variable("MySecretKeyForModels1") == "MySecretKeyForModels1"


@pytest.mark.parametrize(
    ("models", "model"),
    [
        (["llama3:8b", "qwen2.5-coder:7b", "codellama"], "qwen2.5-coder:7b"),
        (["nomic-embed-text", "llama3:8b"], "llama3:8b"),
        (["nomic-embed-text"], "nomic-embed-text"),
        ([], ""),
    ],
)
def test_the_model_that_is_proposed(models, model):
    assert particulars.suggested(models) == model


# -- the imports of the flags' path


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["init", "zsh"], ["config", "path"], ["doctor"], ["model", "list"], ["init"]]
)
def test_only_the_questions_bring_the_library_for_them(arguments):
    program = f"import sys; from caro_shell import cli; cli.main({arguments})"
    libraries = "{'prompt_toolkit', 'requests', 'tomlkit'}"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; sys.exit(bool({libraries} & sys.modules.keys()))"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
