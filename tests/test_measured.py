"""Figures of models: kept, merged, read off real presses, and never in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from caro_shell import measured
from caro_shell.measured import Figures, Meter
from caro_shell.reply import Reply, Timings


def file() -> Path:
    return Path(measured.measured_file())


def press(*, rate: float = 40.0, seconds: float = 0.5, **changes: object) -> Reply:
    """A warm press that wrote 20 tokens."""
    timings = {
        "total_ms": seconds * 1e3 + 300,
        "queue_ms": 300.0,
        "decode_ms": 20 / rate * 1e3,
        "prompt_tokens": 800,
        "cached_tokens": 780,
        "generated_tokens": 20,
    }
    reply = {"backend": "embedded", "model": "q4", "cached": False}
    for name, value in changes.items():
        (timings if name in timings or name == "load_ms" else reply)[name] = value
    return Reply("ls", None, None, "bash", timings=Timings(**timings), offers=[], **reply)


def meter_of(*presses: Reply) -> Meter:
    meter = Meter()
    for each in presses:
        meter.add(each)
    return meter


def test_nothing_is_known_at_first():
    assert measured.of("q4") is None
    assert not file().exists()


def test_what_is_noted_is_known_with_its_date():
    measured.note("q4", tokens_per_s=38.5, press_s=0.4)
    found = measured.of("q4")
    assert found == Figures(38.5, 0.4, when=found.when)
    assert date.fromisoformat(found.when) <= date.fromtimestamp(file().stat().st_mtime)  # noqa: DTZ012
    assert measured.of("q8") is None


def test_a_later_note_keeps_what_it_does_not_name():
    measured.note("q4", right=20, of=24, press_s=0.4)
    measured.note("q8", right=21, of=24)
    measured.note("q4", press_s=0.3)
    found = measured.of("q4")
    assert (found.right, found.of, found.press_s) == (20, 24, 0.3)
    assert measured.of("q8").right == 21


def test_a_forgotten_model_leaves_the_others():
    measured.note("q4", press_s=0.4)
    measured.note("q8", press_s=0.8)
    measured.forget("q4")
    measured.forget("q4")
    assert measured.of("q4") is None
    assert measured.of("q8").press_s == 0.8


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "7", '{"q4": 7}', '{"q4": {"press_s": "fast"}}', '{"q4": {"press_s": NaN}}', "[" * 9999],
)
def test_a_damaged_file_costs_the_figures_and_is_mended_by_the_next(content):
    measured.note("q4", press_s=0.4)
    file().write_text(content)
    assert measured.of("q4") is None
    measured.note("q4", press_s=0.5)
    assert measured.of("q4").press_s == 0.5


def test_what_a_newer_version_wrote_is_passed_over():
    measured.note("q4", press_s=0.4)
    known = json.loads(file().read_text())
    known["q4"]["watts"] = 9
    file().write_text(json.dumps(known))
    assert measured.of("q4").press_s == 0.4


def test_where_nothing_can_be_written_nothing_fails():
    file().parent.mkdir(parents=True)
    file().mkdir()  # in its place
    measured.note("q4", press_s=0.4)
    assert measured.of("q4") is None
    assert os.listdir(file().parent) == [file().name]


def test_presses_give_the_median_once_there_are_enough():
    meter = meter_of(press(rate=40), press(rate=90))
    meter.keep()
    assert measured.of("q4") is None
    meter.add(press(rate=44, seconds=0.7))
    meter.keep()
    found = measured.of("q4")
    assert (found.tokens_per_s, found.press_s) == (44.0, 0.5)


def test_a_figure_is_written_again_only_when_it_has_moved():
    measured.note("q4", tokens_per_s=40, press_s=0.5)
    before = file().stat().st_mtime_ns
    meter_of(*[press(rate=45)] * 3).keep()
    assert file().stat().st_mtime_ns == before
    meter_of(*[press(rate=50)] * 3).keep()
    assert measured.of("q4").tokens_per_s == 50.0


@pytest.mark.parametrize(
    "change",
    [
        {"cached": True},
        {"backend": "ollama"},
        {"load_ms": 900.0},
        {"cached_tokens": 0},
        {"generated_tokens": 2},
        {"decode_ms": 0.0},
    ],
    ids=str,
)
def test_presses_that_say_nothing_about_a_warm_local_model_do_not_count(change):
    meter_of(*[press(**change)] * 9).keep()
    assert measured.of("q4") is None


def test_the_daemon_starts_without_libraries_that_two_lines_replace():
    program = "import sys, caro_shell.daemon; print({'statistics', 'platform'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
