"""`caro model`: what it shows, which models it lets answer, and what it refuses to do."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from caro_shell import cli, measured, paths
from caro_shell.catalog import find
from caro_shell.commands import model as command
from caro_shell.manage.trial import WORDS
from tests.aviary import answer, config, install, know, left, offer, on_disk
from tests.daemons import caro_home, write_config
from tests.hub_server import hub
from tests.parrot import parrot

MODELS = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home")) / "models"
ACTIONS = ("list", "info", "pull", "use", "upgrade", "rollback", "convert", "verify", "remove", "path")


@pytest.fixture(autouse=True)
def aviary_known():
    know()


def listed(caro) -> dict[str, dict]:
    code, out, _ = caro("model", "list", "--json")
    assert code == 0
    return {entry["id"]: entry for entry in json.loads(out)}


# -- list


def test_the_table_fits_and_says_how_things_stand(caro):
    install("old", "new")
    on_disk("prose.gguf").with_suffix(".part").write_bytes(b"GGUF")
    measured.note("old", tokens_per_s=38.4, press_s=0.43)
    write_config("backend.embedded.model = 'old'")
    code, out, err = caro("model", "list")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80 + len(paths.config_file())
    table, _, below = out.partition("\n\n")
    assert max(map(len, table.splitlines())) <= 80
    assert re.search(r"^  MODEL +SHORT +SIZE +QUALITY +SPEED HERE +STATE$", table, re.MULTILINE)
    assert re.search(r"^\* old +o +256 kB +standard +38/s, 0\.4 s +in use$", table, re.MULTILINE)
    assert re.search(r"^  new +n +256 kB +standard +- +installed$", table, re.MULTILINE)
    assert re.search(r"^  prose +p +\? +standard +- +part here$", table, re.MULTILINE)
    assert re.search(r"^  qwen2.5-coder-1.5b-q4 +q4 +1.12 GB +standard +- +available$", table, re.MULTILINE)
    assert f"* answers, because {paths.config_file()} names it in line 1." in below
    assert below.splitlines()[-1].startswith("More about one: caro model info NAME.")


def test_with_nothing_installed_the_list_says_what_to_fetch(caro):
    code, out, _ = caro("model", "list")
    assert code == 0
    assert (
        "* would answer, because it is the one to begin with, and none is here that answers unasked." in out
    )
    assert "But it is not here; fetch it with: caro model pull qwen2.5-coder-1.5b-q4" in out


def test_a_damaged_model_in_use_is_shown_with_the_remedy(caro):
    install("old")
    on_disk("old").write_bytes(b"")
    write_config("backend.embedded.model = 'old'")
    _, out, _ = caro("model", "list")
    assert re.search(r"^\* old .* damaged$", out, re.MULTILINE)
    assert "But it is damaged; fetch it again with: caro model pull old" in out


def test_a_name_in_the_file_that_is_none_does_not_hide_the_list(caro):
    write_config("backend.embedded.model = 'nowhere'")
    code, out, _ = caro("model", "list")
    assert code == 0
    assert "There is no model nowhere; choose another with: caro model use NAME" in out
    assert "\n  qwen2.5-coder-1.5b-q4" in out


def test_a_file_of_ones_own_in_use_is_shown_by_its_name_and_below_by_its_path(caro, tmp_path, monkeypatch):
    path = parrot(tmp_path / "mine" / "polly.gguf", "true")
    monkeypatch.setenv("CARO_MODEL", str(path))
    _, out, _ = caro("model", "list")
    assert "\n* polly.gguf" in out
    assert f"\n  It is {path}\n" in out


def test_what_is_wrong_in_ones_own_list_is_said_and_costs_that_entry(caro):
    with (caro_home() / "models.toml").open("a") as file:
        file.write("\n[[model]]\nid = 'broken'\nfile = 7\n")
    code, out, err = caro("model", "list")
    assert code == 0
    assert err.startswith(f"caro: {caro_home()}/models.toml: the model broken is left out: ")
    assert "broken" not in out
    assert "\n  old " in out


@pytest.mark.parametrize(
    ("preferred", "enabled", "named"),
    [("ollama", True, True), ("auto", True, True), ("ollama", False, False), ("embedded", True, False)],
)
def test_a_server_that_is_asked_first_is_named(caro, preferred, enabled, named):
    install("old")
    write_config(f"backend.preferred = '{preferred}'\nbackend.ollama.enabled = {str(enabled).lower()}")
    below = "ollama is asked before any of these (backend.preferred)."
    assert (below in caro("model", "list")[1]) is named
    after = "ollama is asked first (backend.preferred); this model by: caro -b embedded WORDS"
    assert (after in caro("model", "use", "old")[1]) is named


def test_a_form_that_is_asked_for_and_not_here_is_said(caro):
    install("old")
    write_config("backend.embedded.variant = 'mlx'")
    _, out, _ = caro("model", "list")
    assert re.search(r"^  But: .*(caro model convert old|MLX is not installed)", out, re.MULTILINE)


KEYS = {
    "id", "title", "file", "size", "sha256", "licence", "context", "chat", "form", "quality", "short",
    "same_as", "adapter", "pinned", "sources", "state", "path", "verified", "fetched", "in_use", "why",
    "measured"}  # fmt: skip


def test_json_has_everything(caro):
    install("old")
    measured.note("old", tokens_per_s=38.4, press_s=0.43, right=2, of=24)
    found = listed(caro)
    assert all(set(entry) == KEYS for entry in found.values())
    old, new = found["old"], found["new"]
    assert (old["state"], old["path"], old["in_use"]) == ("installed", str(on_disk("old")), True)
    assert old["size"] == on_disk("old").stat().st_size
    assert old["measured"] == {
        "tokens_per_s": 38.4, "press_s": 0.43, "right": 2, "of": 24, "when": old["measured"]["when"],
    }  # fmt: skip
    assert (new["state"], new["path"], new["in_use"], new["why"]) == ("available", None, False, None)
    assert new["sources"] == ["aviary/new on the hub"]
    assert [entry["id"] for entry in found.values() if entry["in_use"]] == ["old"]


# -- info, path, verify


def test_info_says_all_and_what_to_do(caro):
    install("old", "new")
    code, out, _ = caro("model", "info", "n")
    assert code == 0
    assert re.search(r"^model +new, or n$", out, re.MULTILINE)
    assert re.search(r"^licence +CC0-1.0$", out, re.MULTILINE)
    assert re.search(r"^SHA-256 +stated by the source, and pinned, with the first pull$", out, re.MULTILINE)
    assert re.search(r"^to use it +once: caro -m n WORDS; from now on: caro model use n$", out, re.MULTILINE)
    assert re.search(
        r"^to use it +caro model pull prose$|caro model pull p$", caro("model", "info", "p")[1], re.MULTILINE
    )
    assert json.loads(caro("model", "info", "new", "--json")[1])["id"] == "new"


def test_info_without_a_name_is_about_the_one_in_use(caro):
    install("old")
    _, out, _ = caro("model", "info")
    assert re.search(
        r"^state +in use: it is the best installed \(model_quality = standard\)", out, re.MULTILINE
    )


def test_path_prints_only_the_path(caro):
    install("old")
    assert caro("model", "path") == (0, f"{on_disk('old')}\n", "")
    code, out, err = caro("model", "path", "new")
    assert (code, out) == (1, "")
    assert "fetch it with: caro model pull new" in err


@pytest.mark.parametrize("action", ["info", "pull", "use", "upgrade", "verify", "remove", "path", "convert"])
def test_a_name_that_is_none_is_a_sentence_with_the_near_ones(caro, action):
    install("old")
    before = config()
    code, out, err = caro("model", action, "prosa")
    assert (code, out) == (1, "")
    assert err == "caro: there is no model prosa; do you mean prose? caro model list shows all there are\n"
    assert config() == before


def test_what_has_no_known_hash_cannot_be_verified_and_says_what_can_be_done(caro):
    install("old")
    code, _, err = caro("model", "verify")
    assert code == 1
    assert err.endswith("whether it can answer is shown by: caro model use old\n")


# -- use, rollback


def test_use_changes_the_file_once_the_model_has_answered(caro):
    install("old", "new")
    assert answer(caro) == "true"
    code, out, _ = caro("model", "use", "n")
    assert code == 0
    assert f'For "{WORDS}" new wrote, in ' in out
    assert "s: sort -u guests.txt\n" in out
    assert "new answers from now on.\nBack to old: caro model rollback\n" in out
    assert config() == '[backend.embedded]\nmodel = "new"\n'
    assert answer(caro) == "sort -u guests.txt"
    assert measured.of("new").tokens_per_s > 0


def test_use_takes_a_file_by_its_path_from_wherever_it_is(caro, tmp_path, monkeypatch):
    path = parrot(tmp_path / "mine" / "polly.gguf", "whoami")
    monkeypatch.chdir(path.parent)
    assert caro("model", "use", "polly.gguf")[0] == 0
    monkeypatch.chdir("/")
    assert answer(caro) == "whoami"


def test_rollback_goes_back_and_forth(caro):
    install("old", "new")
    write_config("# mine\nmodel_quality = 'high'\n")
    before = config()
    caro("model", "use", "new")
    code, out, _ = caro("model", "rollback")
    assert (code, out) == (0, "old answers again.\nForth to new: caro model rollback\n")
    assert config().startswith(before)
    assert "model = " not in config().replace(before, ""), "the best installed answers, as before"
    assert answer(caro) == "true"
    assert caro("model", "rollback")[1] == "new answers again.\nForth to old: caro model rollback\n"
    assert answer(caro) == "sort -u guests.txt"


def test_rollback_names_the_model_where_another_would_be_the_best_installed(caro):
    install("new")
    caro("model", "use", "new")
    write_config("")
    install("old")  # which stands first in the list
    caro("model", "use", "old")
    write_config("backend.embedded.model = 'new'")
    caro("model", "use", "old")
    caro("model", "rollback")
    assert answer(caro) == "sort -u guests.txt"


def test_with_nothing_to_go_back_to_rollback_says_so(caro):
    install("old")
    code, _, err = caro("model", "rollback")
    assert code == 1
    assert err.startswith("caro: there is no other model to go back to")


def test_rollback_to_a_model_that_was_removed_says_how_to_get_it(caro):
    install("old", "new")
    caro("model", "use", "new")
    caro("model", "remove", "old")
    code, _, err = caro("model", "rollback")
    assert code == 1
    assert "fetch it with: caro model pull old" in err
    assert answer(caro) == "sort -u guests.txt"


def test_rollback_to_a_model_that_cannot_answer_any_longer_changes_nothing(caro):
    install("old", "new")
    caro("model", "use", "new")
    on_disk("old").write_bytes(on_disk("old").read_bytes()[:100_000])
    code, _, err = caro("model", "rollback")
    assert code == 1
    assert "is cut off" in err
    assert answer(caro) == "sort -u guests.txt"


def test_using_the_model_in_use_keeps_the_way_back(caro):
    install("old", "new")
    caro("model", "use", "new")
    assert "new answers from now on.\n" in caro("model", "use", "new")[1]
    caro("model", "rollback")
    assert answer(caro) == "true"


def test_use_says_what_wins_over_the_file(caro, monkeypatch):
    install("old", "new")
    monkeypatch.setenv("CARO_MODEL", "old")
    _, out, _ = caro("model", "use", "new")
    assert "The variable CARO_MODEL is set and wins over the file; unset it to go by that.\n" in out


def test_a_model_that_writes_no_command_may_be_used_and_is_told(caro):
    install("old", "prose")
    code, out, _ = caro("model", "use", "prose")
    assert code == 0
    assert f'prose loads and answers, but for "{WORDS}" it wrote no command.' in out


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    "damage",
    [
        os.remove,
        _cut,
        lambda path: os.truncate(path, 0),
        lambda path: path.write_text("<html>Please log in</html>"),
        lambda path: path.write_bytes(b"GGUF" + bytes(1000)),
    ],
    ids=["missing", "cut", "empty", "a web page", "zeros"],
)
def test_a_model_that_cannot_be_loaded_is_refused_and_the_old_one_answers(caro, damage):
    install("old", "new")
    write_config("backend.embedded.model = 'old'")
    before = config()
    damage(on_disk("new"))
    code, out, err = caro("model", "use", "new")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"(caro: trying new with one request\n)?caro: [^\n]*new[^\n]*; [^\n]*\n", err)
    assert config() == before
    assert answer(caro) == "true"


def test_a_file_of_settings_that_cannot_be_changed_stays_and_is_named(caro):
    install("old", "new")
    write_config("backend.embedded.model = 'old'")
    os.chmod(paths.config_file(), 0o400)
    code, _, err = caro("model", "use", "new")
    assert code == 2
    assert "is write-protected" in err
    assert answer(caro) == "true"


@pytest.mark.model
def test_a_real_model_is_tried_and_used(caro):
    file = find("smollm2").file
    (caro_home() / "models").mkdir()
    (caro_home() / "models" / file).symlink_to(MODELS / file)
    code, out, _ = caro("model", "use", "smollm2")
    assert code == 0
    assert re.search(rf'^For "{WORDS}" smollm2-135m-q4 wrote, in \d+\.\d s: \S', out)
    assert "smollm2-135m-q4 answers from now on." in out
    assert listed(caro)["smollm2-135m-q4"]["in_use"]


def test_a_url_brings_a_model_that_can_be_used_and_removed(caro, tmp_path, monkeypatch):
    parrot(tmp_path / "hub" / "someone" / "birds" / "polly.gguf", "whoami")
    with hub(str(tmp_path / "hub")) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        code, out, _ = caro("model", "pull", f"{served.url}/someone/birds/resolve/main/polly.gguf")
    assert code == 0
    assert f"polly is fetched and verified: {on_disk('polly')}\n" in out
    assert f"It stands in {caro_home()}/models.toml now, as polly.\n" in out
    assert caro("model", "use", "polly")[0] == 0
    assert answer(caro) == "whoami"
    assert caro("model", "remove", "-y", "polly")[0] == 0
    assert left() == ["pins.json"]


def test_a_pull_says_how_to_let_the_model_answer(caro, tmp_path, monkeypatch):
    install("old")
    offer(tmp_path / "hub", "new")
    with hub(str(tmp_path / "hub")) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        out = caro("model", "pull", "new")[1]
    assert out.endswith("\nLet it answer with: caro model use n\n")
    assert answer(caro) == "true"


# -- convert


@pytest.mark.slow
def test_a_converted_model_is_one_of_the_list_until_it_is_removed(caro):
    pytest.importorskip("mlx_lm")
    install("old")
    code, out, _ = caro("model", "convert", "old")
    assert code == 0
    assert f"old is converted, and writes what it wrote: {caro_home()}/models/old-mlx-converted\n" in out
    found = listed(caro)["old-mlx-converted"]
    assert (found["form"], found["same_as"], found["state"]) == ("mlx", "old", "installed")
    assert "\n  old-mlx-converted " in caro("model", "list")[1]
    assert caro("model", "remove", "old-mlx-converted")[0] == 0
    assert left() == ["old.gguf"]


# -- remove


def test_remove_frees_the_room_and_leaves_nothing(caro):
    install("old", "new")
    on_disk("new").with_name("new.gguf.part").write_bytes(bytes(1000))
    measured.note("new", press_s=0.4)
    code, out, _ = caro("model", "remove", "new")
    assert code == 0
    assert re.fullmatch(r"new is removed: 25\d kB freed\.\n", out)
    assert left() == ["old.gguf"]
    assert measured.of("new") is None


@pytest.mark.parametrize("named", [True, False])
def test_remove_asks_before_it_takes_the_model_in_use(caro, named):
    install("old", "new")
    if named:
        write_config("backend.embedded.model = 'old'")
    code, out, err = caro("model", "remove", "old", piped="")
    assert (code, out) == (1, "")
    assert "old is the model in use: without it the best of the others answers." in err
    assert "remove it without a question with: caro model remove -y old" in err
    assert on_disk("old").exists()
    code, out, _ = caro("model", "remove", "-y", "old")
    assert code == 0
    assert "new answers from now on" in out
    assert answer(caro) == "sort -u guests.txt"


def test_the_only_model_is_named_as_that(caro):
    install("old")
    _, _, err = caro("model", "remove", "old", piped="")
    assert "old is the only model here: without it nothing can answer." in err
    code, out, _ = caro("model", "remove", "-y", "old")
    assert code == 0
    assert "fetch one with: caro model pull" in out


def test_a_file_of_ones_own_is_left_alone(caro, tmp_path):
    path = parrot(tmp_path / "mine" / "pretty polly.gguf", "true")
    code, _, err = caro("model", "remove", "-y", str(path))
    assert code == 1
    assert f"which caro leaves alone; delete it yourself with: rm '{path}'" in err
    assert path.exists()


def test_an_installations_model_is_left_alone(caro, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    path = parrot(tmp_path / "models" / "old.gguf", "true")
    code, _, err = caro("model", "remove", "-y", "old")
    assert code == 1
    assert f"{path} belongs to the installation" in err
    assert path.exists()


def test_what_is_not_there_cannot_be_removed(caro):
    code, _, err = caro("model", "remove", "new")
    assert code == 1
    assert err == "caro: nothing of new is on this disk; caro model list shows what is\n"


# -- help


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_teaches_with_an_example_that_fits(caro, action):
    code, out, err = caro("model", action, "--help")
    assert (code, err) == (0, "")
    example = out.partition("\nexample:\n")[2]
    assert f"caro model {action}" in example
    assert max(map(len, out.splitlines())) <= 82
    assert set(ACTIONS) == set(command._ACTIONS)


@pytest.mark.parametrize("argv", [[], ["push"], ["use"], ["remove"], ["pull", "one", "two"]])
def test_usage(caro, argv):
    code, out, err = caro("model", *argv)
    assert (code, out) == (2, "")
    assert err.startswith("usage: caro model")


def test_the_verb_names_what_can_be_done(caro):
    _, out, _ = caro("--help")
    assert re.search(rf"^  caro model +{re.escape(cli.VERBS['model'])}$", out, re.MULTILINE)
