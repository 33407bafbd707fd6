"""Which model answers: flag > environment > file > the best installed of the quality that is asked for."""

from __future__ import annotations

import os

import pytest

from caro_shell import config, paths
from caro_shell.backends import identity
from caro_shell.catalog import find
from caro_shell.catalog.wanted import is_here, wanted
from caro_shell.errors import ModelError
from tests.daemons import caro_home, write_config

#: Models of one's own beside those of the catalogue, of which none is on the disk of a test.
OWN = """
[[model]]
id = "quick"
file = "quick.gguf"
[[model]]
id = "also-quick"
file = "also-quick.gguf"
short = "aq"
[[model]]
id = "thorough"
file = "thorough.gguf"
quality = "high"
[[model]]
id = "for-tests"
file = "for-tests.gguf"
quality = "test"
"""


@pytest.fixture(autouse=True)
def known(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    caro_home().mkdir()
    (caro_home() / "models").mkdir()
    (caro_home() / "models.toml").write_text(OWN)


def install(*names: str) -> None:
    for name in names:
        (caro_home() / "models" / f"{name}.gguf").write_bytes(b"GGUF")


def load(file: str = "", variable: str = "", flag: str = "") -> config.Config:
    write_config(file)
    env = {"CARO_MODEL": variable} if variable else {}
    flags = {"backend.embedded.model": flag} if flag else {}
    return config.load(paths.config_file(), env=env, flags=flags)


NAMED = 'backend.embedded.model = "thorough"'
HIGH = 'model_quality = "high"'
ALL = ("quick", "also-quick", "thorough", "for-tests")
BEST = "it is the best installed (model_quality = {})"
FIRST = "it is the one to begin with, and none is here that answers unasked"


@pytest.mark.parametrize(
    ("installed", "file", "variable", "flag", "model", "why"),
    [
        (ALL, "", "", "", "quick", BEST.format("standard")),
        (ALL, HIGH, "", "", "thorough", BEST.format("high")),
        (ALL, NAMED, "", "", "thorough", "{file} names it in line 1"),
        (ALL, f"{HIGH}\nbackend.embedded.model = 'aq'", "", "", "also-quick", "{file} names it in line 2"),
        (ALL, NAMED, "quick", "", "quick", "CARO_MODEL names it"),
        (ALL, NAMED, "quick", "aq", "also-quick", "the command line names it"),
        (ALL, "", "", "for-tests", "for-tests", "the command line names it"),
        (("also-quick", "thorough"), "", "", "", "also-quick", BEST.format("standard")),
        (("thorough",), "", "", "", "thorough", BEST.format("standard")),
        (("quick",), HIGH, "", "", "quick", BEST.format("high")),
        (("quick",), NAMED, "", "", "thorough", "{file} names it in line 1"),
        (("for-tests",), "", "", "", "qwen2.5-coder-1.5b-q4", FIRST),
        ((), "", "", "", "qwen2.5-coder-1.5b-q4", FIRST),
        ((), "", "", "quick", "quick", "the command line names it"),
    ],
)
def test_who_answers_and_why(installed, file, variable, flag, model, why):
    install(*installed)
    found = wanted(load(file, variable, flag))
    assert (found.model.id, found.why) == (model, why.format(file=paths.config_file()))


def test_with_none_of_high_quality_installed_one_of_them_is_to_be_fetched():
    found = wanted(load(HIGH))
    assert (found.model.quality, found.why) == ("high", FIRST)


def test_a_damaged_file_is_not_the_best_installed():
    install("quick", "also-quick")
    (caro_home() / "models" / "quick.gguf").write_bytes(b"")
    assert wanted(load()).model.id == "also-quick"


def test_a_model_that_comes_is_the_best_from_the_next_look_on():
    install("also-quick")
    assert wanted(load()).model.id == "also-quick"
    assert not is_here(find("quick"))
    install("quick")
    assert wanted(load()).model.id == "quick"
    assert is_here(find("quick"))


def test_a_file_is_named_by_its_path(tmp_path):
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF")
    found = wanted(load(flag=str(path)))
    assert (found.model.file, found.why) == (str(path), "the command line names it")


@pytest.mark.parametrize(("file", "flag"), [("", "q99"), ('backend.embedded.model = "q99"', "")])
def test_a_name_that_is_none_is_a_sentence(file, flag):
    install("quick")
    with pytest.raises(ModelError, match=r"^there is no model q99"):
        wanted(load(file, "", flag))


@pytest.mark.parametrize(("name", "near"), [("quik", "quick"), ("thorogh", "thorough"), ("aqq", "aq")])
def test_a_name_that_is_nearly_one_is_helped_with(name, near):
    with pytest.raises(ModelError, match=rf"^there is no model {name}; do you mean {near}\?"):
        find(name)


def test_another_model_answers_by_other_weights():
    install("quick", "thorough")
    assert identity(load(flag="quick")) != identity(load(flag="thorough"))
    assert identity(load(flag="quick")) == identity(load())


def test_models_stand_in_the_home_and_in_the_installation(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "thorough.gguf").write_bytes(b"GGUF")
    assert wanted(load()).model.id == "thorough"
    install("quick")
    assert wanted(load()).model.id == "quick"
    assert os.listdir(tmp_path / "models") == ["thorough.gguf"]
