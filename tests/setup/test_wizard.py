"""`caro init` on a terminal: what a newcomer sees and types. Without a terminal: test_init.py."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from tests.daemons import caro_home
from tests.remote_server import HOLD, refused, says, seen, stream
from tests.setup.wizard import (
    CTRL_C,
    CTRL_D,
    CTRL_U,
    ENTER,
    KEY,
    TAB,
    Wizard,
    play_ollama,
    play_vllm,
)

pytestmark = pytest.mark.slow

STOPPED = "caro: stopped; nothing was written"
FAR = "http://gpu.example:8000"


@pytest.fixture
def wizard(file: Path) -> Iterator[Callable[..., Wizard]]:
    """Return a function that starts `caro init`."""
    runs: list[Wizard] = []

    def start(*arguments: str, **options: object) -> Wizard:
        runs.append(Wizard(*arguments, **options))  # type: ignore[arg-type]
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def written(file: Path, text: str) -> bytes:
    file.write_text(text)
    file.chmod(0o600)
    return file.read_bytes()


def files() -> list[str]:
    return sorted(os.listdir(caro_home()))


def in_order(text: str, *parts: str) -> None:
    """Check that `text` holds the parts, one behind the other, wherever its lines are broken."""
    at, words = 0, " ".join(text.split())
    for part in (" ".join(part.split()) for part in parts):
        assert part in words[at:], f"no {part!r} in its place on this screen:\n{text}"
        at = words.index(part, at) + len(part)


# -- the way through


OLLAMA_SCREEN = """\
caro: who writes the commands?
  Nothing is written before you say so at the end; Ctrl-C leaves.

  The embedded model is not ready: the model qwen2.5-coder-1.5b-q4 is not on
  this disk; fetch it with: caro model pull qwen2.5-coder-1.5b-q4
  It works without a network, and no words leave this machine.

  A server can answer instead, with a larger model perhaps. While it cannot be
  reached, the embedded model answers.

  [1] Ollama
  [2] vLLM, or another server that speaks OpenAI's protocol
  [3] skip: the embedded model alone
  Your choice [3]: 1

Ollama
  URL [http://localhost:11434]: URL
  It has 3 models: llama3.2:3b, qwen2.5-coder:7b, qwen2.5-coder:1.5b
  Model (TAB completes) [qwen2.5-coder:7b]:
  It works. For "list files" qwen2.5-coder:7b wrote, in SECONDS s:
    ls -l

To be saved
  backend.preferred: "ollama"
  backend.ollama.enabled: true
  backend.ollama.url: "URL"
  backend.ollama.model: "qwen2.5-coder:7b"

  This goes into a new file, FILE, that only you can read.
  Save? (Y/n):
  Saved in FILE.

What to type now
  In zsh, bash or fish: type list files, then press Ctrl-G
  At any prompt:        caro list files
  Embedded, this once:  caro -b embedded list files
  Another choice:       caro init"""


def test_ollama(wizard, server, file):
    play_ollama(server)
    run = wizard()
    run.answer("Your choice [3]", "1")
    run.answer("URL", server.url)
    run.answer("Model")
    run.answer("Save?")
    assert run.status() == 0
    screen = run.text().replace(server.url, "URL").replace(str(file), "FILE")
    screen = re.sub(r"in \d+\.\d s", "in SECONDS s", screen)
    assert screen.split() == OLLAMA_SCREEN.split(), run.text()  # where lines break depends on the file's path
    assert file.read_text() == (
        '[backend]\npreferred = "ollama"\n\n'
        f'[backend.ollama]\nenabled = true\nurl = "{server.url}"\nmodel = "qwen2.5-coder:7b"\n'
    )
    assert file.stat().st_mode & 0o777 == 0o600


def test_vllm_with_the_name_of_the_variable_that_holds_the_key(wizard, server, file):
    play_vllm(server)
    run = wizard(MY_KEY=KEY)
    run.answer("Your choice [3]", "2")
    run.answer("URL [http://localhost:8000]", server.url)
    run.answer("Name of that variable, - for none [-]", "MY_KEY")
    run.answer("Model (TAB completes) [qwen2.5-coder]")
    run.answer("Save?")
    assert run.status() == 0
    in_order(
        run.text(),
        "A key, if it wants one, is read from an environment variable, never stored.",
        "It has one model: qwen2.5-coder\n",
        'It works. For "list files" qwen2.5-coder wrote, in ',
        "\n    ls -l\n",
        '  backend.vllm.api_key_env: "MY_KEY"\n',
        "MY_KEY must be exported where you type: in your shell's start-up file.",
    )
    assert file.read_text() == (
        '[backend]\npreferred = "vllm"\n\n'
        f'[backend.vllm]\nenabled = true\nurl = "{server.url}"\nmodel = "qwen2.5-coder"\n'
        'api_key_env = "MY_KEY"\n'
    )
    assert KEY.encode() not in run.raw
    assert all(KEY not in (caro_home() / name).read_text() for name in files())


def test_the_embedded_model_where_nothing_else_was_set_changes_nothing(wizard):
    run = wizard()
    run.answer("Your choice [3]")
    assert run.status() == 0
    in_order(
        run.text(),
        "There is nothing to change: that is how it is set already.",
        "What to type now",
        "First: the model qwen2.5-coder-1.5b-q4 is not on this disk; fetch it with: caro model\n  pull",
        "At any prompt:        caro list files",
    )
    assert files() == []


def test_the_embedded_model_instead_of_what_was_set(wizard, file):
    before = written(
        file,
        "# mine\n[backend]  # who\npreferred = 'vllm'\nollama.enabled = true\n"
        "[backend.vllm]\nenabled = false # off\nurl = 'http://localhost:9' # where\n[shell]\n",
    )
    run = wizard(columns=200)
    run.answer("Your choice [2]", "3")
    run.answer("Save?")
    assert run.status() == 0
    in_order(
        run.text(),
        '  backend.preferred: "vllm" -> "embedded"\n  backend.ollama.enabled: true -> false\n',
        f"Saved; what was there is kept in {file}.bak.",
    )
    assert file.read_bytes() == before.replace(b"'vllm'", b'"embedded"').replace(b"true", b"false")
    assert file.with_name("config.toml.bak").read_bytes() == before


def test_an_embedded_model_that_is_there_is_named(wizard, file):
    model = caro_home() / "mine.gguf"
    model.write_bytes(b"GGUF")
    written(file, f"backend.embedded.model = '{model}'")
    run = wizard(columns=200)
    run.wait_for_words(f"The embedded model is ready: {model}, 4 bytes.")


# -- answers that are mended


def test_a_wrong_url_and_then_the_right_one(wizard, server, file):
    play_ollama(server)
    with refused() as nobody:
        run = wizard()
        run.answer("Your choice", "1")
        run.answer("URL", "localhost")
        run.answer("URL [http://localhost:11434]: localhost", CTRL_U + nobody)
        run.answer("Your choice [1]")
        run.answer(f"URL [{nobody}]", server.url)
        run.answer("Model")
        run.answer("Save?")
        assert run.status() == 0
    in_order(
        run.text(),
        "  a URL is needed, with http:// or https:// and a port, as",
        "  Ollama does not run at 127.0.0.1:",
        "  [1] ask me again, to change an answer or to try the same\n",
        "  [2] keep these answers anyway\n  [3] stop\n",
        "It works.",
    )
    assert f'url = "{server.url}"' in file.read_text()


def test_a_server_that_cannot_be_reached_may_be_taken_all_the_same(wizard, file):
    with refused() as nobody:
        run = wizard()
        run.answer("Your choice", "1")
        run.answer("URL", nobody)
        run.answer("Your choice [1]", "2")
        run.answer("Model:", "mistral")
        run.answer("Save?")
        assert run.status() == 0
    assert f'url = "{nobody}"\nmodel = "mistral"' in file.read_text()
    assert "It works. For" not in run.text()


def test_a_wrong_key_and_then_the_right_one(wizard, server, file):
    play_vllm(server)
    run = wizard("--backend", "vllm", OLD_KEY="no", NEW_KEY=KEY)
    run.answer("URL", server.url)
    run.answer("Name of that variable", "OLD_KEY")
    run.answer("Your choice [1]", "1")
    run.answer(f"URL [{server.url}]")
    run.answer("Name of that variable, - for none [OLD_KEY]", "NEW_KEY")
    run.answer("Model")
    run.answer("Save?")
    assert run.status() == 0
    in_order(run.text(), "authentication failed at 127.0.0.1:", "the key in OLD_KEY", "It works.")
    assert [request.headers["authorization"] for request in server.requests[:2]] == [
        "Bearer no",
        f"Bearer {KEY}",
    ]
    assert 'api_key_env = "NEW_KEY"' in file.read_text()


def test_a_key_where_its_variable_is_asked_for_is_refused_and_goes_nowhere(wizard, server, file):
    play_vllm(server)
    run = wizard("--backend", "vllm")
    run.answer("URL", server.url)
    run.answer("Name of that variable", "sk-0123456789")
    run.asks("Name of that variable, - for none [-]: ")
    assert "keys are never stored" in run.text()
    run.answer("Name of that variable", "-")
    run.answer("Your choice [1]", "2")
    run.answer("Model", "m")
    run.answer("Save?")
    assert run.status() == 0
    assert 'api_key_env = ""' in file.read_text()
    assert all("sk-0123456789" not in (caro_home() / name).read_text() for name in files())
    assert all("authorization" not in request.headers for request in server.requests)


def test_what_the_server_says_to_the_request_is_said_and_the_answers_may_be_changed(wizard, server, file):
    play_ollama(server)
    server.on("/api/generate", says({"error": "model 'nope:latest' not found"}, 404))
    run = wizard("--backend", "ollama")
    run.answer("URL", server.url)
    run.answer("Model", "nope")
    run.asks("Your choice [1]")
    assert "Ollama has no model nope:latest" in run.text()
    play_ollama(server)
    run.answer("Your choice")
    run.answer("URL")
    run.answer("Model (TAB completes) [qwen2.5-coder:7b]")
    run.answer("Save?")
    assert run.status() == 0


def test_an_answer_that_is_no_command_is_said(wizard, server):
    play_ollama(server, command="I am sorry, I cannot help with that.")
    run = wizard("--backend", "ollama")
    run.answer("URL", server.url)
    run.answer("Model")
    run.answer("Your choice [1]", "3")
    assert run.status() == 130
    assert "no command" in run.text()


def test_an_ollama_without_a_model_is_told_how_to_get_one(wizard, server):
    play_ollama(server, models=())
    run = wizard("--backend", "ollama")
    run.answer("URL", server.url)
    run.asks("Your choice [1]")
    in_order(run.text(), "Ollama answers, but has no model yet; fetch one: ollama pull qwen2.5-coder:1.5b")


def test_a_file_that_cannot_be_written_may_be_mended_meanwhile(wizard, server, file):
    play_ollama(server)
    written(file, "[backend\n")
    run = wizard("--backend", "ollama")
    run.wait_for("is not valid TOML")
    run.answer("URL", server.url)
    run.answer("Model")
    run.answer("Save?")
    run.asks("Try again?")
    assert file.read_text() == "[backend\n"
    written(file, "[backend]\n")
    run.answer("Try again?")
    assert run.status() == 0
    assert 'preferred = "ollama"' in file.read_text()


# -- the model's name


def test_tab_completes_the_name_of_a_model(wizard, server, file):
    play_ollama(server)
    run = wizard("--backend", "ollama")
    run.answer("URL", server.url)
    run.asks("Model")
    run.press("lla" + TAB)
    run.asks("Model (TAB completes) [qwen2.5-coder:7b]: llama3.2:3b")
    run.press(CTRL_U + "coder" + TAB)
    run.wait_for(r"Model [^\n]*: coder\n +qwen2.5-coder:7b\n +qwen2.5-coder:1.5b$")
    run.press(TAB + TAB)
    run.asks("Model (TAB completes) [qwen2.5-coder:7b]: qwen2.5-coder:1.5b")
    run.answer("Model")
    run.answer("Save?")
    assert run.status() == 0
    assert 'model = "qwen2.5-coder:1.5b"' in file.read_text()


def test_many_models_are_not_all_named_and_what_could_not_be_seen_never_is(wizard, server):
    play_ollama(server, models=["bad\x1b[2J", *(f"m{number}:1b" for number in range(11))])
    run = wizard("--backend", "ollama")
    run.answer("URL", server.url)
    run.asks("Model (TAB completes) [m0:1b]")
    in_order(run.text(), "It has 11 models, among them: m0:1b, m1:1b, ", " m7:1b\n")
    assert b"\x1b[2J" not in run.raw
    assert "bad" not in run.text()


# -- leaving


QUESTIONS = ("choice", "URL", "variable", "agree", "choice after a failure", "model", "save", "try again")


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
@pytest.mark.parametrize("question", QUESTIONS)
def test_leaving_at_a_question_changes_nothing(wizard, server, file, question, key):
    play_vllm(server)
    before = written(
        file, "[backend\n" if question == "try again" else "# mine\n[backend.ollama]\nurl = 'http://[' # x\n"
    )
    run = wizard(http_proxy=server.url, VLLM_API_KEY=KEY if question in QUESTIONS[5:] else "")
    answers = [
        ("choice", "Your choice", "2"),
        ("URL", "URL", FAR if question == "agree" else server.url),
        ("variable", "Name of that variable", ""),
        ("agree", "Is that what you want?", ""),
        ("choice after a failure", "Your choice [1]", ""),
        ("model", "Model", ""),
        ("save", "Save?", ""),
        ("try again", "Try again?", ""),
    ]
    for name, text, answer in answers:
        if name == question:
            run.asks(text)
            run.press(key)
            break
        if name not in ("agree", "choice after a failure"):
            run.answer(text, answer)
    assert run.status() == 130
    assert run.text().endswith(STOPPED)
    assert file.read_bytes() == before
    assert [name for name in files() if not name.endswith(".lock")] == ["config.toml"]


@pytest.mark.parametrize("path", ["/api/tags", "/api/generate"])
def test_ctrl_c_while_the_server_is_waited_for(wizard, server, path):
    play_ollama(server)
    server.on(path, stream(HOLD))
    run = wizard("--backend", "ollama")
    run.answer("URL", server.url)
    if path == "/api/generate":
        run.answer("Model")
        run.wait_for("asking qwen2.5-coder:7b to list files")
    else:
        run.wait_for(f"asking {server.url}")
    assert seen(server.seen)
    run.press(CTRL_C)
    assert run.status() == 130
    assert run.text().endswith(STOPPED)
    assert files() == []


def test_no_is_an_answer_and_what_is_none_is_refused(wizard, file):
    before = written(file, "backend.preferred = 'auto'\n")
    run = wizard()
    run.answer("Your choice [3]", "4")
    run.answer("Your choice [3]", "3")
    run.answer("Save?", "perhaps")
    run.answer("Save?", "n")
    assert run.status() == 130
    in_order(run.text(), "type a number from 1 to 3, or Enter for 3", "type y for yes or n for no", STOPPED)
    assert file.read_bytes() == before


def test_an_impatient_enter_answers_no_question_and_leaves_the_screen_alone(wizard, server):
    play_ollama(server)
    answered = threading.Event()
    server.on("/api/generate", stream(answered, b'{"response": "ls -l", "done": true}\n'))
    run = wizard("--backend", "ollama", rows=12)  # so that the spinner is on the last row
    run.answer("URL", server.url)
    run.answer("Model")
    run.wait_for("asking qwen2.5-coder:7b to list files")
    run.press(ENTER + ENTER)
    run.wait_for("⠏ asking")  # some frames later
    assert run.text().count(" asking ") == 1
    answered.set()
    run.asks("Save?")
    run.press("n" + ENTER)
    assert run.status() == 130
    assert files() == []


# -- another machine


def test_words_go_to_another_machine_only_after_a_yes(wizard, server, file):
    play_ollama(server)
    run = wizard("--backend", "ollama", http_proxy=server.url)
    run.answer("URL", FAR)
    run.asks("Is that what you want? (y/N)")
    in_order(
        run.text(),
        "  Your words will leave this machine: they go to gpu.example:8000, and they can",
        "be read on the way, since it is not https.",
    )
    run.answer("Is that")
    assert server.requests == []
    run.answer(f"URL [{FAR}]")
    run.answer("Is that", "yes")
    run.answer("Model")
    run.answer("Save?")
    assert run.status() == 0
    assert server.requests[0].path == f"{FAR}/api/tags"
    assert f'url = "{FAR}"' in file.read_text()
    assert (caro_home() / "told").read_text() == f"{FAR}\n"


def test_a_key_that_can_be_read_on_the_way_is_said(wizard):
    run = wizard("--backend", "vllm", VLLM_API_KEY=KEY)
    run.answer("URL", FAR)
    run.answer("Name of that variable")
    run.wait_for_words("and they and the key can be read on the way")


def test_https_is_said_without_that(wizard):
    run = wizard("--backend", "ollama")
    run.answer("URL", "https://gpu.example")
    run.wait_for(r"Your words will leave this machine: they go to gpu.example\.\n")


# -- what is there already


CONFIG = """\
# mine
[backend]
preferred = "embedded"   # for now
[backend.ollama]
url = "{url}" # next room
model = "llama3.2:3b"
[shell] # keys
key = "alt-g"
"""


def test_what_is_set_is_proposed_and_all_else_in_the_file_kept(wizard, server, file):
    play_ollama(server)
    before = written(file, CONFIG.format(url=server.url))
    file.chmod(0o644)
    run = wizard()
    run.answer("Your choice [3]", "1")
    run.answer(f"URL [{server.url}]")
    run.answer("Model (TAB completes) [llama3.2:3b]")
    run.asks("Save?")
    in_order(
        run.text(),
        '  backend.preferred: "embedded" -> "ollama"\n  backend.ollama.enabled: true\n',
        "The rest of",
        "stays as it is.\n  Save?",
    )
    run.answer("Save?", "Y")
    assert run.status() == 0
    in_order(
        run.text(), "Saved; what was there is kept in", "It was open to others (mode 0644)", "press Alt-G"
    )
    expected = CONFIG.format(url=server.url).replace('"embedded"', '"ollama"')
    assert file.read_text() == expected.replace('3b"\n', '3b"\nenabled = true\n')
    assert file.with_name("config.toml.bak").read_bytes() == before
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_same_again_changes_nothing(wizard, server, file):
    play_ollama(server)
    before = written(
        file,
        "[backend]\npreferred = 'ollama'\n"
        f"ollama = {{ enabled = true, url = '{server.url}', model = 'llama3.2:3b' }}\n",
    )
    run = wizard()
    run.answer("Your choice [1]")
    run.answer("URL")
    run.answer("Model")
    assert run.status() == 0
    assert "There is nothing to change" in run.text()
    assert file.read_bytes() == before
    assert files() == ["config.toml"]


def test_a_key_in_the_file_itself_is_not_shown_and_is_replaced(wizard, server, file):
    play_vllm(server)
    written(file, f"backend.vllm.api_key_env = 'sk-{KEY}'\n")
    run = wizard("--backend", "vllm", VLLM_API_KEY=KEY)
    run.answer("URL", server.url)
    run.answer("Name of that variable, - for none [VLLM_API_KEY]")
    run.answer("Model")
    run.answer("Save?")
    assert run.status() == 0
    assert 'backend.vllm.api_key_env: a key, not shown -> "VLLM_API_KEY"' in run.text()
    assert KEY.encode() not in run.raw
    assert KEY not in file.read_text()


def test_a_password_in_the_file_itself_is_not_shown_and_is_removed(wizard, server, file):
    play_ollama(server)
    written(file, f"backend.ollama.url = '{server.url.replace('//', '//me:pa55@')}'\n")
    run = wizard("--backend", "ollama")
    run.answer(f"URL [{server.url}]")
    run.answer("Model")
    run.answer("Save?")
    assert run.status() == 0
    assert f'backend.ollama.url: one with a login, not shown -> "{server.url}"' in run.text()
    assert b"pa55" not in run.raw
    assert "pa55" not in file.read_text()


def test_the_usual_variable_of_a_key_is_proposed_where_it_is_set(wizard, server):
    run = wizard("--backend", "vllm", VLLM_API_KEY=KEY)
    run.answer("URL", server.url)
    run.asks("Name of that variable, - for none [VLLM_API_KEY]")


def test_the_usual_variable_of_a_key_is_proposed_where_the_file_names_it(wizard, server, file):
    written(file, "backend.vllm.api_key_env = 'VLLM_API_KEY'\n")
    run = wizard("--backend", "vllm")
    run.answer("URL", server.url)
    run.answer("Name of that variable, - for none [VLLM_API_KEY]")
    run.wait_for("VLLM_API_KEY is not set here, so no key is sent for now")


def test_a_host_and_port_are_taken_as_a_url(wizard, server, file):
    play_ollama(server)
    run = wizard("--backend", "ollama")
    run.answer("URL", server.url[7:])
    run.answer("Model")
    run.answer("Save?")
    assert run.status() == 0
    assert f'url = "{server.url}"' in file.read_text()


def test_ollama_host_is_proposed(wizard):
    run = wizard("--backend", "ollama", OLLAMA_HOST="127.0.0.1:9")
    run.asks("URL [http://127.0.0.1:9]")


def test_flags_are_proposed_on_a_terminal(wizard, server, file):
    play_vllm(server)
    run = wizard(
        "--backend", "vllm", "--url", server.url, "--model", "qwen2.5-coder", "--api-key-env", "K", K=KEY
    )
    run.answer(f"URL [{server.url}]")
    run.answer("Name of that variable, - for none [K]")
    run.answer("Model (TAB completes) [qwen2.5-coder]")
    run.answer("Save?")
    assert run.status() == 0
    assert 'api_key_env = "K"' in file.read_text()


def test_the_page_of_the_embedded_model(wizard, file):
    written(file, "backend.ollama.enabled = true\n")
    run = wizard("--backend", "embedded")
    run.answer("Save?")
    assert run.status() == 0
    assert file.read_text() == "backend.ollama.enabled = false\n"


def test_a_variable_that_wins_over_the_file_is_said(wizard):
    run = wizard(CARO_BACKEND="vllm")
    run.answer("Your choice [3]")
    assert run.status() == 0
    assert "The variable CARO_BACKEND is set and wins over the file" in run.text()


# -- the terminal


COLOUR = rb"\x1b\[(\d+;)*3\d(;\d+)*m"
NARROW = """
  The embedded model is not ready: the model
  qwen2.5-coder-1.5b-q4 is not on this disk; fetch it with:
  caro model pull qwen2.5-coder-1.5b-q4
  It works without a network, and no words leave this
  machine.
"""


def test_a_narrow_screen_without_utf8_or_colours(wizard, server):
    play_ollama(server)
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NO_COLOR": "1"}
    run = wizard(columns=60, **bare)
    run.answer("Your choice", "1")
    run.answer("URL", server.url)
    run.answer("Model")
    run.answer("Save?")
    assert run.status() == 0
    assert run.raw.isascii()
    assert not re.search(COLOUR, run.raw), "a colour"
    assert NARROW in run.text()


def test_colours_where_they_are_wanted(wizard):
    run = wizard()
    run.asks("Your choice")
    assert re.search(COLOUR, run.raw), "the model that is not ready"


def test_a_terminal_that_can_do_nothing(wizard, server):
    play_ollama(server)
    run = wizard("--backend", "ollama", TERM="dumb")
    run.answer("URL", server.url)
    run.answer("Model [qwen2.5-coder:7b]")
    run.answer("Save?")
    assert run.status() == 0
    assert f"  asking {server.url} for its models\n" in run.text()
    assert b"\x1b" not in run.raw


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_leaving_on_a_terminal_that_can_do_nothing(wizard, key):
    run = wizard(TERM="dumb")
    run.asks("Your choice")
    run.press(key)
    assert run.status() == 130
    assert run.text().endswith(f"\n{STOPPED}")
    assert files() == []
