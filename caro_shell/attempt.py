"""One command, written by one backend and checked before it is given.

Where something speaks against it, the model is told so and writes another one, once; the better of the two
is what comes of it.
"""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass, replace
from typing import NamedTuple

from caro_shell import check, parse
from caro_shell.backends import Backend, Completion, DoubtingBackend, Listener
from caro_shell.config import Config
from caro_shell.errors import BackendError, NoCommandFound
from caro_shell.prompt import Prompt

log = logging.getLogger("caro.attempt")

#: How likely each token must be for an answer without the nearest examples to do (docs/quality.md).
SURE = 0.4


class Target(NamedTuple):
    """What a command is for: a shell, and a platform as in `sys.platform`."""

    shell: str
    platform: str


class Attempt(NamedTuple):
    """A command that was written for `prompt`, what speaks against it, and the completion it was in.

    The completion's costs are those of all that was asked.
    """

    prompt: Prompt
    answer: parse.Answer
    completion: Completion
    findings: tuple[check.Finding, ...]


@dataclass(frozen=True)
class Writer:
    """Lets `backend` write commands for `target`."""

    backend: Backend
    target: Target
    settings: Config
    listener: Listener

    def write(self, prompt: Prompt) -> Attempt:
        """Return the best of at most two attempts. Raises NoCommandFound, BackendError or Cancelled."""
        first = self._first(prompt)
        faults = [finding.text for finding in first.findings if finding.is_fault]
        if not faults or not self.settings.retry:
            return first
        self.listener.stage(f"looking again: {faults[0]}")
        # With the words once more: told only what is wrong, small models forget what was asked for.
        told = f"{'; '.join(faults)}. {prompt.request}"
        again = replace(prompt, objections=((first.answer.command, told),))
        try:
            completion = self.backend.complete(again, self.listener)
        except BackendError as error:
            log.info("%d findings, and no second answer: %s", len(first.findings), type(error).__name__)
            return first
        try:
            second = self._read(again, completion)
        except NoCommandFound:
            log.info("%d findings, and no command in the second answer", len(first.findings))
            second = first
        else:
            log.info("%d findings, then %d", len(first.findings), len(second.findings))
        better = min(first, second, key=_faults)  # the first, where both are as good
        return better._replace(completion=_paid(better.completion, first.completion, completion))

    def _first(self, prompt: Prompt) -> Attempt:
        """Return the first attempt: without the nearest examples, which take time to read, if that will do.

        It will where the model is sure of each token. It is then as often right as with the examples, and
        more often in what people ask for every day: nothing of an example gets into the command.
        """
        backend, listener = self.backend, self.listener
        if not (prompt.nearest and isinstance(backend, DoubtingBackend) and backend.is_trained):
            return self._read(prompt, backend.complete(prompt, listener))
        quick, sure = backend.complete_if_sure(replace(prompt, nearest=()), listener, SURE), None
        if quick.is_sure(SURE):
            with contextlib.suppress(NoCommandFound):
                sure = self._read(prompt, quick)
        if sure and not any(finding.is_fault for finding in sure.findings):
            return sure
        listener.stage("looking at similar commands")
        try:
            completion = backend.complete(prompt, listener)
            found = self._read(prompt, completion)
        except (BackendError, NoCommandFound):
            if sure:
                return sure
            raise
        better = min(found, sure or found, key=_faults)
        return better._replace(completion=_paid(better.completion, quick, completion))

    def _read(self, prompt: Prompt, completion: Completion) -> Attempt:
        """Return what `completion` answers to `prompt`. Raises NoCommandFound."""
        answer = parse.read_answer(completion.text, self.target.shell)
        limit = self.settings.max_tokens
        if completion.generated_tokens >= limit and _ends_with(completion.text, answer.command):
            raise NoCommandFound(
                f"the command was cut off after {limit} tokens; ask for less at once, "
                "or raise generation.max_tokens"
            )
        return Attempt(prompt, answer, completion, self._findings(answer.command, prompt.request))

    def _findings(self, command: str, words: str) -> tuple[check.Finding, ...]:
        """Check `command`; a program that this process does not find is looked for on the person's path."""
        own = os.environ.get("PATH")
        found = check.findings(command, words, *self.target, path=own)
        if any(finding.kind != "words" for finding in found):
            path = self.listener.environment(("PATH",)).get("PATH")
            if path and path != own:
                found = check.findings(command, words, *self.target, path=path)
        return found


def _faults(attempt: Attempt) -> tuple[bool, int, int]:
    """Return how bad an attempt is: what a shell cannot read is worse than any fault, a fault than a note."""
    found = attempt.findings
    unreadable = any(finding.kind == "syntax" for finding in found)
    return unreadable, sum(finding.is_fault for finding in found), len(found)


def _paid(better: Completion, first: Completion, second: Completion) -> Completion:
    """Return the `better` one of two completions with what both cost together."""
    return replace(
        better,
        prefill_ms=first.prefill_ms + second.prefill_ms,
        decode_ms=first.decode_ms + second.decode_ms,
        prompt_tokens=first.prompt_tokens + second.prompt_tokens,
        cached_tokens=first.cached_tokens + second.cached_tokens,
        generated_tokens=first.generated_tokens + second.generated_tokens,
        notices=tuple(dict.fromkeys((*first.notices, *second.notices))),
    )


def _ends_with(text: str, command: str) -> bool:
    """Say whether nothing stands in `text` behind `command`, however that was tidied."""
    return "".join(text.split()).endswith("".join(command.split())[-12:])
