"""Is the converted model the same one? Its tokens and its answer to a fixed prompt, beside llama.cpp's.

The tokens of some texts must be the same. The answer is compared token by token, each behind the ones that
llama.cpp wrote: each of those must be likely in MLX, too, at least half as likely as the likeliest. It need
not be the likeliest, because the two do not calculate alike (llama.cpp rounds what it multiplies with
quantised weights to 8 bits), and two tokens may be all but equally good. A model with a mistake in its
weights or positions writes something else altogether, from the first or second token on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from caro_shell import chat
from caro_shell.backends.embedded.context import Context
from caro_shell.backends.embedded.cores import physical_cores
from caro_shell.backends.llamacpp.context import LlamaContext
from caro_shell.backends.mlx.context import MlxContext
from caro_shell.errors import ModelError
from caro_shell.prompt import Prompt

#: What both are asked.
PROMPT = Prompt(
    "You write bash commands. Only the command: no explanation.",
    (("show the first ten lines of notes.txt", "head -n 10 notes.txt"), ("who am i", "whoami")),
    "list all files here, the newest first",
)
#: Tokens of the answer that are compared, and how many of the likeliest are looked at for each.
LENGTH, WIDTH = 24, 4
#: How likely llama.cpp's token must be, by the likeliest one.
LEAST = 0.5

#: Texts whose tokens must be the same: words and commands, numbers, blanks, other scripts, broken characters.
TEXTS = (
    "list the ten largest files here",
    "find . -type f -mtime -7 -name '*.py' -exec wc -l {} + | sort -rn | head -n 20",
    "I'm sure it's what WE'LL need, they'd've said; don't DON'T",
    "1 22 333 4444 55555 1234567890 3.14159 0x1F 10:45 ½ ² ١٢٣",
    "a  b   c\td\n\n  e\r\nf \n g   ",
    "Größe straße naïve café \u0301 Ελλάδα Россия 漢字かな 한국어 नमस्ते 🙂👩‍💻 \u00a0\u2009",
    "awk -F, '{s+=$3} END {printf \"%.2f\\n\", s/NR}' data.csv > out_2024-01-31.txt",
    "<|im_start|> <|im_end|> <|endoftext|> <tool_call>",
)


@dataclass(frozen=True)
class Expected:
    """What llama.cpp makes of the GGUF file: tokens of the texts, the prompt and its answer.

    `ends` are the tokens that end a turn.
    """

    texts: list[list[int]]
    prompt: list[int]
    answer: list[int]
    ends: list[int]


def of_llama_cpp(path: str, form: str, control: Sequence[int]) -> Expected:
    """Ask llama.cpp, in the chat format `form`; `control` are the tokens that may be an end.

    Raises ModelError or BackendError.
    """
    context = LlamaContext(path)
    try:
        context.use_threads(physical_cores())
        prompt = _tokens(context, form)
        ends = [token for token in control if context.is_end(token)]
        return Expected(_texts(context), prompt, _answer(context, prompt), ends)
    finally:
        context.close()


def check(directory: str, expected: Expected) -> None:
    """Compare the model in MLX form in `directory`; see above.

    Raises ModelError where it is not the same one, BackendError where MLX fails.
    """
    context = MlxContext(directory)
    try:
        for text, tokens in zip(TEXTS, expected.texts):
            if _both_ways(context, text) != tokens:
                raise ModelError(f"{_NOT_THE_SAME} (the tokens of {text[:30]!r}); {_NEXT}")
        context.evaluate(expected.prompt, sequence=0, start=0)
        for number, token in enumerate(expected.answer):
            likeliest = context.likeliest(-1, WIDTH)
            share = dict(likeliest).get(token, 0.0)
            if not share >= LEAST * likeliest[0][1]:  # nor if it is no number
                raise ModelError(f"{_NOT_THE_SAME} (token {number + 1} of its answer); {_NEXT}")
            context.evaluate([token], sequence=0, start=len(expected.prompt) + number)
    finally:
        context.close()


_NOT_THE_SAME = "the converted model does not answer as llama.cpp does, and was removed"
_NEXT = "update caro and its libraries, or use the GGUF model: backend.embedded.variant = cpu"


def _tokens(context: Context, form: str) -> list[int]:
    rendered = chat.FORMATS[form](PROMPT)
    pieces = (*rendered.prefix, *rendered.request)
    return [token for piece in pieces for token in context.tokenize(piece.text, special=piece.special)]


def _texts(context: Context) -> list[list[int]]:
    return [_both_ways(context, text) for text in TEXTS]


def _both_ways(context: Context, text: str) -> list[int]:
    """Return the tokens of `text`, with control tokens read as such and then as words."""
    return [token for special in (True, False) for token in context.tokenize(text, special=special)]


def _answer(context: Context, prompt: list[int]) -> list[int]:
    """Return what the model writes behind `prompt`, up to `LENGTH` tokens or the one that ends it."""
    context.evaluate(prompt, sequence=0, start=0)
    answer = [context.greedy()[0]]
    while len(answer) < LENGTH and not context.is_end(answer[-1]):
        context.evaluate(answer[-1:], sequence=0, start=len(prompt) + len(answer) - 1)
        answer.append(context.greedy()[0])
    return answer
