"""What larger models say, on its way from a server's stream to a command, an explanation and a confidence."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from caro_shell.backends.remote.ollama import OllamaBackend
from caro_shell.backends.remote.vllm import VllmBackend
from caro_shell.config import Config
from caro_shell.errors import NoCommandFound
from caro_shell.parse import NO_COMMAND, read_answer
from caro_shell.prompt import Prompt
from tests.person import Person
from tests.remote_server import says, serve, stream

PROMPT = Prompt("You write commands.", (("where am i", "pwd"),), "list the files")

#: Characters in a piece of the stream: tags, fences and words are cut anywhere.
PIECE = 5


class Reply(NamedTuple):
    """What a model says, and what is to become of it."""

    habit: str
    said: str
    command: str
    explanation: str | None = None
    confidence: float | None = None


REPLIES = [
    Reply("a bare command", "ls -la", "ls -la"),
    Reply("a blank first", " ls -la\n", "ls -la"),
    Reply("a fence", "```bash\nls -la\n```", "ls -la"),
    Reply("a fence that stays open", "```sh\nls -la", "ls -la"),
    Reply(
        "a fence in prose",
        "Sure! Here is a command that shows every file:\n\n```bash\nls -la\n```\n\n- `-a`: hidden ones\n",
        "ls -la",
    ),
    Reply("headings", "### Command\n\n```bash\nls -la\n```\n\n### Explanation\n\nShows all.", "ls -la"),
    Reply("prose behind", "ls -la\n\nThis shows every file, the hidden ones too.", "ls -la"),
    Reply("prose right behind", "ls -la\nThis shows every file, the hidden ones too.", "ls -la"),
    Reply("a comment behind", "ls -la  # every file", "ls -la"),
    Reply("a comment before", "# every file\nls -la", "ls -la"),
    Reply("a sentence with the command in it", "To count them, run `ls | wc -l` here.", "ls | wc -l"),
    Reply("backticks", "`ls -la`", "ls -la"),
    Reply("a thought", "<think>\nFiles.\n\nWould `dir` do?\n</think>\n\nls -la", "ls -la"),
    Reply("a thought of nothing", "<think>\n\n</think>\n\n```bash\nls -la\n```", "ls -la"),
    Reply("a thought that the prompt began", "Files, so ls.\n</think>\n\nls -la", "ls -la"),
    Reply("a prompt", "$ ls -la", "ls -la"),
    Reply("a session", "```console\n$ ls -a\n.  ..  a.txt\n```", "ls -a"),
    Reply("a prompt with a host", "```bash\nme@box:~$ df -h\n```", "df -h"),
    Reply("steps", "```bash\nmkdir -p b\ncd b\nmake\n```", "mkdir -p b && cd b && make"),
    Reply("a continued line", "find . -type f \\\n  -size +1G", "find . -type f -size +1G"),
    Reply("two ways", "```bash\nls | wc -l\n```\n\nor\n\n```bash\nfind . | wc -l\n```", "ls | wc -l"),
    Reply("a list", "1. `git add -A`\n2. `git status`", "git add -A"),
    Reply("labels", "Command: df -h\nExplanation: shows the free space.", "df -h", "shows the free space."),
    Reply("JSON", '{"command": "df", "explanation": "Room.", "confidence": 0.9}', "df", "Room.", 0.9),
    Reply("JSON with a comma too many", '{"command": "df", "explanation": "Room.",}', "df", "Room."),
    Reply("JSON in a fence", '```json\n{"command": "df -h", "confidence": 95}\n```', "df -h", None, 0.95),
    Reply("JSON in prose", 'Here you are:\n\n{"command": "df -h", "explanation": "Free."}', "df -h", "Free."),
    Reply("JSON behind a thought", '<think>As JSON.</think>{"command": "df -h"}', "df -h"),
    Reply("JSON with a confidence in words", '{"command": "df -h", "confidence": "high"}', "df -h"),
    Reply("a token of the turn's end", "ls -la<|im_end|>", "ls -la"),
    Reply("another one", "ls -la</s>", "ls -la"),
    Reply("tags", "<command>ls -la</command>", "ls -la"),
]  # fmt: skip

REFUSALS = [
    ("", NO_COMMAND),
    ("I'm sorry, but I can't help with that.", NO_COMMAND),
    ("<think>\nThe person wants", NO_COMMAND),
    ("Could you tell me which files you mean?", NO_COMMAND),
    ("```python\nimport os\n```", "the model answered in python, not with a command; try other words"),
    ("`ls\x1b[31m`", "the answer holds a character that cannot be seen (U+001B); nothing was changed"),
]


def pieces(text):
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def as_conversation(text):
    events = [{"choices": [{"delta": {"content": piece}, "finish_reason": None}]} for piece in pieces(text)]
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    return stream(
        *(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events), b"data: [DONE]\n\n"
    )


def as_ollamas(text):
    lines = [{"response": piece, "done": False} for piece in pieces(text)]
    lines.append({"response": "", "done": True})
    return stream(*(json.dumps(line).encode() + b"\n" for line in lines))


@pytest.fixture(scope="module", params=["vllm", "ollama"])
def answered(request):
    """Return a function from what a model says to what the backend makes of it."""
    with serve() as server:
        if request.param == "vllm":
            config = Config(vllm_url=server.url, vllm_model="mystery")
            backend, path, spoken = VllmBackend(config, {}), "/v1/chat/completions", as_conversation
        else:
            config = Config(ollama_url=server.url, ollama_model="mystery")
            backend, path, spoken = OllamaBackend(config, {}), "/api/generate", as_ollamas
        server.on("/api/version", says({"version": "0.33.0"}))

        def answer(text):
            server.on(path, spoken(text))
            return backend.complete(PROMPT, Person()).text

        yield answer
        backend.close()


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.habit)
def test_habit(answered, reply):
    answer = read_answer(answered(reply.said))
    assert answer[:3] == reply[2:]


@pytest.mark.parametrize(("said", "reason"), REFUSALS)
def test_what_holds_no_command(answered, said, reason):
    with pytest.raises(NoCommandFound) as caught:
        read_answer(answered(said))
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "said", ["ls\n\nRequest: where am i\nCommand: pwd", "ls\nRequest: where am i\nCommand: pwd"]
)
def test_a_request_of_the_models_own_making_is_not_answered(said):
    with serve() as server:
        server.on("/api/version", says({"version": "0.33.0"}))
        server.on("/api/generate", as_ollamas(said))
        backend = OllamaBackend(Config(ollama_url=server.url, ollama_model="mystery"), {})
        assert read_answer(backend.complete(PROMPT, Person()).text).command == "ls"
        backend.close()
