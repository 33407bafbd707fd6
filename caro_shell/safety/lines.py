"""The lines that a call gives to a shell: `sh -c`, `eval`, `ssh host '..'`, what is piped into `bash`."""

from __future__ import annotations

import itertools
import re

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety import ownlines
from caro_shell.safety.arguments import split
from caro_shell.safety.call import EVERY, UNKNOWN, Call, Word
from caro_shell.safety.found import found_by
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


def _of_program(call: Call) -> list[tuple[str, Word]]:  # noqa: C901
    program = call.program
    if program in _SHELLS:
        return _of_shell(call)
    if program in ("eval", "ssh", "watch"):
        words = call.words[call.texts[:1] == ("--",) :] if program == "eval" else _behind_host(call)
        words = tuple(itertools.dropwhile(lambda word: program == "ssh" and word.also, words))
        if program == "ssh" and not words and (text := read_text(call)):
            return [(text, call.name)]
        if words and all(not word.made_by or word.known for word in words):
            whole = " ".join(word.text for word in words)
            return (
                [(whole, Word(whole, words[0].start, words[-1].end))]
                if program == "eval"
                or len(words) == 1
                or any(re.search(r"[\s'\"]", word.text) for word in words)
                else []
            )
        return []
    taken = _taken(call)
    if taken is not None:
        return taken
    if program in ("su", "runuser", "script", "flock", "sg", "newgrp"):
        value = split(call.words, "-c --command -s --shell -u -g").values
        word = value.get("-c") or value.get("--command")
        if word is None and "--" in call.texts and "-c" in call.texts[:-1]:
            word = call.words[call.texts.index("-c") + 1]
        if word is None and program == "su" and (text := read_text(call)):
            return [(text, call.name)]
        return [(word.text, word)] if word else []
    if program == "trap" and call.words and call.texts[0] not in ("-", "-l", "-p"):
        word = call.words[call.texts[0] == "--" and len(call.words) > 1]
        return [(word.text, word)]
    if program in ("alias", "abbr"):
        return [(text.partition("=")[2], word) for word in call.words for text in (word.text,) if "=" in text]
    return []


def _taken(call: Call) -> list[tuple[str, Word]] | None:
    """Return the lines in the words or the input of programs that take some; None for others."""
    program = call.program
    if program in ("at", "batch"):
        file = split(call.words, "-f -q -t").values.get("-f")
        text = _from_substitution(file) if file and file.made_by else read_text(call)
        return None if text is None else [(text, call.name)]
    if program == "parallel":
        return [(text, Word(text, call.start, call.end)) for text in parallel_lines(call)]
    if program in _TAKES_LINES:
        operands = _behind_host(call)
        return [(word.text, word) for word in operands if " " in word.text or word.text == UNKNOWN]
    if program == "env" and call.texts[:1] and call.texts[0] in ("-S", "--split-string", "-vS"):
        return [(" ".join(call.texts[1:]), word) for word in call.words[1:2]]
    if program == "env" and call.texts[:1] and call.texts[0].startswith(("--split-string=", "-S")):
        return [(re.sub(r"^(?:-S|--split-string=)", "", " ".join(call.texts)), call.words[0])]
    if program in ("sudo", "newgrp", "source", "."):
        behind = _behind_host(call) if program == "sudo" else ()
        if (
            len(behind) == 1
            and " " in behind[0].text
            and {"-i", "-s", "--shell", "--login"} & set(call.texts)
        ):
            return [(behind[0].text, behind[0])]
        reads = {"-i", "-s"} & set(call.texts) and not _behind_host(call) if program == "sudo" else True
        text = read_text(call) if reads and program not in ("source", ".") else None
        if program in ("source", ".") and call.words:
            text = read_text(call) if call.texts[0] == "/dev/stdin" else _from_substitution(call.words[0])
        return [(text, call.name)] if text else None
    return None


#: Wrappers that take a whole line as one word, too.
_TAKES_LINES = ("hyperfine", "pdsh", "clush", "pssh", "parallel-ssh", "dsh", "autossh", "sem", "watchexec")
_SHELLS = (*SHELLS, *"rbash ash mksh zsh-5.9 csh tcsh yash posh osh nu xonsh elvish".split())


def _from_substitution(word: Word) -> str | None:
    """Return what `<(..)` gives, where that is known."""
    return printed(word.made_by[-1]) if word.made_by and word.text.startswith("/dev/fd/") else None


def given_to(call: Call) -> tuple[Word, ...]:
    """Return the words behind the line of `sh -c`: its $0, $1 and so on."""
    found = split(call.words, "-o -O --rcfile --init-file", ends=True)
    if call.program in _SHELLS and found.has("-s") and not found.has("-c"):
        return (call.name, *found.operands)
    return found.operands[1:] if call.program in _SHELLS and found.has("-c") else ()


def _behind_host(call: Call) -> tuple[Word, ...]:
    found = split(call.words, WRAPPERS[call.program].valued, ends=True)
    return found.operands[1:] if call.program == "ssh" else found.operands


def _of_shell(call: Call) -> list[tuple[str, Word]]:
    found = split(call.words, "-o -O --rcfile --init-file", ends=True)
    early = found.values.get("--rcfile") or found.values.get("--init-file")
    if early and (text := _from_substitution(early)) is not None:
        return [(text, early)]
    if found.has("-c", "--command"):
        if found.operands:
            first = found.operands[0]
            same = [
                word.text for word in found.operands if (word.start, word.end) == (first.start, first.end)
            ]
            whole = " ".join(same) if re.fullmatch(r"[\w./-]+", first.text) else first.text  # $c as one word
            return [(whole, first)]
        return []
    if found.operands and (text := _from_substitution(found.operands[0])) is not None:
        return [(text, found.operands[0])]
    if not found.operands or found.has("-s") or found.operands[0].text in ("-", "/dev/stdin"):
        text = read_text(call)
        if text is None:
            text = _generated(call)
        if text is not None:
            return [(text, call.name)]
    return []


def _generated(call: Call) -> str | None:
    """Return the lines that sed or awk makes of the names of files for a shell: `ls | sed 's/^/rm /' | sh`."""
    *before, last = call.stdin.calls or (None,)
    if last is None or not before or last.program not in ("sed", "awk", "gawk", "mawk"):
        return None
    found = re.fullmatch(r"s(\W)(?:\^|\(?\.\*\)?)?\1([^&\\]*?)(?:&|\\1)?([^&\\]*)\1g?", " ".join(last.texts))
    found = found or re.fullmatch(
        r"\{ *(print)f? *\"([^\"]*)\" *,? *\$\w+ *(?:\"([^\"]*)\")? *;? *\}", " ".join(last.texts)
    )
    listed = found_by(before[-1]) if found else None
    if found is None or not listed:
        return None
    before_it, behind_it = found[2], found[3] or ""
    if not before_it and "&" not in found[0] and "^" in found[0]:
        before_it, behind_it = behind_it, ""
    names = [word.text.replace("*", EVERY) if word.glob else word.text for word in listed]
    return "\n".join(f"{before_it}{name}{behind_it}".replace("\\n", "") for name in names)
