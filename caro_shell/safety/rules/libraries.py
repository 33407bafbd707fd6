"""Packages of languages and of one's own: pip, npm, gem, cargo, conda, nix."""

from __future__ import annotations

from collections.abc import Iterator

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.verdict import Level, Reason

_HELP = "--help -h --dry-run -n"


def _pip(call: Call, home: str) -> Iterator[Reason]:
    del home
    words = call.words
    if call.program.startswith(("python", "uv")):
        texts = call.texts
        start = (
            texts.index("pip") + 1
            if "pip" in texts and (texts[:1] == ("pip",) or texts[:2] == ("-m", "pip"))
            else 0
        )
        if not start:
            return
        words = words[start:]
    found = split(
        words,
        "-r -c -i --index-url --extra-index-url --trusted-host -t --target --requirement --proxy -f"
        " --find-links",
    )
    names = [word.text for word in found.operands]
    if found.has("--help", "--dry-run") or not names:
        return
    if names[0] == "uninstall":
        made = [one for word in words for one in word.made_by] or list(call.stdin.calls)
        everything = any("freeze" in one.texts or "list" in one.texts for one in made) and not any(
            one.program == "grep" for one in made
        )
        if everything:
            level = Level.DANGER if call.root or found.has("--break-system-packages") else Level.CAUTION
            yield said(level, "removes every package of Python", call)
        else:
            yield said(Level.CAUTION, "removes packages", call)
    elif names[0] == "install":
        index = [
            found.values[name].text
            for name in ("-i", "--index-url", "--extra-index-url", "-f")
            if name in found.values
        ]
        http = [
            text
            for text in (*names[1:], *index)
            if text.startswith("http://") and "localhost" not in text and "127.0.0.1" not in text
        ]
        if http or found.has("--trusted-host"):
            level = Level.DANGER if http else Level.CAUTION
            yield said(level, "runs code that anybody on the way may have changed (http)", call)
        elif found.has("--break-system-packages") and call.root:
            yield said(Level.CAUTION, "changes the Python that the system uses", call)


def _every_gem(call: Call, home: str) -> Iterator[Reason]:
    """`gem list | xargs gem uninstall`: whatever is listed."""
    del home
    made = [one for word in call.words for one in word.made_by]
    listed = any(one.program == "gem" and {"list", "query"} & set(one.texts) for one in made)
    picked = any(one.program in ("grep", "egrep", "rg", "fzf", "head") for one in made)
    if call.texts[:1] == ("uninstall",) and listed and not picked:
        yield said(Level.DANGER, "removes every package of Ruby", call)


RULES = {**dict.fromkeys(("pip", "pip3", "pip2", "python", "python3", "uv"), _pip), "gem": _every_gem}
ROWS = (
    Row("npm|yarn|pnpm|bun", Level.DANGER, "takes a published package away from all who use it",
        verbs="unpublish", unless="--dry-run --help"),
    Row("npm|pnpm", Level.CAUTION, "removes npm itself", verbs="uninstall|remove|rm|un", operand="npm|pnpm",
        options="-g --global"),
    Row("npm|yarn|pnpm", Level.CAUTION, "removes programs for all projects", verbs="uninstall|remove|rm|un|r",
        options="-g --global", unless="--help --dry-run"),
    Row("npm", Level.CAUTION, "changes a published package for all who use it",
        verbs="deprecate|dist-tag|owner", unless="--dry-run", operand="rm|.*@.*"),
    Row("npm|yarn|pnpm", Level.DANGER, "runs code that anybody on the way may have changed (http)",
        verbs="i|install|add", operand="http://(?!localhost|127\\.).*"),
    Row("npm|yarn|pnpm|pip3?|gem", Level.CAUTION, "trusts whoever answers: packages come over a line that others can change",
        words=r"^(?:config set|set|sources -a|sources --add)\b.*http://(?!localhost|127\.)"),
    Row("npm|pip3?|yarn", Level.CAUTION, "switches off the check of who is on the other side",
        words=r"config set (?:-g )?strict-ssl[ =]false|trusted-host"),
    Row("gem", Level.DANGER, "takes a published package away from all who use it", verbs="yank"),
    Row("gem", Level.DANGER, "removes every package of Ruby", verbs="uninstall", options="--all -a",
        words=r"uninstall (?:-\w+ )*(?:--all|-aIx|-a)?(?: -\w+)*$"),
    Row("gem", Level.CAUTION, "removes packages", verbs="uninstall", unless="--help"),
    Row("npm|pnpm|yarn", Level.DANGER, "makes a package public for everybody", verbs="access public"),
    Row("npm|pnpm|yarn", Level.DANGER, "makes a package public for everybody", verbs="access set",
        operand="status=public"),
    Row("npm", Level.CAUTION, "lets others publish a package, or no longer", verbs="owner add|rm"),
    Row("npm", Level.CAUTION, "lets others publish a package, or no longer", verbs="access grant|revoke"),
    Row("gem|cargo", Level.CAUTION, "lets others publish a package, or no longer", verbs="owner",
        options="-a --add -r --remove"),
    Row("cargo", Level.DANGER, "takes a published package away from all who use it", verbs="yank",
        unless="--undo --help"),
    Row("dotnet|nuget", Level.DANGER, "takes a published package away from all who use it", words=r"^(?:nuget )?delete\b", unless="--help"),
    Row("twine|poetry|npm|cargo", Level.CAUTION, "sends a password or a package over a line that others can read",
        words=r"^(?:upload|publish)\b.*(?:--repository-url|--registry|--index)[ =]http://(?!localhost|127\.)"),
    Row("twine|poetry|hatch", Level.CAUTION, "publishes a package for everybody", verbs="yank"),
    Row("rustup", Level.CAUTION, "removes the whole of Rust", verbs="self uninstall"),
    Row("conda|mamba|micromamba", Level.DANGER, "removes the environment that conda itself is in",
        words=r"(?:-n|--name)[ =]base\b.*--all|env remove.*\bbase\b|--all.*(?:-n|--name)[ =]base\b"),
    Row("conda|mamba|micromamba", Level.CAUTION, "removes packages or an environment",
        verbs="remove|uninstall", unless=_HELP.replace(" -n", "") + " --dry-run -d"),
    Row("conda|mamba|micromamba", Level.CAUTION, "removes an environment", verbs="env remove"),
    Row("pipx", Level.CAUTION, "removes every program of pipx", verbs="uninstall-all"),
    Row("nix-store", Level.DANGER, "deletes packages that others need", options="--ignore-liveness"),
    Row("nix-collect-garbage|nix", Level.CAUTION, "deletes what one could go back to",
        options="-d --delete-old --delete-older-than", unless="--dry-run"),
    Row("nix-env", Level.DANGER, "removes every package", options="-e --uninstall", operand=r"\.?\*",
        unless="--dry-run"),
    Row("nix-env", Level.CAUTION, "removes packages", options="-e --uninstall --delete-generations",
        unless="--dry-run"),
    Row("npx|bunx|pnpm", Level.DANGER, "runs code that anybody on the way may have changed (http)",
        operand="http://(?!localhost|127\\.).*"),
    Row("apt-key", Level.CAUTION, "trusts the packages of somebody else", verbs="add|adv"),
    Row("apt-mark", Level.CAUTION, "keeps packages from being updated", verbs="hold",
        operand="linux-.*|openssl|openssh.*|libc6"),
    Row("do-release-upgrade|ubuntu-release-upgrader", Level.CAUTION,
        "replaces the whole system by its next release", unless="-c --check-dist-upgrade-only --help"),
    Row("softwareupdate", Level.CAUTION, "ignores or resets updates", options="--ignore --reset-ignored"),
)  # fmt: skip
