"""What is made for a training, and of one: its data, and the adapter's file; and a very short training."""

# ruff: noqa: PLC0415 - the scripts lie in no package; they are found once a fixture has said where

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest

from caro_shell import chat
from caro_shell.bank.pairs import Pair
from caro_shell.convert.ggufmodel import GgufModel
from caro_shell.prompt import make_prompt
from tests import gguf_files

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _at_hand(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "models" / "train"))


def pair(words, command, table="common"):
    return Pair(words, command, table)


@pytest.mark.parametrize(
    ("words", "command", "reason"),
    [
        ("count the lines of every python file here", "wc -l *.py", None),
        ("count the lines of every\npython file", "wc -l *.py", "several lines"),
        ("short", "ls", "length"),
        ("list all the files of the folder", "ls path/to/folder", "placeholder"),
        ("search foo in all the files here", "grep -r foo .", "placeholder"),
        ("use the option for long lists here", "ls -l", "no plain request"),
        ("ls all the files with their sizes", "ls -l", "request names the command"),
        ("print the names of all files", "ls -l '", "cannot be read"),
        ("open the file notes.txt to change it", "vim notes.txt", "unwanted program"),
        ("turn the frobnicator on for all", "frobnicate-it --all", "unknown program"),
        ("remove what was built the last time", "rm old_build", "unknown program"),
        ("count the lines of the report", "wc -l file", "names what the request does not"),
        ("count the lines of notes.txt", "wc -l docs/notes.txt", None),
        ("count the lines of the report", "wc -l rep_2.csv", "names what the request does not"),
        ("look at the newest messages there are", "sudo ls /var/log", "sudo unasked"),
    ],
)
def test_noise_is_told_from_pairs_to_learn_from(words, command, reason):
    import selection

    assert selection.noise(pair(words, command), frozenset({"wc", "ls", "grep", "vim"})) == reason


def test_what_the_shell_or_the_check_of_answers_refuses_is_a_fault():
    import selection

    assert selection.fault(pair("names of the files", "for name in *; echo $name")) == "bash -n"
    assert selection.fault(pair("lines of notes.txt", "wc -l other.txt")) == "caro's check (words)"
    assert selection.fault(pair("lines of notes.txt", "wc -l notes.txt")) is None


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("Count the LINES of a.log", "true"),
        ("please count the lines of a.log", "true"),
        ("something quite different", "wc -l 'a.log'"),
        ("something quite different", "sort notes.txt | uniq -cd | sort -rn"),
    ],
)
def test_pairs_like_a_text_to_keep_away_from_are_left_out(words, command):
    import selection

    texts = ["count the lines of a.log", "wc -l a.log", "sort notes.txt | uniq -c | sort -rn"]
    taken: Counter[str] = Counter()
    far = pair("who is logged in at the moment", "who")
    assert selection.kept_away([pair(words, command), far], texts, taken, "bank") == [far]
    assert taken["bank: like a text to keep away from"] == 1


def test_of_pairs_like_each_other_the_first_stays_and_no_program_has_more_than_its_share():
    import selection

    chance = random.Random(0)
    names = ["".join(chance.choices("abcdefghijklm", k=9)) for _ in range(400)]
    many = [pair(f"{name[::-1]} {name}.txt lines", f"wc -l {name}.txt") for name in names]
    twice = pair(f"{names[0][::-1]} {names[0]}.txt lines!", f"wc -l  {names[0]}.txt")
    found = selection.select(
        [*many, twice], [pair("how long is it", "wc -l a")], [], 200, random.Random(0), Counter()
    )
    assert twice not in found
    assert len(found) == 12
    assert all(one.command.startswith("wc") for one in found)


def test_the_same_seed_gives_the_same_data_and_no_command_is_in_both_parts(tmp_path, own_home, monkeypatch):
    import dataset

    bank = tmp_path / "bank"
    bank.mkdir()
    lines = [f'"wc -l file{n}.txt" = ["lines of file{n}.txt", "how long is file{n}.txt"]' for n in range(60)]
    lines.append('"date +%F" = ["the date of today", "what day is it"]')
    (bank / "a.toml").write_text("[common]\n" + "\n".join(lines))
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps({"nl": "show the current calendar week", "cmd": "date +%V"}) + "\n")
    written = []
    for name in ("one.jsonl", "two.jsonl"):
        given = {
            "--bank": bank,
            "--pairs": pairs,
            "--output": tmp_path / name,
            "--held-out": 7,
            "--requests": 2,
        }
        arguments = [str(part) for option in given.items() for part in option]
        monkeypatch.setattr(sys, "argv", ["dataset.py", *arguments])
        dataset.main()
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    rows = [json.loads(line) for line in written[0].splitlines()]
    held = [row["turns"][-1] for row in rows if row["held_out"]]
    learned = [turn for row in rows if not row["held_out"] for turn in row["turns"]]
    assert len(held) + len(learned) == 123
    assert 7 <= len(held) <= 8
    assert not {command for _, command in held} & {command for _, command in learned}
    assert all(len({command for _, command in row["turns"]}) == len(row["turns"]) for row in rows)


def test_what_comes_near_stands_in_one_conversation_the_nearest_last():
    import conversations

    def row(words, command, platform="linux"):
        return conversations.Row(words, command, "bash", platform, "bank")

    rows = [row("far", "a"), row("seed", "b"), row("same", "b"), row("near", "c"), row("mac", "d", "darwin")]
    vectors = np.array([[0, 1], [1, 0], [1, 0], [0.8, 0.6], [1, 0]], np.float32)
    found = conversations.grouped(rows, vectors, [0, 0, 1], random.Random(0))
    assert Counter(turn.words for one in found for turn in one.turns) == Counter(one.words for one in rows)
    assert {one.platform: len(one.turns) for one in found if one.platform == "darwin"} == {"darwin": 1}
    apart = conversations.held(rows, [0, 1], vectors, 2)
    assert [turn.words for turn in apart[0].turns] == ["far"]
    assert [turn.words for turn in apart[1].turns] == ["near", "seed"]


def test_a_text_is_the_prompt_of_a_key_press_with_its_answer():
    import batches

    renderer = batches.Renderer("chatml", chat.chatml, lambda text, special: [special, *map(ord, text)])
    turns = [("show it all", "ls -a"), ("show files", "ls")]
    row = {"turns": turns, "shell": "bash", "platform": "linux", "held_out": False}
    text = renderer.text(row)

    def said(tokens):
        return "".join(chr(token) for token in tokens if token > 1)

    assert [said(text.tokens[start:end]) for start, end in text.answers] == [
        "ls -a<|im_end|>",
        "ls<|im_end|>",
    ]
    pressed = replace(make_prompt("show files", "bash", "linux"), nearest=tuple(turns[:1]))
    asked = "".join(piece.text for piece in chat.chatml(pressed).request)
    assert said(text.tokens[: text.answers[1][0]]) == asked
    assert renderer.text({**row, "held_out": True}).answers == text.answers[1:]
    whole = chat.chatml(make_prompt("show files", "bash", "linux")).prefix[0].text
    assert said(renderer.beginning("bash", "linux", bare=False)) == whole
    assert whole.startswith(said(renderer.beginning("bash", "linux", bare=True)))


def test_every_pair_is_trained_once_an_epoch_in_an_order_that_the_seed_says():
    import batches

    renderer = batches.Renderer("chatml", chat.chatml, lambda text, _special: list(map(ord, text)))
    rows = [
        {"turns": [[f"do it {n}", f"do {n}"]], "shell": "bash", "platform": place, "held_out": False}
        for n, place in enumerate(["linux"] * 20 + ["darwin"] * 5)
    ]
    settings = {"epochs": 2, "size": 8, "bare": 0.3}
    found = batches.steps(rows, renderer, seed=1, **settings)
    assert found == batches.steps(rows, renderer, seed=1, **settings)
    assert found != batches.steps(rows, renderer, seed=2, **settings)
    assert Counter(text for step in found for text in step.texts) == Counter(
        {renderer.text(row): 2 for row in rows}
    )


def test_parts_hold_texts_of_like_length_and_no_more_tokens_than_said():
    import batches

    texts = [batches.Text((0,) * length, ((1, length),)) for length in (10, 90, 30, 35, 80, 12)]
    found = list(batches.parts(texts, 180))
    assert [[len(text.tokens) for text in part] for part in found] == [[90, 80], [35, 30, 12, 10]]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_an_adapter_has_the_keys_and_the_tensors_that_llama_cpp_looks_for(tmp_path, kind):
    import adapter
    import rowsorder

    model, saved, output = tmp_path / "model.gguf", tmp_path / "peft", tmp_path / "adapter.gguf"
    gguf_files.model(model)
    width, feed, heads = gguf_files.WIDTH, gguf_files.FEED, gguf_files.HEADS
    layer = "base_model.model.model.layers.0."
    numbers = np.random.default_rng(0)
    arrays = {
        f"{layer}self_attn.q_proj.lora_A.weight": numbers.standard_normal((4, width)),
        f"{layer}self_attn.q_proj.lora_B.weight": numbers.standard_normal((width, 4)),
        f"{layer}mlp.down_proj.lora_A.weight": numbers.standard_normal((4, feed)),
        f"{layer}mlp.down_proj.lora_B.weight": numbers.standard_normal((width, 4)),
    }
    arrays = {name: array.astype(np.float16).astype(np.float32) for name, array in arrays.items()}
    saved.mkdir()
    (saved / "adapter_config.json").write_text(json.dumps({"lora_alpha": 8, "r": 4, "bias": "none"}))
    _write_safetensors(saved / "adapter_model.safetensors", arrays)
    adapter.convert(saved, model, output, kind)
    read = GgufModel(str(output))
    assert read.text("general.type") == "adapter"
    assert read.text("adapter.type") == "lora"
    assert read.kind == "llama"
    assert read.number("adapter.lora.alpha") == 8
    found = {tensor.name: tensor for tensor in gguf.GGUFReader(output).tensors}
    assert sorted(found) == [
        "blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b",
        "blk.0.ffn_down.weight.lora_a", "blk.0.ffn_down.weight.lora_b",
    ]  # fmt: skip
    assert list(found["blk.0.ffn_down.weight.lora_a"].shape) == [feed, 4]  # the row's length comes first
    assert (found["blk.0.ffn_down.weight.lora_b"].data == arrays[f"{layer}mlp.down_proj.lora_B.weight"]).all()
    turned = found["blk.0.attn_q.weight.lora_b"].data
    assert (rowsorder.in_halves(turned, heads) == arrays[f"{layer}self_attn.q_proj.lora_B.weight"]).all()
    # A head's first row stays, and the first of its second half comes next.
    assert (turned[1] == arrays[f"{layer}self_attn.q_proj.lora_B.weight"][width // heads // 2]).all()


def test_an_adapter_for_another_model_is_refused(tmp_path):
    import adapter

    gguf_files.model(tmp_path / "model.gguf")
    base = GgufModel(str(tmp_path / "model.gguf"))
    name = "base_model.model.model.layers.0.mlp.down_proj.lora_A.weight"
    with pytest.raises(ValueError, match="does not fit"):
        adapter.renamed({name: np.zeros((4, 7), np.float32)}, base)
    with pytest.raises(ValueError, match="nothing that"):
        adapter.renamed({name.replace("layers.0", "layers.9"): np.zeros((4, 7), np.float32)}, base)


def test_bfloat16_is_read_to_the_bit(tmp_path):
    import adapter

    numbers = np.array([[1.0, -2.5], [3.140625, 1e-30]], np.float32)
    upper = (numbers.view("<u4") >> 16).astype("<u2")
    _write_safetensors(tmp_path / "a.safetensors", {"x": upper}, kind="BF16")
    found = adapter.read(tmp_path / "a.safetensors")["x"]
    assert (found.view("<u4") >> 16 == upper).all()
    assert found[0].tolist() == [1.0, -2.5]


# With torch


def test_what_another_training_held_out_is_not_learned_in_a_later_one(tmp_path):
    import dataset
    from conversations import Row

    lines = [
        {"turns": [["a", "b"], ["Sort it!", "sort"]], "held_out": True},
        {"turns": [["x", "y"]], "held_out": False},
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    held = dataset.held_before(tmp_path / "data.jsonl")
    assert [json.loads(line) for line in held] == lines[:1]
    rows = [Row(words, command, "bash", "linux", "bank") for words, command in
            (("sort it", "sort -u"), ("another", "sort"), ("a", "b"), ("x", "y"))]  # fmt: skip
    assert [row.words for row in dataset.without(rows, held)] == ["a", "x"]


@pytest.fixture
def rebuilt(tmp_path):
    """Return a small GGUF model and the directory of the same one for transformers."""
    pytest.importorskip("torch")
    pytest.importorskip("peft")
    import weights

    gguf_files.model(tmp_path / "model.gguf")
    weights.rebuild(tmp_path / "model.gguf", tmp_path / "base")
    return tmp_path / "model.gguf", tmp_path / "base"


def _train(directory, base, *arguments, minutes="inf"):
    rows = [
        {"turns": [["do nothing", "true"], [f"do it {n}", f"do {n}"]], "shell": "bash", "platform": "linux",
         "held_out": n < 2}
        for n in range(34)
    ]  # fmt: skip
    (directory / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [sys.executable, str(ROOT / "models/train/lora.py"), base, directory / "data.jsonl"]
    command += [directory / "out", "--batch", "8", "--rate", "0.02", "--bare", "1", "--threads", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*map(str, command), *arguments, "--minutes", minutes],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_texts_behind_a_shared_prefix_are_what_they_are_behind_their_own(rebuilt):
    import sharedprefix
    import torch
    import transformers

    load = transformers.AutoModelForCausalLM.from_pretrained
    shared = load(rebuilt[1], dtype=torch.float32, attn_implementation=sharedprefix.ATTENTION).model
    plain = load(rebuilt[1], dtype=torch.float32).model
    torch.manual_seed(0)
    prefix, texts = torch.randint(0, 300, (40,)), torch.randint(0, 300, (3, 9))
    with torch.no_grad():
        kept = sharedprefix.evaluate_prefix(shared, prefix.tolist())
        found = sharedprefix.hidden_states(shared, texts, kept)
        expected = plain(torch.cat((prefix.expand(3, -1), texts), 1)).last_hidden_state[:, 40:]
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.slow
def test_a_training_that_was_broken_off_goes_on_and_ends_as_if_it_had_not_been(rebuilt, tmp_path):
    import adapter

    first, second = tmp_path / "whole", tmp_path / "broken"
    first.mkdir()
    second.mkdir()
    done = _train(first, rebuilt[1], "--checkpoint-minutes", "0")
    assert done.returncode == 0, done.stderr
    assert "4 steps" in done.stdout
    _train(second, rebuilt[1], "--checkpoint-minutes", "0", "--end-behind", "2")
    again = _train(second, rebuilt[1], "--checkpoint-minutes", "0")
    assert "going on behind step 2" in again.stdout
    left, right = (adapter.read(place / "out/adapter/adapter_model.safetensors") for place in (first, second))
    assert all((left[name] == right[name]).all() for name in left)
    curve = (first / "out/curve.csv").read_text().splitlines()
    losses = [float(line.split(",")[4]) for line in curve[1:]]
    assert losses[-1] < losses[0]
    other = _train(first, rebuilt[1], "--rank", "4")
    assert other.returncode == 1
    assert "other arguments" in other.stderr


@pytest.mark.slow
def test_a_training_starts_from_what_another_has_learned(rebuilt, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert _train(first, rebuilt[1], "--epochs", "4").returncode == 0
    done = _train(second, rebuilt[1], "--start-from", str(first / "out"))
    assert done.returncode == 0, done.stderr
    curves = [(place / "out/curve.csv").read_text().splitlines() for place in (first, second)]
    began, ended = (float(line.split(",")[4]) for line in (curves[1][1], curves[0][-1]))
    assert began == pytest.approx(ended, rel=0.02)
    other = _train(tmp_path, rebuilt[1], "--start-from", str(first / "out"), "--rank", "4")
    assert other.returncode == 1
    assert "another --rank" in other.stderr


@pytest.mark.slow
def test_llama_cpp_says_with_the_adapter_what_transformers_says(rebuilt, tmp_path):
    import adapter
    import agreement

    model, base = rebuilt
    assert _train(tmp_path, base, "--epochs", "4").returncode == 0
    saved, output = tmp_path / "out/adapter", tmp_path / "adapter.gguf"
    adapter.convert(saved, model, output)
    prompts = agreement.prompts_for(base)
    plain, adapted = agreement.of_transformers(base, saved, prompts)
    here = [agreement.of_llama_cpp(model, path, prompts) for path in (None, output)]
    for logits in zip(plain, adapted, *here):
        found = agreement.compared(*logits)
        assert found["change"] > 8 * found["plain_apart"]
        assert agreement.agrees(found)


def _write_safetensors(path, arrays, kind="F32"):
    header, data = {}, b""
    for name, array in arrays.items():
        part = array.tobytes()
        header[name] = {
            "dtype": kind,
            "shape": array.shape,
            "data_offsets": [len(data), len(data) + len(part)],
        }
        data += part
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
