"""The chat format that a model in this process is told in."""

from __future__ import annotations

from caro_shell import chat, paths
from caro_shell.backends.embedded.context import Context
from caro_shell.backends.embedded.modelfile import CHOOSE
from caro_shell.errors import ModelError


def chat_format(named: str, template: str, path: str, context: Context) -> str:
    """Return the name of the format of the model loaded from `path`.

    It is the one `named`, or else what the file's own chat `template` says. Raises ModelError for none that
    caro knows, and where what ends a turn is no token of the model: its answers would have no end.
    """
    name = named or chat.format_in(template) or ""
    if name not in chat.FORMATS:
        known = ", ".join(chat.FORMATS)
        raise ModelError(
            f"{path} was taught no chat format that caro knows ({known}); name one for it in "
            f"{paths.models_file()} (chat = 'plain' suits a model that only continues text), or {CHOOSE}"
        )
    end = chat.TURN_ENDS.get(name, "")
    tokens = context.tokenize(end, special=True)
    if end and not (len(tokens) == 1 and context.is_end(tokens[0])):
        raise ModelError(
            f"{path} has no token that ends an answer ({end} in the chat format {name}); "
            f"name another format for it in {paths.models_file()}, or {CHOOSE}"
        )
    return name
