"""Git's history: branches, tags and commits that would be gone or different, here or where others get them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_SHARED = re.compile(
    r"(?:.*/)?(?:main|master|trunk|develop|development|dev|production|prod|staging|release|stable)"
)
_TAG = re.compile(r"(?:refs/)?tags/.*|v?\d+(?:\.\d+)+.*")
_NOW = re.compile(r"(?:now|all|0|0\.seconds?(?:\.ago)?)")


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


def _branch(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-u --set-upstream-to --contains --merged --no-merged --sort --format --points-at")
    force = "--force" in found.options or found.has("-f")
    if found.has("-r", "--remotes"):
        return
    if found.has("-D") or (found.has("-d", "--delete") and force):
        wide = len(found.operands) > 3 or any(
            not word.known or word.glob or word.made_by for word in found.operands
        )
        shared = any(_SHARED.fullmatch(word.text) for word in found.operands)
        level = Level.DANGER if wide or shared else Level.CAUTION
        yield said(level, "deletes branches, even with commits that are nowhere else", call)
    elif found.has("-M", "-C") or (force and found.operands):
        yield said(Level.CAUTION, "writes over a branch, if there is one of that name", call)


def _tag(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-m -F -u --message --file --local-user --sort --contains --points-at")
    if found.has("-d", "--delete"):
        wide = any(not word.known or word.made_by for word in found.operands)
        yield said(Level.DANGER if wide else Level.CAUTION, "deletes tags", call)
    elif found.has("-f", "--force"):
        yield said(Level.CAUTION, "moves a tag away from its commit", call)


def _reflog(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "--expire --expire-unreachable", ends=False)
    verb = found.operands[0].text if found.operands else ""
    if found.has("-n", "--dry-run"):
        return
    if verb == "expire":
        times = [word.text for name, word in found.values.items() if name.startswith("--expire")]
        wide = found.has("--all") or any(map(_NOW.fullmatch, times))
        yield said(
            Level.DANGER if wide else Level.CAUTION,
            "forgets where branches have been: lost commits cannot be found again",
            call,
        )
    elif verb in ("delete", "drop"):
        yield said(Level.CAUTION, "forgets where a branch has been", call)


def _gc(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words)
    given = found.values.get("--prune") or found.values.get("--expire")
    if (given and _NOW.fullmatch(given.text)) or (
        "-c" in call.texts
        and re.search(r"gc\.\S*(?:expire|prune)\S*=\W*(?:now|0|all)\b", " ".join(call.texts), re.IGNORECASE)
    ):
        yield said(Level.DANGER, "deletes commits that no branch leads to, not recoverable", call)


def _prune(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "--expire")
    if not found.has("-n", "--dry-run"):
        given = found.values.get("--expire")
        level = Level.DANGER if given and _NOW.fullmatch(given.text) else Level.CAUTION
        yield said(level, "deletes commits that no branch leads to, not recoverable", call)


def _rewritten(call: Call, words: list[Word]) -> Iterator[Reason]:
    if not split(words).has("--analyze", "--dry-run", "--version"):
        yield said(Level.DANGER, "rewrites the whole history", call)


def _reference(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-m")
    if found.has("-d", "--delete", "--stdin"):
        yield said(Level.DANGER, "deletes references: commits may not be found again", call)
    elif found.operands:
        yield said(Level.CAUTION, "moves a branch without asking", call)


def _rebase(call: Call, words: list[Word]) -> Iterator[Reason]:
    if split(words, "-x --exec -s -X --onto").has("--root"):
        yield said(Level.CAUTION, "rewrites every commit of the branch", call)


def _fetch(call: Call, words: list[Word]) -> Iterator[Reason]:
    found = split(words, "-j --jobs --depth -o --refmap --upload-pack")
    if any(word.text.startswith("ext::") for word in found.operands) or found.has("--upload-pack", "--exec"):
        yield said(Level.UNKNOWN, "runs a program that the address names", call)
    elif any(
        re.match(r"\+?[^:]+:(?!refs/remotes)\w", word.text[1:])
        for word in found.operands
        if word.text.startswith("+")
    ):
        yield said(Level.CAUTION, "writes over a branch with what is fetched", call)


def _config(call: Call, words: list[Word]) -> Iterator[Reason]:
    text = " ".join(word.text for word in words)
    if re.search(r"alias\.\S+ !.*(?:\brm -\w*r|\bdd |(?:curl|wget) .*\|)", text):
        yield said(Level.CAUTION, "makes an alias of something that destroys", call)
    elif re.search(r"http\.\S*sslverify (?:false|0)", text, re.IGNORECASE):
        yield said(Level.CAUTION, "no longer checks whom git speaks to", call)
    elif "safe.directory *" in text:
        yield said(Level.CAUTION, "trusts the repositories of everybody on this machine", call)


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


def _emptied(call: Call, words: list[Word]) -> Iterator[Reason]:
    del words
    yield said(Level.DANGER, "throws away work that is nowhere else", call)


#: What is said of each subcommand that is about history.
HISTORY = {
    "push": _push, "branch": _branch, "tag": _tag, "reflog": _reflog, "gc": _gc, "prune": _prune, "filter-branch": _rewritten,
    "filter-repo": _rewritten, "update-ref": _reference, "rebase": _rebase, "fetch": _fetch, "pull": _fetch, "clone": _fetch,
    "ls-remote": _fetch, "config": _config, "lfs": _large, "annex": _annex, "obliterate": _emptied, "clear": _emptied,
    "clear-soft": _emptied,
}  # fmt: skip
