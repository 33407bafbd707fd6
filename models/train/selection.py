"""Which pairs are good enough to learn from, and far enough from what is measured with."""

from __future__ import annotations

import random
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from caro_shell import check
from caro_shell.bank.pairs import Pair
from caro_shell.bench.likeness import Shingles, normalised
from caro_shell.check import line
from caro_shell.check.vocabulary import BUILTINS

#: Characters of a request and of a command that somebody would write on one line.
_WORDS, _COMMAND = (12, 160), (2, 140)
#: What stands for something that the reader is to fill in, and names that say nothing.
_PLACEHOLDER = re.compile(
    r"<\w[\w /-]*>|\{\{|\}\}|\[[A-Za-z]+ ?[A-Za-z]*\]|\bpath/to\b|/path/|\.\.\.|…|"
    r"\b(?:foo|bar|baz|qux|xyz|abc|your|example|username|whatever|something)\b",
    re.IGNORECASE,
)
#: How a request does not begin that is about one thing to do, and what is said of a command, not asked for.
_NO_REQUEST = re.compile(
    r"^(?:\(|as above|same as|this |see |note|(?:display|show|print) help|view documentation|tldr)|"
    r"\b(?:command|option|flag|argument|variable|alias for|specified|specific|given|specifying)\b|\$",
    re.IGNORECASE,
)
#: Words of a command that stand for something named elsewhere, unless the request has them, too.
_NAMED = re.compile(
    r".*_.*|[\w*-]+\.[a-z]\w*|file\d?|files|dir(?:ectory)?\d?|folder|host(?:name)?|user|group|url|uri|uuid|"
    r"pattern|string|text|name|package|command|program|process|remote|branch|commit|tag|key|value|device",
    re.IGNORECASE,
)
#: A path, or a long number, that somebody who reads the request alone cannot know; systems share some paths.
_PATH = re.compile(
    r"(?<![\w.])~\w*/[\w./-]+|(?<![\w.~])/(?!etc/|proc/|sys/|dev/|usr/|var/|tmp/)[\w.-]+(?:/[\w.-]+)+|\b\d{4,}\b"
)
#: Programs whose use here would be a lesson in something else: editors, dangerous ones, other languages.
_UNWANTED = frozenset(
    (
        "eval",
        "exec",
        "vim",
        "vi",
        "emacs",
        "nano",
        "dd",
        "mkfs",
        "shred",
        "python",
        "python3",
        "perl",
        "ruby",
        "php",
    )
)
#: From what share of common shingles on (Jaccard's index) two texts are alike.
_ALIKE_WORDS, _ALIKE_COMMANDS, _NEAR = 0.5, 0.6, 0.65
#: Pairs of one program among those selected: at most this share of them.
_SHARE = 0.06


def select(
    found: Iterable[Pair],
    bank: Sequence[Pair],
    texts: Sequence[str],
    most: int,
    chance: random.Random,
    taken: Counter[str],
) -> list[Pair]:
    """Return at most `most` of the pairs `found`: sound, unlike `texts` and each other, spread over programs.

    `bank` are pairs that are there already. `taken` counts what each filter took.
    """
    known = frozenset(program(pair.command) for pair in bank)
    commands, words = {pair.command for pair in bank}, {normalised(pair.words) for pair in bank}
    first = []
    for pair in found:
        fault = noise(pair, known)
        if fault is None and (pair.command in commands or normalised(pair.words) in words):
            fault = "said before"
        if not _counted(fault is not None, taken, f"other: {fault}"):
            commands.add(pair.command)
            words.add(normalised(pair.words))
            first.append(pair)
    chance.shuffle(first)
    return balanced(kept_away(first, texts, taken, "other"), most, taken)


def noise(pair: Pair, known: frozenset[str]) -> str | None:
    """Return why `pair` is not one to learn from, None where nothing speaks against it.

    `known` are the programs that people have: the bank's.
    """
    words, command = pair.words, pair.command
    if "\n" in command or not command.isprintable() or not words.isprintable():
        return "several lines"
    if not _WORDS[0] <= len(words) <= _WORDS[1] or not _COMMAND[0] <= len(command) <= _COMMAND[1]:
        return "length"
    if len(words.split()) < 3:
        return "length"
    if _PLACEHOLDER.search(command) or _PLACEHOLDER.search(words):
        return "placeholder"
    if _NO_REQUEST.search(words) or not words.isascii() or not command.isascii():
        return "no plain request"
    if words.startswith(command.split(" ")[0] + " ") or command in words or "`" in words + command:
        return "request names the command"
    if any(part not in words for part in _PATH.findall(command)):
        return "names what the request does not"
    if command.startswith("sudo") and "root" not in words:
        return "sudo unasked"
    read = line.read(command, _shell(pair))
    if read is None or not read.commands:
        return "cannot be read"
    for called in read.commands:
        name = called[0].text
        if name in _UNWANTED or command.startswith("#"):
            return "unwanted program"
        if name not in known and name not in BUILTINS["bash"]:
            return "unknown program"
        if any(_NAMED.fullmatch(part) and part.lower() not in words.lower() for part in _names(called[1:])):
            return "names what the request does not"
    return None


def _names(arguments: Iterable[line.Word]) -> Iterator[str]:
    """Yield the last parts of what `arguments` name, without the wildcards before them."""
    for argument in arguments:
        if not argument.text.startswith(("-", "/dev/", "$")):
            yield argument.text.rstrip("/").rpartition("/")[2].lstrip("*.")


def fault(pair: Pair) -> str | None:
    """Return what bash or caro's own check of an answer says against `pair`, None for nothing.

    Slower than `noise`: it starts bash, and the programs whose options are asked for.
    """
    done = subprocess.run(["bash", "-n", "-c", pair.command], capture_output=True, check=False)
    if done.returncode or done.stderr:
        return "bash -n"
    found = check.findings(pair.command, pair.words, _shell(pair), _platform(pair))
    return f"caro's check ({found[0].kind})" if found else None


def kept_away(found: Iterable[Pair], texts: Sequence[str], taken: Counter[str], what: str) -> list[Pair]:
    """Return the pairs of which neither words nor command is like one of `texts`.

    Alike are texts that are equal once case, quotes, blanks and punctuation are left out, or that share at
    least half of their shingles (sequences of four characters) among words, three fifths among commands.
    """
    index = Shingles(texts)
    same = {normalised(text) for text in texts}
    kept = []
    for pair in found:
        near = (
            normalised(pair.words) in same
            or normalised(pair.command) in same
            or index.nearest(pair.words) >= _ALIKE_WORDS
            or index.nearest(pair.command) >= _ALIKE_COMMANDS
        )
        if not _counted(near, taken, f"{what}: like a text to keep away from"):
            kept.append(pair)
    return kept


def balanced(found: Iterable[Pair], most: int, taken: Counter[str]) -> list[Pair]:
    """Return at most `most` pairs, of each program in turn: without a `fault`, none nearly like another.

    No program has more than its share.
    """
    by_program: dict[str, list[Pair]] = defaultdict(list)
    for pair in found:
        by_program[program(pair.command)].append(pair)
    limit = max(1, int(most * _SHARE))
    kept: list[Pair] = []
    words, commands = Shingles(()), Shingles(())
    count: Counter[str] = Counter()
    while by_program and len(kept) < most:
        for name in list(by_program):
            pair = by_program[name].pop()
            near = words.nearest(pair.words) >= _NEAR or commands.nearest(pair.command) >= _NEAR
            against = "like another" if near else fault(pair)
            if not _counted(against is not None, taken, f"other: {against}"):
                kept.append(pair)
                words.add(pair.words)
                commands.add(pair.command)
                count[name] += 1
            if not by_program[name] or count[name] == limit:
                del by_program[name]
            if len(kept) == most:
                break
    return kept


def program(command: str) -> str:
    """Return the program that a command begins with, behind `sudo` and assignments."""
    for word in command.split():
        if word != "sudo" and not re.match(r"\w+=", word):
            return word
    return ""


def _shell(pair: Pair) -> str:
    return "fish" if pair.table == "fish" else "bash"


def _platform(pair: Pair) -> str:
    return "darwin" if pair.table == "bsd" else "linux"


def _counted(fault: bool, taken: Counter[str], what: str) -> bool:
    taken[what] += fault
    return fault
