"""Saved states: what is loaded is what was saved, or nothing."""

from __future__ import annotations

import os

import pytest

from caro_shell.backends.embedded.prefixstate import FILES_KEPT, PrefixStates, state_key

STATE = bytes(range(256)) * 4


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "home/.caro/cache"


@pytest.fixture
def states(directory):
    return PrefixStates(str(directory))


def only_file(directory):
    (file,) = directory.iterdir()
    return file


def test_what_is_saved_is_loaded(states, directory):
    assert states.load("a") is None
    states.save("a", STATE)
    assert states.load("a") == STATE
    assert directory.stat().st_mode & 0o777 == 0o700


def test_saving_again_replaces_and_leaves_no_draft(states, directory):
    states.save("a", b"old")
    states.save("a", STATE)
    assert states.load("a") == STATE
    only_file(directory)


def test_two_keys_are_two_states(states):
    states.save("a", b"first")
    states.save("b", b"second")
    assert states.load("a") == b"first"
    assert states.load("b") == b"second"


@pytest.mark.parametrize("at", [0, 7, 8, 11, 12, 500, -1])
def test_a_damaged_byte_is_noticed(states, directory, at):
    states.save("a", STATE)
    content = bytearray(only_file(directory).read_bytes())
    content[at] ^= 1
    only_file(directory).write_bytes(content)
    assert states.load("a") is None
    states.save("a", STATE)
    assert states.load("a") == STATE


@pytest.mark.parametrize("length", [0, 5, 12, 13, -1])
def test_a_truncated_file_is_noticed(states, directory, length):
    states.save("a", STATE)
    only_file(directory).write_bytes(only_file(directory).read_bytes()[:length])
    assert states.load("a") is None


@pytest.mark.parametrize("content", [b"GGUF" + STATE, b"caro-kv0" + bytes(4), b"\n" * 12])
def test_a_foreign_file_is_not_loaded(states, directory, content):
    states.save("a", STATE)
    only_file(directory).write_bytes(content)
    assert states.load("a") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_costs_nothing_but_speed(states, directory):
    states.save("a", STATE)
    directory.chmod(0o500)
    states.save("b", STATE)
    assert states.load("b") is None
    assert states.load("a") == STATE
    directory.chmod(0o700)


def test_a_directory_that_cannot_be_made_costs_nothing_but_speed(states, directory):
    directory.parent.mkdir()
    directory.write_text("a file")
    states.save("a", STATE)
    assert states.load("a") is None
    assert directory.read_text() == "a file"


def test_a_state_that_cannot_be_put_in_place_leaves_no_draft(states, directory):
    (directory / "prefix-a.kv").mkdir(parents=True)
    states.save("a", STATE)
    assert states.load("a") is None
    assert only_file(directory).is_dir()


def test_the_least_recently_used_are_forgotten(states, directory):
    foreign = directory / "notes.txt"
    keys = [f"k{number}" for number in range(FILES_KEPT)]
    for age, key in enumerate(keys):
        states.save(key, key.encode())
        os.utime(directory / f"prefix-{key}.kv", (age, age))
    foreign.write_text("not ours")
    os.utime(foreign, (0, 0))
    assert states.load("k0") == b"k0"  # used now: k1 is the oldest
    states.save("new", b"new")
    kept = {key for key in [*keys, "new"] if states.load(key) is not None}
    assert kept == {*keys, "new"} - {"k1"}
    assert foreign.exists()


def test_a_key_depends_on_every_part_and_their_order():
    keys = {state_key("a", 1), state_key("a", 2), state_key(1, "a"), state_key("a1"), state_key("a", "1")}
    assert len(keys) == 5
    assert state_key("a", [1, 2]) == state_key("a", [1, 2])
    assert state_key("../../x").isalnum()
