"""The peers of `peers.py`: what is installed of each, how it is set up, and the command its hook runs."""

from __future__ import annotations

import json
import os
import re
import subprocess

from peers_parts.peer import Peer
from peers_parts.server import SCRIPT, Server


class ShellGpt(Peer):
    """shell-gpt: the hook puts what `sgpt` prints into the line."""

    packages = ("shell-gpt==1.5.1", "click==8.5.1")  # it imports click, which its typer no longer brings
    called = "sgpt --shell"

    def __init__(self, bin_dir: str, env: dict[str, str], server: Server) -> None:
        """Name the server in its settings."""
        super().__init__(bin_dir, env, server)
        settings = {
            "API_BASE_URL": f"{server.address}/v1",
            "OPENAI_API_KEY": "none",
            "DEFAULT_MODEL": "local",
            "CACHE_PATH": os.path.join(self._home, "sgpt-cache"),  # both are in /tmp by default
            "CHAT_CACHE_PATH": os.path.join(self._home, "sgpt-chats"),
        }
        self._write(".config/shell_gpt/.sgptrc", "".join(f"{k}={v}\n" for k, v in settings.items()))

    def command(self, words: str) -> tuple[list[str], str | None]:
        """Return the hook's command, but with its cache of answers off, as caro's is."""
        return ["sgpt", "--shell", "--no-interaction", "--no-cache"], f"{words}\n"


class LlmCmdComp(Peer):
    """llm with the plugin llm-cmd-comp: it shows the command, and fills it in after an Enter."""

    packages = ("llm-cmd-comp==1.2.0", "llm==0.36")
    called = "llm cmdcomp"
    waits = re.compile(rb"leave blank to finish.*>", re.DOTALL)

    def __init__(self, bin_dir: str, env: dict[str, str], server: Server) -> None:
        """Make the server its default model."""
        super().__init__(bin_dir, env, server)
        model = f"- model_id: local\n  model_name: local\n  api_base: {server.address}/v1\n"
        settings = os.path.dirname(self._write("llm/extra-openai-models.yaml", model))
        self._write("llm/default_model.txt", "local")
        self.env["LLM_USER_PATH"] = settings

    def command(self, words: str) -> tuple[list[str], str | None]:
        """Return the hook's command."""
        return ["llm", "cmdcomp", words], None


class WhatIsIt(Peer):
    """whatisit: a command with a server of its own, here llama.cpp's with the same file as the others'."""

    packages = ("whatisit==0.5.0",)
    called = "whatisit -q"

    def __init__(self, bin_dir: str, env: dict[str, str], python: str, model_file: str, threads: int) -> None:
        """Register `model_file` and the server that `python` runs: it starts them at the first question."""
        data, settings = (os.path.join(env["HOME"], name) for name in ("data", "settings"))
        run = os.path.join(data, "whatisit", "run")
        own = Server(os.path.join(run, "server.sock"), os.path.join(run, "server.token"))
        super().__init__(bin_dir, env, own)
        self.env.update(XDG_DATA_HOME=data, XDG_CONFIG_HOME=settings)
        with open(SCRIPT, encoding="utf-8") as file:
            program = self._write("llama/llama-server", f"#!{python}\n{file.read()}", 0o700)
        # Half of the cores is its default, and once a day it asks the package index for a newer version.
        config = {"threads": threads, "update_check": False}
        self._write("settings/whatisit/config.json", json.dumps(config))
        setup = ["whatisit", "setup", "--model", model_file, "--bin-dir", os.path.dirname(program)]
        setup[0] = os.path.join(bin_dir, setup[0])
        subprocess.run(setup, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, check=True)

    def command(self, words: str) -> tuple[list[str], str | None]:
        """Return the command of the shell function that it installs."""
        return ["whatisit", "-q", "--", *words.split()], None
