"""Git and its like: what throws work away, and what only looks so."""

from __future__ import annotations

import pytest

from caro_shell import safety

JUDGED = (
    ("git -C repo -c color.ui=never reset HEAD~2 --hard", "danger"),
    ("git -c alias.w='reset --hard' w", "danger"),
    ("git push --forc origin topic", "danger"),
    ("git push -uf origin topic", "danger"),
    ("git push origin :topic", "danger"),
    ("git push --force-with-lease --force", "danger"),
    ("git push --force-with-lease origin topic", "caution"),
    ("git push origin --delete v1.4.0", "caution"),
    ("git push --force --dry-run origin main", "safe"),
    ("git push -u origin main:main", "safe"),
    ("git submodule foreach --recursive 'git clean -xfd'", "danger"),
    ("git branch | grep -v main | xargs git branch -D", "danger"),
    ("git branch -D topic", "caution"),
    ("git branch --merged | xargs git branch -d", "safe"),
    ("git checkout HEAD~3 .", "danger"),
    ("git checkout -- notes.md", "caution"),
    ("git checkout v1.2.3", "safe"),
    ("git restore --staged .", "safe"),
    ("git restore --staged --worktree :/", "danger"),
    ("git clean -f docs/drafts", "caution"),
    ("git clean -fdx build", "safe"),
    ("git clean -ndx", "safe"),
    ("git -c clean.requireForce=false clean -dx", "danger"),
    ("git gc --prune=now", "danger"),
    ("git gc --aggressive", "safe"),
    ("git -c alias.x='!make it' x", "unknown"),
    ("git -c core.pager='sh -c id' log", "unknown"),
    ("hg --cwd repo update --clean", "danger"),
    ("svn revert -R .", "danger"),
    ("svn update", "safe"),
    ("gh repo delete me/old --yes", "danger"),
    ("gh repo list", "safe"),
)


@pytest.mark.parametrize(("line", "level"), JUDGED)
def test_a_line_is_judged_by_what_it_loses(line: str, level: str) -> None:
    assert str(safety.judge(line, "bash", home="/home/user").level) == level
