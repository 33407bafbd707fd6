"""How many files a line would touch: counted in a real directory, in a real repository."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from caro_shell.safety import radius
from caro_shell.safety.radius import counting, effects
from caro_shell.safety.radius.effects import Effect


@pytest.fixture
def here(tmp_path):
    """A repository: two ignored objects, of which one is tracked all the same, and three documents."""
    (tmp_path / "build").mkdir()
    (tmp_path / "docs/deep").mkdir(parents=True)
    for name in ("build/a.o", "build/b.o", "docs/one.md", "docs/two words.md", "docs/deep/three.md"):
        (tmp_path / name).write_text("12345")
    (tmp_path / ".gitignore").write_text("build/\n")
    os.utime(tmp_path / "docs/one.md", (0, 0))
    for command in (["init", "-q"], ["add", "-f", "build/a.o"]):
        subprocess.run(["git", "-C", tmp_path, *command], check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rm -rf build", "would delete 2 files (10 bytes) in build, 1 of them not ignored by git"),
        ("rm docs/*.md", "would delete 2 files (10 bytes) in docs/one.md and docs/two words.md, 2 of them"),
        ("cd docs && rm -r deep", "would delete 1 file (5 bytes) in docs/deep, 1 of them not ignored by git"),
        ("sudo rm -rf docs build", "would delete 5 files (25 bytes) in docs and build, 4 of them"),
        ("find . -name '*.md' -delete", "would delete 3 files (15 bytes) in this directory"),
        ("find docs -maxdepth 1 -type f -mtime +30 -exec rm {} +", "would delete 1 file (5 bytes) in docs"),
        ("find docs -size +1k -delete", ""),
        ("find docs -user nobody -delete", ""),
        ("chmod -R 600 docs", "would change 3 files in docs"),
        ("sed -i s/1/2/ docs/*.md", "would change 2 files in docs/one.md and docs/two words.md"),
        ("date > docs/one.md", "would write over docs/one.md (5 bytes)"),
        ("cp docs/one.md 'docs/two words.md'", "would write over docs/two words.md (5 bytes)"),
        ("mv build/a.o docs", ""),
        ("truncate -s 0 docs/one.md", "would empty docs/one.md (5 bytes)"),
        ("date >> docs/one.md", ""),
        ("ssh host rm -rf build", ""),
        ("rm -rf nothing-here", ""),
        ("echo rm -rf build", ""),
    ],
)
def test_what_a_line_would_touch_is_counted_and_nothing_is_touched(here, line, expected):
    before = sorted(path for path in here.rglob("*") if ".git" not in path.parts)
    found = radius.said(line, "bash", home="/home/me", cwd=str(here), limit_s=5)
    assert found.startswith(expected)
    assert bool(found) == bool(expected)
    assert sorted(path for path in here.rglob("*") if ".git" not in path.parts) == before


def test_what_cannot_be_counted_in_time_is_said_to_be_more(here):
    for number in range(500):
        (here / "docs" / str(number)).touch()
    effect = Effect("delete", (str(here / "docs"),), deep=True)
    found = counting.count(effect, deadline=time.monotonic() - 1)
    assert found.more
    assert 0 < found.files < 500


def test_tests_behind_the_action_hold_nothing_back(here):
    for line in ("find . -delete -name '*.o'", "find . -name build -exec rm -rf {} +"):
        assert radius.said(line, "bash", home="/home/me", cwd=str(here), limit_s=5) == ""


def test_a_repository_as_a_whole_is_asked_for_what_it_keeps(here):
    for line, cwd in ((f"rm -rf {here.name}", here.parent), ("rm -rf .", here)):
        found = radius.said(line, "bash", home="/home/me", cwd=str(cwd), limit_s=5)
        assert "of them not ignored by git" in found


def test_a_repository_that_names_a_program_does_not_get_it_started(here):
    trap = here / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {here}/sprung\n")
    trap.chmod(0o755)
    subprocess.run(["git", "-C", here, "config", "core.fsmonitor", trap], check=True)
    assert "would delete" in radius.said("rm -rf build", "bash", home="/home/me", cwd=str(here), limit_s=5)
    assert not (here / "sprung").exists()


def test_a_repository_that_lacks_something_does_not_get_a_program_started_to_fetch_it(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build/b").touch()
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep/a").touch()
    for command in (
        "init -q",
        "add .",
        "-c user.name=a -c user.email=a@b commit -qm a",
        "sparse-checkout set --cone --sparse-index keep",
        "config core.repositoryFormatVersion 1",
        "config extensions.partialClone origin",
        "config remote.origin.promisor true",
        f"config remote.origin.url {tmp_path}",
    ):
        subprocess.run(["git", *command.split()], check=True, cwd=tmp_path, capture_output=True)
    program = f"touch {tmp_path}/sprung; false"
    subprocess.run(["git", "config", "remote.origin.uploadpack", program], check=True, cwd=tmp_path)
    tree = subprocess.run(
        ["git", "rev-parse", "HEAD:build"], check=True, cwd=tmp_path, capture_output=True, text=True
    ).stdout
    (tmp_path / ".git/objects" / tree[:2] / tree[2:].strip()).unlink()
    (tmp_path / "build").mkdir(exist_ok=True)
    (tmp_path / "build/b").touch()
    assert "would delete" in radius.said("rm -rf build", "bash", home="/x", cwd=str(tmp_path), limit_s=5)
    assert not (tmp_path / "sprung").exists()


def test_a_pattern_for_all_there_is_does_not_go_through_all_there_is(tmp_path, monkeypatch):
    for number in range(30):
        (tmp_path / f"{number}/x").mkdir(parents=True)
        (tmp_path / f"{number}/x/file").touch()
    pattern = f"{tmp_path}/*/*/*"
    assert len(effects.matches(pattern)) == 30
    monkeypatch.setattr(effects, "MOST_DIRECTORIES", 20)
    assert len(effects.matches(pattern)) == 0


def test_a_name_with_an_escape_sequence_is_spelt_out(here):
    (here / "bad\x1b[31mname").write_text("1")
    found = radius.said("rm bad*", "bash", home="/home/me", cwd=str(here), limit_s=5)
    assert "\x1b" not in found
    assert "^[" in found


def test_fish_and_zsh_are_read_as_such(here):
    assert radius.said("for f in build/*; rm $f; end", "fish", home="/x", cwd=str(here), limit_s=5)
    assert radius.said("rm build/*.o(N)", "zsh", home="/x", cwd=str(here), limit_s=5)
