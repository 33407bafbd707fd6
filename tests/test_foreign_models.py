"""Files that are no model for caro, really given to llama.cpp: a sentence each, and the old model goes on."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import struct
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

import pytest

from caro_shell import pressure
from caro_shell.backends.embedded import modelfile
from caro_shell.backends.llamacpp.loadfailures import meaning
from caro_shell.catalog import File, disk, find, pins
from caro_shell.config import Config
from caro_shell.errors import (
    BackendError,
    BackendUnavailable,
    CaroError,
    ModelDamaged,
    ModelError,
    ModelMissing,
)
from caro_shell.prompt import Prompt, make_prompt
from caro_shell.protocol import Status
from tests import gguf_files
from tests.daemons import REAL, ask, caro_home, running, write_config
from tests.machine import GB, MB, Machine
from tests.person import Person
from tests.until import PATIENCE_S

pytestmark = pytest.mark.model

MODELS = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home")) / "models"
TINY = "SmolLM2-135M-Instruct.Q4_1.gguf"

FETCH = "; fetch it again, or choose another: caro model list"
CHOOSE = "; choose another: caro model list"
DAMAGED = " is damaged, or not made for this llama.cpp ("
DIES = f"{DAMAGED}which dies of it: GGML_ASSERT(*) failed){FETCH}"
NO_FORMAT = (
    " was taught no chat format that caro knows (chatml, llama3, phi3, plain); name one for it in "
    "HOME/models.toml (chat = 'plain' suits a model that only continues text), or "
    "choose another: caro model list"
)
UPDATE = "; update caro, or choose another: caro model list"

Maker = Callable[[Path], object]


def sound(**amiss: Any) -> Maker:
    """Write a model with that amiss."""
    return lambda path: gguf_files.model(path, **amiss)


def with_values(**values: Any) -> Maker:
    """Write a model that says of itself what is given, with `__` for a full stop."""
    changed = {key.replace("__", "."): value for key, value in values.items()}
    return lambda path: gguf_files.model(path, **changed)


def data(content: bytes) -> Maker:
    return lambda path: path.write_bytes(content)


def cut(size: int) -> Maker:
    """Write a model and cut it to `size` bytes, or by that many where negative."""

    def make(path: Path) -> None:
        whole = gguf_files.model(path).read_bytes()
        path.write_bytes(whole[:size])

    return make


def patched(offset: int, content: bytes) -> Maker:
    """Write a model and then other bytes into it."""
    return lambda path: gguf_files.patch(gguf_files.model(path), offset, content)


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.gguf", "GGUF")


def weights(content: bytes) -> Maker:
    """Write a model whose weights are `content` again and again."""

    def make(path: Path) -> None:
        size = gguf_files.WEIGHTS_SIZE
        gguf_files.patch(gguf_files.model(path), -size, content * (size // len(content)))

    return make


def huge(path: Path) -> None:
    """Write a model that claims a terabyte; the disk has only its beginning."""
    os.truncate(gguf_files.model(path), 1 << 40)


def header(pairs: bytes, tensors: int = 0, count: int = 1) -> Maker:
    """Write a header, as hostile as one likes."""
    return data(b"GGUF" + struct.pack("<Iqq", 3, tensors, count) + pairs)


def pair(key: bytes, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(key)) + key + struct.pack("<I", kind) + value


SAFETENSORS = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
TOKENS = gguf_files.metadata()["tokenizer.ggml.tokens"]
END_IN_TEXT = [token.replace("im_end", "no_end") for token in TOKENS]

#: How each file is made, and what is said of it behind its name.
FILES: dict[str, tuple[Maker, str]] = {
    # No GGUF file at all.
    "zeros": (data(bytes(1 << 20)), f" begins with zeros, so it was not written to its end{FETCH}"),
    "a web page": (
        data(b"\xef\xbb\xbf<!DOCTYPE html><html>Sign in</html>"),
        f" is a web page, perhaps one to sign in at or a proxy's, and not the model{FETCH}",
    ),
    "an error": (
        data(b'{"error": "Repository not found"}'),
        f" is a text in JSON, perhaps a server's error, and not the model{FETCH}",
    ),
    "a pointer": (
        data(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1117320768\n"),
        " only stands for a model in git; fetch the model itself with: git lfs pull",
    ),
    "an archive": (zipped, " is an archive; unpack it, and name the .gguf file that was in it"),
    "safetensors": (
        data(struct.pack("<Q", len(SAFETENSORS)) + SAFETENSORS + bytes(8)),
        f" holds weights as safetensors, which llama.cpp does not read; get them as GGUF, or {CHOOSE[2:]}",
    ),
    "an old format": (
        data(b"tjgg" + bytes(500)),
        f" is in a format of 2023 that llama.cpp reads no more; get the model as GGUF, or {CHOOSE[2:]}",
    ),
    "noise": (
        data(bytes(range(7, 256)) * 300),
        f" is not a GGUF file, which a model for llama.cpp is{FETCH}",
    ),
    # Not all of one.
    "3 bytes": (cut(3), f" is cut off{FETCH}"),
    "10 bytes": (cut(10), f" is cut off{FETCH}"),
    "cut in the vocabulary": (cut(3000), f" is cut off{FETCH}"),
    "cut in the weights": (cut(-60_000), f" is cut off{FETCH}"),
    "a byte less": (cut(-1), f" is cut off{FETCH}"),
    "weights of zeros": (weights(bytes(4)), f" holds weights that say nothing, as zeros do{FETCH}"),
    "weights of no numbers": (weights(b"\xff" * 4), f" holds weights that say nothing, as zeros do{FETCH}"),
    # One that this llama.cpp cannot read.
    "version 1": (patched(4, b"\1"), f" is in an old version of GGUF that is read no more{FETCH}"),
    "version 4": (patched(4, b"\4"), f" is in version 4 of GGUF, newer than llama.cpp{UPDATE}"),
    "big-endian": (sound(big_endian=True), f" was made for big-endian machines{CHOOSE}"),
    "an unknown architecture": (
        sound(architecture="moonlander"),
        f" is of a kind that llama.cpp does not know (moonlander){UPDATE}",
    ),
    "no architecture": (
        sound(without=("general.architecture",)),
        f" does not say what kind of model it is{FETCH}",
    ),
    "an unknown vocabulary": (
        with_values(tokenizer__ggml__model="martian"),
        f" cuts text into tokens in a way that llama.cpp does not know (martian){UPDATE}",
    ),
    "an unknown way to words": (
        with_values(tokenizer__ggml__pre="martian"),
        f" cuts text into tokens in a way that llama.cpp does not know (martian){UPDATE}",
    ),
    # Parts of one.
    "no vocabulary": (sound(without=("tokenizer",)), f" holds no vocabulary{CHOOSE}"),
    "no tokens": (sound(without=("tokenizer.ggml.tokens",)), f" holds no vocabulary{CHOOSE}"),
    "a vocabulary of none": (
        sound(
            without=("tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges"),
            **{"tokenizer.ggml.model": "none"},
        ),
        f" holds no vocabulary{CHOOSE}",
    ),
    "an adapter": (
        sound(without=("llama.",)),
        f" holds only a part of a model, an adapter perhaps (llama.context_length is missing){CHOOSE}",
    ),
    "eyes": (sound(architecture="clip"), f" is only the part of a model that sees pictures{CHOOSE}"),
    "one of three": (
        with_values(split__count=3, split__no=0),
        " is one of several parts; keep all of them in one directory, and name the first",
    ),
    "a missing tensor": (
        sound(no_tensor="blk.0.ffn_up.weight"),
        f"{DAMAGED}tensor 'blk.0.ffn_up.weight' not found){FETCH}",
    ),
    # Headers that lie.
    "a billion pairs": (
        header(b"", tensors=1 << 62, count=1 << 62),
        f"{DAMAGED}number of tensors is 4611686018427387904 but must be in *){FETCH}",
    ),
    "a negative count": (
        header(b"", tensors=-1),
        f"{DAMAGED}number of tensors is -1 but must be in *){FETCH}",
    ),
    "an endless key": (
        header(struct.pack("<Q", 1 << 63) + b"k"),
        f"{DAMAGED}string length 9223372036854775808 exceeds maximum *){FETCH}",
    ),
    "an endless list": (header(pair(b"k", 9, struct.pack("<IQ", 4, 1 << 62))), f" is cut off{FETCH}"),
    "lists in lists": (
        header(pair(b"k", 9, struct.pack("<IQ", 9, 1) * 100_000)),
        f"{DAMAGED}key 'k' has invalid GGUF type 9){FETCH}",
    ),
    "an unknown type": (
        header(pair(b"k", 99, bytes(64))),
        f"{DAMAGED}key 'k' has invalid GGUF type 99){FETCH}",
    ),
    # What llama.cpp would end the daemon for.
    "more layers than there may be": (
        with_values(llama__block_count=4_000_000_000),
        DIES,
    ),
    "more experts than there may be": (
        with_values(llama__expert_count=100_000),
        DIES,
    ),
    "one token for all": (
        with_values(tokenizer__ggml__tokens=["a"] * gguf_files.TOKENS),
        DIES,
    ),
    "a norm of nothing": (
        with_values(llama__attention__layer_norm_rms_epsilon=float("nan")),
        DIES,
    ),
    "a vocabulary that lacks characters": (
        sound(
            without=("tokenizer.ggml.merges",),
            **{"tokenizer.ggml.model": "llama", "tokenizer.ggml.scores": [0.0] * gguf_files.TOKENS},
        ),
        f"{DAMAGED}which dies of it: *){FETCH}",
    ),
    # Sound, and of no use to caro.
    "no chat format": (
        sound(without=("tokenizer.chat_template",)),
        NO_FORMAT,
    ),
    "a chat format of its own": (
        with_values(tokenizer__chat_template="[INST] {{ words }} [/INST]"),
        NO_FORMAT,
    ),
    "no end of a turn": (
        with_values(tokenizer__ggml__tokens=END_IN_TEXT),
        (
            " has no token that ends an answer (<|im_end|> in the chat format chatml); "
            f"name another format for it in HOME/models.toml, or {CHOOSE[2:]}"
        ),
    ),
    "an embedding model": (
        with_values(llama__pooling_type=3),
        f" was made to compare or translate texts, not to go on with them{CHOOSE}",
    ),
    "BERT": (gguf_files.bert, f" was made to compare or translate texts, not to go on with them{CHOOSE}"),
    "Mamba": (
        gguf_files.mamba,
        f" cannot return to what it has read before (mamba), which caro needs{CHOOSE}",
    ),
    "a short memory": (
        with_values(llama__context_length=512),
        f" takes in 512 tokens at once, and caro needs 2048{CHOOSE}",
    ),
}


@pytest.fixture
def trial() -> ModuleType:
    """Return the module of that name; it brings the library, which is heavy."""
    from caro_shell.backends.llamacpp import trial  # noqa: PLC0415

    return trial


def sentence(path: Path, kind: type[CaroError] = CaroError) -> str:
    """Return what opening the model at `path` is refused with."""
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

    with pytest.raises(kind) as caught:
        LlamaCppBackend(Config(model=str(path)))
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_what_is_said_of_a_file_that_is_of_no_use(tmp_path, name):
    make, said = FILES[name]
    path = tmp_path / "model.gguf"
    make(path)
    expected = re.escape(f"{path}{said}".replace("HOME", str(caro_home()))).replace(r"\*", ".*")
    assert re.fullmatch(expected, sentence(path, ModelError))


def test_a_sound_one_is_opened(tmp_path):
    """Or else all of the above might be refused for another reason."""
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415

    LlamaCppBackend(Config(model=str(gguf_files.model(tmp_path / "model.gguf")))).close()


def test_an_empty_file(tmp_path):
    path = tmp_path / "model.gguf"
    path.touch()
    assert sentence(path, ModelDamaged) == f"{path} is damaged (it is empty); put the whole file there"
    with pytest.raises(ModelDamaged, match=re.escape(f"{path} is empty{FETCH}")):
        modelfile.check(str(path))


def test_what_is_no_file(tmp_path):
    path = tmp_path / "model.gguf"
    with pytest.raises(ModelMissing, match=re.escape(f"there is no file {path}{CHOOSE}")):
        modelfile.check(str(path))
    with pytest.raises(ModelDamaged, match=r"is a directory and no model; name a \.gguf file, or choose"):
        modelfile.check(str(tmp_path))
    os.mkfifo(path)
    for odd in (path, "/dev/zero"):
        with pytest.raises(ModelDamaged, match="is a device, a pipe or a socket and no model"):
            modelfile.check(str(odd))


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Be somebody who may not read everything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_file_that_may_not_be_read():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)  # nobody is to come that far
        path = gguf_files.model(Path(directory) / "model.gguf")
        path.chmod(0)
        expected = re.escape(f"{path} cannot be read (Permission denied); see to its permissions")
        with as_nobody(), pytest.raises(ModelDamaged, match=expected):
            modelfile.check(str(path))


@pytest.mark.skipif(sys.platform != "linux", reason="a file that cannot be read comes from Linux's /proc")
def test_a_disk_that_fails():
    """Of this process's memory nothing lies at its beginning."""
    expected = re.escape(f"/proc/self/mem cannot be read (Input/output error){FETCH}")
    with pytest.raises(ModelDamaged, match=expected):
        modelfile.check("/proc/self/mem")


def test_what_llama_cpp_keeps_to_itself():
    lines = ["load: failed to load model", "llama_model_loader: failed to load model from x.gguf"]
    assert meaning(lines) == f"is damaged, or not made for this llama.cpp{FETCH}"


# -- memory


def test_a_model_too_big_for_memory_is_not_loaded(tmp_path):
    path = tmp_path / "model.gguf"
    huge(path)
    said = sentence(path, BackendUnavailable)
    assert re.fullmatch(
        r"model\.gguf needs about 1099\.72 GB of memory, and there are [\d.]+ [MG]B in all; "
        "use a smaller model: caro model list",
        said,
    )


@pytest.mark.parametrize("limit", ["machine", "group"])
def test_room_for_the_cache_counts(tmp_path, monkeypatch, limit):
    """The file is small, and what it wants to remember is not."""
    path = gguf_files.remembering(tmp_path / "model.gguf")
    machine = Machine(tmp_path / "machine")
    monkeypatch.setattr(pressure, "available", functools.partial(pressure.available, str(machine.root)))
    free = 260 * MB  # room for the buffers
    if limit == "machine":
        machine.memory(total=16 * GB, available=free)
    else:
        machine.group("/a", used=4 * GB, max=4 * GB + free)
    assert re.match(r"model\.gguf needs about 4\d\d MB of memory, and 273 MB are free; close", sentence(path))


@pytest.mark.parametrize("limit", ["machine", "group"])
def test_the_file_itself_need_not_be_free_but_fit(tmp_path, monkeypatch, limit):
    """Its pages can be dropped and read again."""
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

    path = gguf_files.model(tmp_path / "model.gguf")
    os.truncate(path, 300 * MB)
    machine = Machine(tmp_path / "machine")
    for name in ("available", "total"):
        figure = functools.partial(getattr(pressure, name), str(machine.root))
        monkeypatch.setattr(pressure, name, figure)

    def set_up(total: int) -> None:
        if limit == "machine":
            machine.memory(total=total, available=260 * MB)
        else:
            machine.group("/a", used=total - 260 * MB, max=total)

    set_up(4 * GB)
    LlamaCppBackend(Config(model=str(path))).close()
    set_up(480 * MB)
    said = r"model\.gguf needs about 52\d MB of memory, and there are 503 MB in all; use a smaller model"
    assert re.match(said, sentence(path, BackendUnavailable))


def test_a_model_that_cannot_hold_the_examples_is_told_from_a_line_that_is_too_long(tmp_path):
    """To this one each letter is a token."""
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

    backend = LlamaCppBackend(Config(model=str(gguf_files.model(tmp_path / "model.gguf"))))
    said = rf"model\.gguf cannot hold caro's examples: to it they are \d{{4}} tokens, of 2048 in all{CHOOSE}"
    try:
        with pytest.raises(BackendError, match=said):
            backend.prepare(make_prompt("", "bash"), Person())
        few = Prompt("", (("a", "b"),), "word " * 99)
        with pytest.raises(BackendError, match="the line is too long for the model; say it in fewer words"):
            backend.complete(few, Person())
    finally:
        backend.close()


# -- a model that nobody vouches for


def own_entry(path: Path, **values: str) -> None:
    """Write a list of one's own with the model `mine` at `path` in it."""
    caro_home().mkdir(exist_ok=True)
    lines = [f"{key} = '{value}'" for key, value in {"id": "mine", "file": path, **values}.items()]
    (caro_home() / "models.toml").write_text("\n".join(["[[model]]", *lines, ""]))


@pytest.mark.parametrize("stated_by", ["its source", "the person"])
def test_a_hash_that_is_not_caros_own_does_not_vouch_for_a_file(models, stated_by):
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

    models.mkdir(parents=True)
    path = gguf_files.model(models / "mine.gguf")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if stated_by == "the person":
        own_entry(Path(path.name), sha256=digest)
    else:
        own_entry(Path(path.name))
        pins.keep("mine", pins.Pin("hub", "2026-11-23", (File("mine.gguf", path.stat().st_size, digest),)))
    disk.mark_verified(str(path), find("mine"))
    assert disk.verified(str(path), find("mine"))
    LlamaCppBackend(Config(model="mine")).close()
    assert len(tries()) == 1


def test_a_hash_of_caros_own_catalogue_does(models):
    from caro_shell.backends.llamacpp import LlamaCppBackend  # noqa: PLC0415 - the library is heavy

    models.mkdir(parents=True)
    (models / TINY).symlink_to(MODELS / TINY)
    disk.mark_verified(str(models / TINY), find("smollm2"))
    LlamaCppBackend(Config(model="smollm2")).close()
    assert tries() == []


def tries() -> list[Path]:
    return sorted((caro_home() / "cache").glob("tried-*"))


def test_a_file_is_tried_once_and_again_when_it_has_changed(tmp_path, monkeypatch, trial):
    path = gguf_files.model(tmp_path / "model.gguf")
    trial.undergo(str(path))
    (first,) = tries()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/bin/false")
        trial.undergo(str(path))
    os.utime(path, (1, 1))
    trial.undergo(str(path))
    assert len(tries()) == 2
    assert first in tries()


def test_a_file_that_did_not_pass_is_tried_again(tmp_path, trial):
    path = tmp_path / "model.gguf"
    FILES["one token for all"][0](path)
    for _ in range(2):
        with pytest.raises(ModelDamaged, match="which dies of it"):
            trial.undergo(str(path))
    assert tries() == []


@pytest.mark.parametrize("ending", ["kill -KILL $$", None])
def test_a_child_that_has_no_memory(tmp_path, monkeypatch, ending, trial):
    """The kernel ends it, or does not let it begin."""
    path = gguf_files.model(tmp_path / "model.gguf")
    program = tmp_path / "python"
    if ending:
        program.write_text(f"#!/bin/sh\n{ending}\n")
        program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(BackendUnavailable, match=r"not enough memory to run model\.gguf; close"):
        trial.undergo(str(path))


@pytest.fixture
def child(tmp_path, monkeypatch):
    """Return a function that puts a script in the place of the child."""
    program = tmp_path / "python"

    def put(text: str) -> None:
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)

    monkeypatch.setattr(sys, "executable", str(program))
    return put


def test_a_child_that_comes_to_no_end(tmp_path, monkeypatch, child, trial):
    path = gguf_files.model(tmp_path / "model.gguf")
    monkeypatch.setattr(trial, "_LIMIT_S", 0.1)
    child("exec sleep 600")
    said = f"{path} was not loaded within 0 s; llama.cpp seems to hang on it{FETCH}"
    with pytest.raises(ModelDamaged, match=re.escape(said)):
        trial.undergo(str(path))
    assert tries() == []


@pytest.mark.parametrize("name", ["TERM", "HUP", "INT"])
def test_a_child_that_somebody_ends_says_nothing_of_the_file(tmp_path, child, trial, name):
    path = gguf_files.model(tmp_path / "model.gguf")
    child(f"kill -{name} $$; exec sleep 600")
    said = r"the trial of model\.gguf was ended from outside \(signal \d+\); try again"
    with pytest.raises(BackendUnavailable, match=said):
        trial.undergo(str(path))


@pytest.mark.parametrize("name", ["ABRT", "SEGV", "BUS", "FPE", "ILL"])
def test_a_child_that_dies_of_the_file(tmp_path, child, trial, name):
    path = gguf_files.model(tmp_path / "model.gguf")
    child(f"ulimit -c 0; kill -{name} $$")
    with pytest.raises(ModelDamaged, match=f"which dies of it: SIG{name}"):
        trial.undergo(str(path))


def test_a_child_that_fails_in_python_is_logged_and_says_nothing_of_the_file(tmp_path, child, trial, caplog):
    child("echo 'ImportError: no such thing' >&2; exit 1")
    trial.undergo(str(gguf_files.model(tmp_path / "model.gguf")))
    assert "its trial ended with 1: ImportError: no such thing" in caplog.text
    assert tries() == []


# -- the old model


def test_the_old_model_goes_on_answering(tmp_path, caro):
    """One bad file of each kind beside it; and then its own shrinks while it is in use."""
    old = tmp_path / "old.gguf"
    shutil.copy(MODELS / TINY, old)
    write_config(f"cache = false\n[backend.embedded]\nmodel = '{old}'\n[generation]\nmax_tokens = 20")
    question = {"kind": "rewrite", "shell": "bash", "line": "show the file a.txt"}
    kinds = [
        *("a web page", "cut in the weights", "an unknown architecture", "no vocabulary"),
        *("more layers than there may be", "no chat format", "an embedding model"),
    ]
    makers = {**{name: FILES[name][0] for name in kinds}, "too big": huge}
    with running(REAL) as daemon:
        answer = ask(**question)
        for number, (name, make) in enumerate(makers.items()):
            path = tmp_path / f"{number}.gguf"
            make(path)
            reply = ask(**question, **{"flag.backend.embedded.model": str(path)})
            assert reply["status"] == str(Status.MESSAGE), name
            assert path.name in reply["line"], name
            assert ask(**question)["line"] == answer["line"], f"after {name}"
        assert daemon.poll() is None
        os.truncate(old, 4096)  # what is mapped behind that is no more: the kernel's answer is SIGBUS
        code, _, said = caro("show the file b.txt")
        assert code == 1
        assert said.startswith("caro: the caro daemon ended while answering; try again (")
        assert daemon.wait(PATIENCE_S) == -signal.SIGBUS
    assert caro("show the file b.txt") == (1, "", f"caro: {old} is cut off{FETCH}\n")
