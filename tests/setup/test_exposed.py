"""What `caro doctor` and `caro config` say of secrets in caro's files, and of who else can get at them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from caro_shell.setup.exposed import exposed

OTHER = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@pytest.fixture
def home(own_home: Path) -> Path:
    """Return CARO_HOME, closed to others."""
    home = own_home / ".caro"
    home.mkdir(mode=0o700, exist_ok=True)
    return home


def write(file: Path, text: str, mode: int = 0o600) -> Path:
    file.write_text(text)
    file.chmod(mode)
    return file


def test_nothing_is_said_where_there_is_nothing(own_home):
    assert list(exposed()) == []


def test_nothing_is_said_of_ordinary_files(home):
    write(home / "config.toml", '[shell]\nkey = "alt-g"\n[generation]\nmax_tokens = 99\n', 0o644)
    write(home / "models.toml", '[[model]]\nid = "a"\nfile = "a.gguf"\n', 0o644)
    (home / "models").mkdir(mode=0o755)
    assert list(exposed()) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[backend.vllm]\napi_key = "sk-s3cret"', "backend.vllm.api_key is a secret"),
        ('[backend.vllm]\ntoken = "s3cret"', "backend.vllm.token is a secret"),
        ('password = ["s3cret"]', "password is a secret"),
        ('[backend.vllm]\n\napi_key_env = "sk-proj-s3cret0123456789"', "backend.vllm.api_key_env is to name"),
        ('[backend.vllm]\nurl = "https://me:s3cret@host:1"', "backend.vllm.url holds a password"),
        ('[models]\nsources = ["pip", "https://me:s3cret@host/m"]', "models.sources holds a password"),
    ],
)
def test_a_secret_is_pointed_out_with_its_line_and_not_said(home, caro, text, key):
    file = write(home / "config.toml", text)
    (sentence,) = exposed()
    assert sentence.startswith(f"{file} line {text.count(chr(10)) + 1}: {key}")
    assert "s3cret" not in sentence
    _, out, err = caro("config")
    assert sentence in err
    assert "s3cret" not in out + err
    assert "s3cret" not in "".join(caro("config", "show", "--json")[1:])
    code, out, _ = caro("doctor")
    assert (code, f"  !!  {sentence}" in out) == (1, True)
    file.chmod(0o640)
    assert f"{file} is open to others (mode 0640); close it with: chmod 600 {file}" in exposed()


def test_the_file_before_the_last_change_counts_as_well(home):
    write(home / "config.toml", "")
    file = write(home / "config.toml.bak", 'api_key = "s3cret"', 0o644)
    first, second = exposed()
    assert first.startswith(f"{file} line 1: api_key is a secret")
    assert second.startswith(f"{file} is open to others (mode 0644)")


def test_who_answers_is_for_its_owner_alone(home):
    file = write(home / "config.toml", "[backend.ollama]\nenabled = true\n", 0o644)
    assert list(exposed()) == [f"{file} is open to others (mode 0644); close it with: chmod 600 {file}"]


def test_a_password_in_the_list_of_models(home):
    file = write(
        home / "models.toml", 'sources = [{ kind = "https", url = "https://me:s3cret@host/a.gguf" }]'
    )
    (sentence,) = exposed()
    assert sentence == f"{file}: a source holds a password in plain text; put it into ~/.netrc"


def test_what_others_can_write_is_pointed_out(home):
    config = write(home / "config.toml", "", 0o666)
    models = write(home / "models.toml", "", 0o666)
    (home / "models").mkdir()
    (home / "models").chmod(0o777)
    home.chmod(0o777)
    found = "\n".join(exposed())
    for path in (home, home / "models"):
        assert f"{path} can be written by others (mode 0777), who can change what caro does" in found
    for path in (config, models):
        assert f"{path} is open to others (mode 0666); close it with: chmod 600 {path}" in found


@needs_root
def test_what_belongs_to_another_user_is_pointed_out(home, tmp_path):
    file = write(home / "config.toml", "")
    os.chown(file, OTHER, OTHER)
    (sentence,) = exposed()
    assert sentence.startswith(f"{file} belongs to ")
    assert sentence.endswith(", who can change it; put one of yours in its place")


@needs_root
def test_a_home_that_leads_to_another_users_directory_is_pointed_out(own_home, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    os.chown(theirs, OTHER, OTHER)
    (own_home / ".caro").symlink_to(theirs)
    (sentence,) = exposed()
    assert sentence.startswith(f"{own_home / '.caro'}, which leads to {theirs}, belongs to ")


def test_a_home_that_leads_to_a_directory_of_ones_own_is_fine(own_home, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    (own_home / ".caro").symlink_to(mine)
    assert list(exposed()) == []
