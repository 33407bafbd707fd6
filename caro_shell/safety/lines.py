"""The lines that a call gives to a shell: `sh -c`, `eval`, `ssh host '..'`, what is piped into `bash`."""

from __future__ import annotations

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety import ownlines
from caro_shell.safety.arguments import split
from caro_shell.safety.call import UNKNOWN, Call, Word
from caro_shell.safety.handed import handed
from caro_shell.safety.literals import shell_lines
from caro_shell.safety.output import printed, read_text
from caro_shell.safety.runners import WRAPPERS
from caro_shell.safety.snippets import snippets
from caro_shell.safety.wrappers import parallel_lines


def scripts(call: Call) -> list[tuple[str, Word]]:
    """Return the lines that `call` gives to a shell, or runs as one would, each with the word that it is in."""
    found = [*_of_program(call), *ownlines.lines(call), *handed(call)]
    for snippet in snippets(call):
        found += [(line, snippet.word) for line in shell_lines(snippet)]
    return found


def _of_program(call: Call) -> list[tuple[str, Word]]:
    program = call.program
    if program in (*SHELLS, "rbash", "ash", "mksh", "zsh-5.9"):
        return _of_shell(call)
    if program in ("eval", "ssh", "watch"):
        words = call.words if program == "eval" else _behind_host(call)
        if program == "ssh" and len(words) > 1:  # a loop may have put several hosts before the line
            words = words[next((at for at, word in enumerate(words) if " " in word.text), 0) :]
        if program == "ssh" and not words and call.stdin.text:
            return [(call.stdin.text, call.name)]
        if words and all(not word.made_by or word.known for word in words):
            whole = " ".join(word.text for word in words)
            return (
                [(whole, Word(whole, words[0].start, words[-1].end))]
                if program == "eval" or len(words) == 1
                else []
            )
        return []
    taken = _taken(call)
    if taken is not None:
        return taken
    if program in ("su", "runuser", "script", "flock", "sg", "newgrp"):
        value = split(call.words, "-c --command -s --shell -u -g").values
        word = value.get("-c") or value.get("--command")
        return [(word.text, word)] if word else []
    if program == "trap" and call.words and call.texts[0] not in ("-", "-l", "-p"):
        return [(call.words[0].text, call.words[0])]
    if program in ("alias", "abbr"):
        return [(text.partition("=")[2], word) for word in call.words for text in (word.text,) if "=" in text]
    return []


def _taken(call: Call) -> list[tuple[str, Word]] | None:
    """Return the lines in the words or the input of programs that take some; None for others."""
    program = call.program
    if program in ("at", "batch"):
        text = read_text(call)
        return None if text is None else [(text, call.name)]
    if program == "parallel":
        return [(text, Word(text, call.start, call.end)) for text in parallel_lines(call)]
    if program in _TAKES_LINES:
        operands = _behind_host(call)
        return [(word.text, word) for word in operands if " " in word.text or word.text == UNKNOWN]
    if program == "env" and call.texts[:1] and call.texts[0] in ("-S", "--split-string", "-vS"):
        return [(" ".join(call.texts[1:]), word) for word in call.words[1:2]]
    if program in ("sudo", "newgrp", "source", "."):
        reads = {"-i", "-s"} & set(call.texts) and not _behind_host(call) if program == "sudo" else True
        text = call.stdin.text if reads and program not in ("source", ".") else None
        if program in ("source", ".") and call.words:
            text = read_text(call) if call.texts[0] == "/dev/stdin" else _from_substitution(call.words[0])
        return [(text, call.name)] if text else None
    return None


#: Wrappers that take a whole line as one word, too.
_TAKES_LINES = ("hyperfine", "pdsh", "clush", "pssh", "parallel-ssh", "dsh")


def _from_substitution(word: Word) -> str | None:
    """Return what `<(..)` gives, where that is known."""
    return printed(word.made_by[-1]) if word.made_by and word.text.startswith("/dev/fd/") else None


def given_to(call: Call) -> tuple[Word, ...]:
    """Return the words behind the line of `sh -c`: its $0, $1 and so on."""
    found = split(call.words, "-o -O --rcfile --init-file", ends=True)
    return found.operands[1:] if call.program in SHELLS and found.has("-c") else ()


def _behind_host(call: Call) -> tuple[Word, ...]:
    found = split(call.words, WRAPPERS[call.program].valued, ends=True)
    return found.operands[1:] if call.program == "ssh" else found.operands


def _of_shell(call: Call) -> list[tuple[str, Word]]:
    found = split(call.words, "-o -O --rcfile --init-file", ends=True)
    if found.has("-c", "--command"):
        if found.operands:
            return [(found.operands[0].text, found.operands[0])]
        return []
    if found.operands and (text := _from_substitution(found.operands[0])) is not None:
        return [(text, found.operands[0])]
    if not found.operands or found.has("-s") or found.operands[0].text in ("-", "/dev/stdin"):
        text = read_text(call)
        if text is not None:
            return [(text, call.name)]
    return []
