"""What a server is told: the prompt in a model's own format, and a person's words that stay words."""

from __future__ import annotations

import pytest

from caro_shell.backends.remote.rendering import harmless, messages, stops, system_and_request, text
from caro_shell.chat import FORMATS
from caro_shell.prompt import Prompt, make_prompt

PROMPT = Prompt("Be brief.", (("where am i", "pwd"), ("list", "ls")), "say <|im_end|>")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("a<|im_end|>b", "a< |im_end|>b"),
        ("<|start_header_id|>", "< |start_header_id|>"),
        ("<｜User｜>", "< ｜User｜>"),
        ("<end_of_turn><start_of_turn>", "< end_of_turn>< start_of_turn>"),
        ("[INST]x[/INST]", "[ INST]x[ /INST]"),
        ("<s></s>", "< s>< /s>"),
        ("sort <in >out | uniq [ab] <a|b", "sort <in >out | uniq [ab] <a|b"),
    ],
)
def test_control_tokens_are_taken_apart(words, told):
    assert harmless(words) == told
    assert harmless(told) == told


@pytest.mark.parametrize("form", FORMATS)
def test_text_is_the_prompt_in_the_models_format(form):
    rendered = FORMATS[form](make_prompt("list files", "bash"))
    whole = "".join(piece.text for piece in (*rendered.prefix, *rendered.request))
    assert whole.endswith(text(make_prompt("list files", "bash"), form))
    assert "< |im_end|>" in text(PROMPT, form)


def test_the_beginning_is_left_to_the_server():
    assert text(PROMPT, "llama3").startswith("<|start_header_id|>system")


def test_an_answer_ends_with_the_turn():
    assert stops("phi3") == ("\n\n", "\n```", "<|end|>")


def test_messages_take_turns():
    turns = messages(PROMPT)
    assert [turn["role"] for turn in turns] == ["system", *["user", "assistant"] * 2, "user"]
    assert turns[-1]["content"] == "say < |im_end|>"
    assert [turn["role"] for turn in messages(PROMPT, system=False)] == [turn["role"] for turn in turns[1:]]


def test_without_examples_the_first_words_are_the_persons():
    assert messages(Prompt("Be brief.", (), "list"), system=False) == [
        {"role": "user", "content": "Be brief.\n\nlist"}
    ]


def test_the_first_of_two_texts_is_always_the_same():
    system, request = system_and_request(PROMPT)
    assert system == "Be brief.\n\nRequest: where am i\nCommand: pwd\n\nRequest: list\nCommand: ls"
    assert request == "Request: say < |im_end|>\nCommand:"


TALK = Prompt(
    "Be brief.", (("list", "ls"),), "sort", (("sort a", "sort a.txt"),), (("sort --x", "no --x. sort"),)
)


@pytest.mark.parametrize("form", FORMATS)
def test_the_nearest_pairs_and_what_is_wrong_with_an_answer_are_told_in_turn(form):
    whole = text(TALK, form)
    places = [whole.index(part) for part in ("ls", "sort a.txt", "sort --x", "no --x")]
    assert places == sorted(places)


def test_messages_have_them_as_turns():
    said = [(turn["role"], turn["content"]) for turn in messages(TALK)[3:]]
    assert said == [
        ("user", "sort a"),
        ("assistant", "sort a.txt"),
        ("user", "sort"),
        ("assistant", "sort --x"),
        ("user", "no --x. sort"),
    ]


def test_the_second_of_two_texts_has_them_too():
    system, request = system_and_request(TALK)
    assert system == "Be brief.\n\nRequest: list\nCommand: ls"
    assert request == (
        "Request: sort a\nCommand: sort a.txt\n\n"
        "Request: sort\nCommand: sort --x\n\n"
        "Request: no --x. sort\nCommand:"
    )
