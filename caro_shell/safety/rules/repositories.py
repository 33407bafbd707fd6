"""Other version controls, tools that rewrite history, and the services that keep repositories."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_WORK = "throws away changes that are not committed"
_HELP = "--help -h"
_HG = "-R --repository --cwd --config"
_GH = "-R --repo --hostname"


def _listed(call: Call, home: str) -> Iterator[Reason]:
    """Secrets, releases or runs that are all that is listed."""
    del home
    made = [one for word in call.words for one in word.made_by]
    listed = any("list" in one.texts or "api" in one.texts for one in made if one.program in ("gh", "glab"))
    picked = any(one.program in ("grep", "egrep", "rg", "head", "fzf", "tail") for one in made)
    narrow = any(
        re.search(r"--(?:status|created|workflow|branch|user)\b|select\(", " ".join(one.texts))
        for one in made
    )
    kinds = r"^(?:release|secret|variable|run|cache|issue|ssh-key|repo|workflow|project|environment) (?:delete|disable|rm|remove)\b"
    if listed and not picked and not narrow and (found := re.search(kinds, " ".join(call.texts))):
        level = Level.CAUTION if found[0].startswith(("cache", "run")) else Level.DANGER
        yield said(level, "deletes on the service whatever is listed at that moment", call)


RULES = dict.fromkeys(("gh", "glab"), _listed)
ROWS = (
    Row("git-filter-repo|bfg", Level.DANGER, "rewrites the whole history", words=r"^.*\S", unless=f"{_HELP} --version --analyze --dry-run"),
    Row("java", Level.DANGER, "rewrites the whole history", words=r"-jar \S*\bbfg[\w.-]*\.jar"),
    Row("git-obliterate|git-clear", Level.DANGER, "throws away work that is nowhere else"),
    # Mercurial.
    Row("hg|chg", Level.DANGER, _WORK, verbs="up|update|checkout|co|merge", options="-C --clean", valued=_HG, unless=_HELP),
    Row("hg|chg", Level.DANGER, _WORK, verbs="revert", options="-a --all", valued=_HG, unless=f"{_HELP} -n --dry-run -i"),
    Row("hg|chg", Level.DANGER, _WORK, verbs="revert", operand=r"\.|\*|\.\.", valued=_HG, unless=f"{_HELP} -n --dry-run -i"),
    Row("hg|chg", Level.DANGER, "deletes files that are not kept, not recoverable", verbs="purge|clean", valued=_HG, unless=f"{_HELP} -p --print"),
    Row("hg|chg", Level.DANGER, "removes commits from the history", verbs="strip|debugstrip", valued=_HG, unless=_HELP),
    Row("hg|chg", Level.DANGER, "throws away what was shelved", verbs="shelve", options="--cleanup", valued=_HG),
    Row("hg|chg", Level.DANGER, "publishes over what others have", verbs="push", options="-f --force", valued=_HG),
    Row("hg|chg", Level.CAUTION, "hides or undoes commits", verbs="prune|rollback|uncommit|histedit|backout|convert", valued=_HG, unless=f"{_HELP} --abort --continue -n --dry-run"),
    Row("hg|chg", Level.CAUTION, _WORK, verbs="revert", valued=_HG, unless=f"{_HELP} -n --dry-run -i --interactive"),
    Row("hg|chg", Level.CAUTION, "throws away what was shelved", verbs="shelve", options="-d --delete", valued=_HG),
    # Subversion.
    Row("svn", Level.DANGER, _WORK, verbs="revert", options="-R --recursive --remove-added", valued="--depth -m --changelist"),
    Row("svn", Level.DANGER, _WORK, verbs="revert", operand=r"\.|\*", valued="--depth -m --changelist"),
    Row("svn", Level.CAUTION, _WORK, verbs="revert", valued="--depth -m --changelist", unless="--help"),
    Row("svn", Level.DANGER, "deletes files that are not kept, not recoverable", verbs="cleanup", options="--remove-unversioned --remove-ignored"),
    Row("svn", Level.CAUTION, "deletes something of the repository for everybody", verbs="delete|del|remove|rm",
        operand=r"[a-z+]+://.*", valued="-m --message -F --username --password"),
    Row("svn", Level.CAUTION, "deletes files that may have changed", verbs="delete|del|remove|rm", options="--force", valued="-m --message"),
    Row("svnadmin", Level.CAUTION, "changes the repository in place", verbs="setrevprop|rmlocks|rmtxns|recover|load"),
    # Jujutsu keeps an operation log: nearly everything can be undone.
    Row("jj", Level.DANGER, "forgets how to undo: what was abandoned is lost", verbs="op|operation abandon", valued="-R --repository"),
    Row("jj", Level.DANGER, "forgets how to undo: what was abandoned is lost", verbs="util gc", options="--expire", valued="-R --repository"),
    Row("jj", Level.CAUTION, "drops commits or changes, until that is undone", verbs="abandon|restore", valued="-R --repository --from --to -r --into"),
    Row("jj", Level.CAUTION, "goes back to an earlier state", verbs="op|operation restore|revert|undo", valued="-R --repository"),
    Row("jj", Level.CAUTION, "deletes published branches or bookmarks", verbs="git push", options="--deleted", valued="-R -r --remote"),
    Row("jj", Level.CAUTION, "deletes a bookmark", verbs="bookmark|b|branch delete|d", valued="-R"),
    # Others.
    Row("bzr|brz|darcs|fossil|pijul", Level.CAUTION, _WORK, verbs="revert|obliterate|unpull|unrecord|uncommit|reset", unless=_HELP),
    Row("fossil", Level.DANGER, "deletes files that are not kept, not recoverable", verbs="clean|scrub|purge", unless=f"{_HELP} -n --dry-run"),
    Row("p4", Level.DANGER, "removes files and their history for everybody", verbs="obliterate", options="-y"),
    Row("p4", Level.DANGER, _WORK, verbs="clean|revert", operand=r".*\.\.\.", unless="-n -a"),
    Row("p4", Level.CAUTION, _WORK, verbs="revert|clean", unless="-n -a"),
    Row("repo", Level.DANGER, _WORK, verbs="sync|abandon", options="--force-sync --force-checkout --all"),
    Row("repo|mr|vcs|gita", Level.DANGER, _WORK, words=r"\bgit (?:reset\b.* --hard|clean\b.* -\w*f)"),
    # Services.
    Row("gh|glab|tea|hub", Level.DANGER, "deletes a whole repository with its issues", verbs="repo|project|repos delete|rm|remove", valued=_GH, unless=_HELP),
    Row("hub", Level.DANGER, "deletes a whole repository with its issues", verbs="delete", unless=_HELP),
    Row("gh", Level.DANGER, "makes a repository public", verbs="repo edit", words=r"--visibility[= ]public", valued="--visibility"),
    Row("gh|glab", Level.DANGER, "makes a repository public", words=r"^api\b.*\b(?:repos|projects)/.*\b(?:private=false|visibility=public)|^repo (?:update|edit)\b.*--visibility[= ]public|^repo (?:update|edit)\b.*--public\b", unless=_HELP),
    Row("gh|glab", Level.DANGER, "writes over a repository with another one", verbs="repo sync", options="--force", valued="-b --branch --source"),
    Row("gh|glab", Level.DANGER, "deletes something on the service, not recoverable", verbs="api",
        words=r"(?:-X|--method)[= ]?DELETE\b.*/?repos/[^/\s]+/[^/\s]+(?:\s|$)|repos/[^/\s]+/[^/\s]+ .*(?:-X|--method)[= ]?DELETE|(?:-X|--method)[= ]?DELETE\b.*\b(?:orgs|projects|groups)/[^/\s]+(?:\s|$)"),
    Row("gh|glab", Level.DANGER, "takes away what protects a branch", verbs="api",
        words=r"(?:(?:-X|--method)[= ]?DELETE\b.*)(?:/protection|/rulesets/|protected_branches/)|(?:/protection|/rulesets/\S+|protected_branches/\S+) .*(?:-X|--method)[= ]?DELETE"),
    Row("gh", Level.CAUTION, "stops what is run for a repository", verbs="workflow disable", valued=_GH, unless=_HELP),
    Row("gh|glab", Level.CAUTION, "deletes something on the service", verbs="api", words=r"(?:-X|--method)[= ]?DELETE\b"),
    Row("gh|glab|tea", Level.CAUTION, "deletes something on the service",
        verbs=r"(?:release|issue|issues|mr|gist|secret|variable|label|labels|cache|run|workflow|ssh-key|gpg-key|codespace|cs|milestone|project|environment|deploy-key|snippet|releases) (?:delete\S*|rm|remove)",
        valued=_GH, unless=_HELP),
    Row("gh|glab", Level.CAUTION, "archives, renames or hands over a repository", verbs="repo archive|rename|transfer", valued=_GH, unless=_HELP),
    Row("gh|glab", Level.CAUTION, "merges past the checks", verbs="pr|mr merge", options="--admin", valued=_GH),
)  # fmt: skip
