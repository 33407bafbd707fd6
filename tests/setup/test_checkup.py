"""`caro doctor` on the servers that may answer: each finding with its remedy, and whom it contacts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from caro_shell import cli
from caro_shell.setup import checkup
from caro_shell.setup.checkup import Finding
from tests.remote_server import body, refused, says
from tests.setup.wizard import KEY, play_ollama, play_vllm

FAR = "http://gpu.example:8000"


def write(file: Path, **settings: object) -> None:
    """Write the settings, a `__` in a name being a dot, under `backend`."""
    lines = (f"{name.replace('__', '.')} = {json.dumps(value)}\n" for name, value in settings.items())
    file.write_text("[backend]\n" + "".join(lines))
    file.chmod(0o600)


def found() -> list[Finding]:
    return list(checkup.servers())


def well(sentence: str) -> Finding:
    return Finding(well=True, sentence=sentence)


def wrong(sentence: str) -> Finding:
    return Finding(well=False, sentence=sentence)


def ollama(file: Path, url: str, model: str = "llama3.2:3b", **more: object) -> None:
    write(file, preferred="ollama", ollama__enabled=True, ollama__url=url, ollama__model=model, **more)


def vllm(file: Path, url: str, **more: object) -> None:
    write(file, preferred="vllm", vllm__enabled=True, vllm__url=url, vllm__model="qwen2.5-coder", **more)


def test_no_server_is_looked_at_that_is_neither_enabled_nor_preferred(server, file):
    write(file, ollama__url=server.url, vllm__url=server.url)
    assert found() == []
    assert server.requests == []


def test_a_server_that_answers_and_has_the_model(server, file):
    play_ollama(server)
    ollama(file, server.url)
    assert found() == [well(f"ollama at {server.url} answers, and has llama3.2:3b")]


def test_without_a_name_the_models_are_named(server, file):
    play_ollama(server)
    ollama(file, server.url, "")
    assert found() == [
        well(
            f"ollama at {server.url} answers, with the first that writes of: llama3.2:3b, qwen2.5-coder:7b, "
            "qwen2.5-coder:1.5b",
        )
    ]


def test_a_model_that_is_not_there(server, file):
    play_ollama(server)
    ollama(file, server.url, "mistral")
    assert found() == [
        wrong(
            f"ollama at {server.url} has no model mistral:latest, but llama3.2:3b, qwen2.5-coder:7b, "
            "qwen2.5-coder:1.5b; choose again with: caro init --backend ollama",
        )
    ]


@pytest.mark.parametrize("model", ["", "llama3.2:3b"])
def test_a_server_without_models(server, file, model):
    play_ollama(server, models=())
    ollama(file, server.url, model)
    assert found() == [
        wrong("Ollama answers, but has no model yet; fetch one: ollama pull qwen2.5-coder:1.5b")
    ]


def test_a_server_that_does_not_run(file):
    with refused() as nobody:
        ollama(file, nobody)
        (finding,) = found()
    assert not finding.well
    assert finding.sentence.startswith("Ollama does not run at 127.0.0.1:")


def test_something_else_at_the_address(server, file):
    server.on("*", body(b"<html>"))
    vllm(file, server.url, vllm__api_key_env="")
    assert found()[0] == wrong(
        f"what answers at {server.url[7:]} has no completions as vLLM has them; check backend.vllm.url",
    )


# -- the key


def test_the_key_that_is_taken(server, file, monkeypatch):
    play_vllm(server)
    monkeypatch.setenv("MY_KEY", KEY)
    vllm(file, server.url, vllm__api_key_env="MY_KEY")
    assert found() == [
        well(f"vllm at {server.url} answers, and has qwen2.5-coder"),
        well("the key for vllm is taken from MY_KEY, which is set"),
    ]


def test_a_key_that_is_missing(server, file, monkeypatch):
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    play_vllm(server)
    vllm(file, server.url)
    refusal, key = found()
    assert not refusal.well
    assert refusal.sentence.startswith("authentication failed at 127.0.0.1:")
    assert key == well(
        "the key for vllm is taken from VLLM_API_KEY, which is not set here, so no key is sent",
    )


def test_no_key_is_wanted(server, file):
    server.on("/v1/models", says({"data": [{"id": "qwen2.5-coder"}]}))
    vllm(file, server.url, vllm__api_key_env="")
    assert found()[1] == well("no key is sent to vllm (backend.vllm.api_key_env is empty)")


def test_a_key_in_the_file_is_not_shown(server, file, capfd):
    play_vllm(server)
    vllm(file, server.url, vllm__api_key_env=f"sk-{KEY}")
    assert cli.main(["doctor"]) == 1
    out, err = capfd.readouterr()
    assert "  !!  backend.vllm.api_key_env is to name a variable, and holds a key perhaps; " in out
    assert KEY not in out + err


# -- the way there


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda url: url.replace("//", "//me:pa55@"), "a user's name or password in the URL would be stored"),
        (lambda url: f"{url}/?a=1", "the URL of the server itself is needed, without what follows a ? or #"),
        (lambda _: "http://[nonsense", "a URL is needed, with http:// or https:// and a port, "),
    ],
)
def test_an_address_that_is_none_or_says_too_much(server, file, change, sentence):
    play_ollama(server)
    ollama(file, change(server.url))
    *_, finding = found()
    assert not finding.well
    assert finding.sentence.startswith(f"the address of ollama: {sentence}")
    assert finding.sentence.endswith("; mend it with: caro init")
    assert "pa55" not in str(found())


def test_words_that_can_be_read_on_the_way(server, file, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    play_ollama(server)
    ollama(file, FAR)
    assert found() == [
        well(f"ollama at {FAR} answers, and has llama3.2:3b"),
        wrong(
            f"words for ollama go to {FAR} without https and can be read on the way; give it a certificate, "
            "then: caro init --backend ollama",
        ),
    ]


def test_a_certificate_that_nobody_checks(file, monkeypatch):
    with refused() as proxy:
        monkeypatch.setenv("https_proxy", proxy)
        ollama(file, "https://gpu.example", verify=False)
        assert found()[-1] == wrong(
            "nobody checks that https://gpu.example:443 is who it says; name its certificate in "
            "backend.ca_bundle, then: caro config unset backend.verify",
        )


def test_a_file_that_others_can_read(server, file):
    play_ollama(server)
    ollama(file, server.url)
    file.chmod(0o644)
    said = f"{file} is open to others (mode 0644); close it with: chmod 600 {file}"
    assert wrong(said) in checkup.files()
