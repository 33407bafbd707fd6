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
    ("git ls-files -o -z | xargs -0 rm -f", "danger"),
    ("git ls-files -i -o --exclude-standard | xargs rm", "safe"),
    ("git diff --name-only | xargs git restore", "danger"),
    ("git diff --name-only -- docs | xargs git restore", "caution"),
    ("git diff | git apply -R", "danger"),
    ("git diff v1 v2 | git apply -R", "safe"),
    ("git stash; git stash drop", "danger"),
    ("git stash; git pull; git stash pop", "safe"),
    ("git restore ':(top)'", "danger"),
    ("git restore ':(top)notes.md'", "caution"),
    ("git config alias.zap 'clean -fdx' && git zap", "danger"),
    ("git config alias.zap 'clean -fdx'", "safe"),
    ("git fetch origin '+refs/heads/*:refs/heads/*'", "danger"),
    ("git fetch origin '+refs/heads/*:refs/remotes/up/*'", "safe"),
    ("find . -name .git -type d -exec rm -rf {} +", "danger"),
    ("find . -name .git -prune -o -name core -exec rm {} +", "safe"),
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
