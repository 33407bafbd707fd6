"""Git and others: what is published, fetched over one's own, or kept apart from the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_TAG = re.compile(r"(?:refs/)?tags/.*|v?\d+(?:\.\d+)+.*")


def _push(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-o --push-option --receive-pack --exec --repo")
    if found.has("-n", "--dry-run"):
        return
    refs = [word.text for word in found.operands[1:]]
    leased = any(option.startswith("--force-w") for option in found.options)
    forced = found.has("-f") or any("--force".startswith(one) and len(one) > 4 for one in found.options)
    if found.has("--mirror"):
        yield said(
            Level.DANGER, "makes the remote repository a copy of this one: what only it has is lost", call
        )
    elif (forced or any(ref.startswith("+") for ref in refs)) and not (leased and not forced):
        yield said(Level.DANGER, "writes over published history: the work of others may be lost", call)
    elif found.has("--prune"):
        yield said(Level.DANGER, "deletes every remote branch that is not here", call)
    elif found.has("-d", "--delete"):
        yield _unpublished(call, refs)
    elif any(len(ref) > 1 and ref.startswith(":") for ref in refs):
        yield _unpublished(call, [ref[1:] for ref in refs if ref.startswith(":")])
    elif leased:
        yield said(Level.CAUTION, "rewrites published history, if nobody else has added to it", call)


def _unpublished(call: Call, refs: list[str]) -> Reason:
    if refs and all(map(_TAG.fullmatch, refs)):
        return said(Level.CAUTION, "deletes a published tag", call)
    return said(Level.DANGER, "deletes a published branch: the work of others on it may be lost", call)


def _fetch(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-j --jobs --depth -o --refmap --upload-pack")
    hidden = any(word.text.startswith("ext::") for word in found.operands)
    if hidden or found.has("--upload-pack", "--exec"):
        yield said(Level.DANGER if hidden else Level.UNKNOWN, "runs a program that the address names", call)
        return
    forced = found.has("-f", "--force")
    over = [word.text for word in found.operands[1:] if forced or word.text.startswith("+")]
    into = [text.partition(":")[2] for text in over]
    if "--bare" in call.texts or found.has("--mirror"):
        return
    if any(re.fullmatch(r"(?:refs/(?:heads/)?)?\*", text) for text in into):
        yield said(Level.DANGER, "writes over every branch with what is fetched", call)
    elif any(text and not text.startswith("refs/remotes") for text in into):
        yield said(Level.CAUTION, "writes over a branch with what is fetched", call)


def _large(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words)
    texts = [word.text for word in found.operands]
    if texts[:1] == ["migrate"] and texts[1:2] in (["import"], ["export"]) and not found.has("--no-rewrite"):
        yield said(Level.DANGER if found.has("--everything") else Level.CAUTION, "rewrites the history", call)
    elif texts[:1] == ["prune"] and found.has("-f", "--force"):
        yield said(Level.CAUTION, "deletes large files that may be nowhere else", call)


def _annex(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words)
    if (
        found.operands
        and found.operands[0].text in ("drop", "dropunused", "uninit")
        and found.has("-f", "--force")
    ):
        yield said(Level.DANGER, "drops files that may be nowhere else", call)


def _dropped(call: Call, words: list[Word]) -> Iterator[Reason]:
    del words
    yield said(Level.CAUTION, "deletes a branch, here and where it is published", call)


#: What is said of each subcommand that has to do with other repositories.
REMOTES = {
    "push": _push, "send-pack": _push, "fetch": _fetch, "pull": _fetch, "clone": _fetch, "ls-remote": _fetch, "lfs": _large,
    "annex": _annex, "delete-branch": _dropped,
}  # fmt: skip
