"""Text to tokens and back, for a model in MLX form: its tokenizer.json, read as llama.cpp reads a GGUF's."""

from __future__ import annotations

import json
import os
from typing import Any

from tokenizers import Tokenizer

from caro_shell.errors import MlxFailed

#: What ends a turn in the formats that caro writes, or a text, whatever config.json says.
_ENDS = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<|endoftext|>", "<|end_of_text|>", "</s>")


class Tokens:
    """The tokens of the model in the directory `path`; `config` is what its config.json says."""

    def __init__(self, path: str, config: dict[str, Any]) -> None:
        """Read tokenizer.json. Raises MlxFailed."""
        file = os.path.join(path, "tokenizer.json")
        try:
            with open(file, encoding="utf-8") as source:
                text = source.read()
            self._tokenizer = Tokenizer.from_str(text)
            decoder = json.dumps(json.loads(text)["decoder"])
        except Exception as error:  # the library raises plain Exception
            raise MlxFailed(f"reading {file}: {error}") from error
        self._of_bytes = "ByteLevel" in decoder
        added = self._tokenizer.get_added_tokens_decoder()
        self._special = {token for token, about in added.items() if about.special}
        self._added: dict[int, str] = {token: about.content for token, about in added.items()}
        ends = config.get("eos_token_id")
        self._ends = {*(ends if isinstance(ends, list) else [ends])}
        self._ends |= {token for token in self._special if self._added[token] in _ENDS}

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of `text`; `special` reads control tokens like <|im_end|> as such."""
        self._tokenizer.encode_special_tokens = not special
        clean = text.encode("utf-8", "replace").decode()  # a lone surrogate is no text
        return list(self._tokenizer.encode(clean, add_special_tokens=False).ids)

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token, none for a control token; they may be part of a character."""
        if token in self._special:
            return b""
        if token in self._added:
            return self._added[token].encode()
        text = self._tokenizer.id_to_token(token) or ""
        if self._of_bytes:
            return bytes(_BYTES[character] for character in text)
        if len(text) == 6 and text.startswith("<0x"):
            return bytes([int(text[3:5], 16)])
        return text.replace("\u2581", " ").encode()  # SentencePiece's sign for a blank

    def is_end(self, token: int) -> bool:
        """Say whether `token` ends the model's turn."""
        return token in self._ends


def _byte_of_character() -> dict[str, int]:
    """Return the byte that each character of a byte-level vocabulary stands for, as GPT-2 began it.

    Printable bytes of Latin-1 stand for themselves, the others for the characters from U+0100 on.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(0x100) if byte not in printable]
    shifted = {chr(0x100 + number): byte for number, byte in enumerate(others)}
    return {**{chr(byte): byte for byte in printable}, **shifted}


_BYTES = _byte_of_character()
