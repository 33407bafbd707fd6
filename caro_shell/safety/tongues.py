"""Names of functions in other languages that run, delete or write, and what each would be in a shell."""

from __future__ import annotations

#: What runs the text that it is given, by language.
SHELL = {
    "python": r"(?<![\w])(?:system|popen|Popen|getoutput|getstatusoutput|check_call|check_output|pty\.spawn)\s*\(|\b(?:subprocess|sp)\.(?:run|call)\s*\(|\bos\.(?:exec|spawn|posix_spawn)\w*\s*\(",
    "perl": r"(?<![\w$@%/])(?:system|exec)\b\s*(?:\(|(?=[\"'$@q]))",
    "ruby": r"(?<![\w$@.])(?:Kernel\.)?(?:system|exec|spawn)\b\s*\(?|\b(?:IO\.popen|Open3\.\w+|PTY\.spawn)\s*\(?",
    "node": r"\b(?:execSync|spawnSync|spawn|execFileSync|execFile)\s*\(|(?:child_process['\"]\)|\bcp|child_process)\.exec\s*\(|\bBun\.spawn(?:Sync)?\s*\(",
    "php": r"(?<![\w$>])(?:system|exec|passthru|shell_exec|popen|proc_open|pcntl_exec)\s*\(",
    "lua": r"\b(?:os\.execute|io\.popen)\s*\(?",
    "awk": r"\bsystem\s*\(",
    "R": r"\b(?:system2?|shell)\s*\(",
    "osascript": r"\bdo shell script\s*",
    "expect": r"\b(?:exec|spawn)\s+(?=[\w/])",
    "emacs": r"\(\s*(?:shell-command(?:-to-string)?|call-process(?:-shell-command)?|async-shell-command|system|compile)\s+",
}
#: Calls, by what they would be in a shell; {0} and {1} are their arguments.
DOES: dict[str, tuple[tuple[str, str], ...]] = {
    "python": (
        (r"\b(?:shutil\.)?rmtree\s*\(", "rm -rf -- {0}"), (r"\.(?:unlink|rmdir)\s*\((?=\s*\))", "rm -- {0}"), (r"\bPath\s*\((?=[^)]*\)\.(?:unlink|rmdir))", "rm -- {0}"), (r"\b(?:os\.)?removedirs\s*\(", "rm -rf -- {0}"), (r"\bos\.(?:remove|unlink|rmdir)\s*\(|(?<![\w.])(?:unlink|remove)\s*\(", "rm -- {0}"),
        (r"\bshutil\.move\s*\(|\bos\.(?:rename|replace)\s*\(", "mv {0} {1}"), (r"\bshutil\.copy\w*\s*\(", "cp {0} {1}"),
        (r"\bos\.chmod\s*\(", "chmod {1} {0}"), (r"\bos\.truncate\s*\(", "truncate -s 0 {0}"), (r"\bos\.kill(?:pg)?\s*\(", "kill -9 {0}"), (r"(?<![\w.])open\s*\((?=[^)]*,\s*(?:mode\s*=\s*)?['\"][wx])", ": > {0}"),
        (r"(?<![\w.])open\s*\((?=[^)]*,\s*(?:mode\s*=\s*)?['\"]a)", ": >> {0}"),
    ),
    "ruby": (
        (r"\b(?:FileUtils\.)?(?:rm_rf|rm_r|rmtree|remove_dir|remove_entry\w*)\b\s*\(?", "rm -rf -- {0}"), (r"\b(?:File|Dir)\.(?:delete|unlink|rmdir)\b\s*\(?\s*\*?", "rm -- {0}"),
        (r"\b(?:File|IO)\.(?:bin)?write\b\s*\(?|\bFile\.(?:open|new)\s*\(?(?=[^)]*,\s*['\"]w)", ": > {0}"), (r"\bFile\.(?:open|new)\s*\(?(?=[^)]*,\s*['\"]a)", ": >> {0}"), (r"\bProcess\.kill\s*\(?", "kill {1}"), (r"\bFile\.truncate\s*\(?", "truncate -s 0 {0}"),
        (r"\bFileUtils\.chmod_R\b\s*\(?", "chmod -R {0} {1}"), (r"\bFileUtils\.chmod\b\s*\(?|\bFile\.chmod\b\s*\(?", "chmod {0} {1}"), (r"\bFileUtils\.chown_R\b\s*\(?", "chown -R {0} {2}"),
    ),
    "node": (
        (r"\b(?:rmSync|rmdirSync|rimrafSync|rimraf(?:\.sync)?|removeSync|emptyDirSync)\s*\(|\b(?:fs|promises)\.(?:rm|rmdir|remove|emptyDir)\s*\(|require\(['\"]rimraf['\"]\)(?:\.sync)?\s*\(|\bBun\.\$`rm ", "rm -rf -- {0}"),
        (r"\b(?:unlinkSync|fs\.unlink|promises\.unlink)\s*\(", "rm -- {0}"), (r"\b(?:writeFileSync|writeFile|createWriteStream|truncateSync|outputFileSync)\s*\(", ": > {0}"),
        (r"\bappendFile(?:Sync)?\s*\(", ": >> {0}"), (r"\b(?:fs\.)?chmod(?:Sync)?\s*\(", "chmod {1} {0}"), (r"\bDeno\.remove(?:Sync)?\s*\(", "rm -rf -- {0}"), (r"\b(?:fs\.)?renameSync\s*\(", "mv {0} {1}"), (r"\bprocess\.kill\s*\(", "kill -9 {0}"),
    ),
    "perl": (
        (r"\b(?:rmtree|remove_tree)\b\s*\(?", "rm -rf -- {0}"), (r"\bunlink\b\s*\(?\s*(?:for(?:each)?\s+)?(?:glob\s*\(?|<)?", "rm -- {0}"), (r"\btruncate\b\s*\(?", "truncate -s 0 {0}"), (r"\bchmod\b\s*\(?", "chmod {0} {1}"), (r"\bkill\b\s*\(?", "kill {1}"),
    ),
    "php": (
        (r"\b(?:unlink|rmdir)\s*\(", "rm -- {0}"), (r"\bfile_put_contents\s*\(|\bfopen\s*\((?=[^)]*,\s*['\"]w)", ": > {0}"), (r"\bchmod\s*\(", "chmod {1} {0}"), (r"\bposix_kill\s*\(", "kill {0}"), (r"\barray_map\s*\(\s*['\"](?:unlink|rmdir)['\"]\s*,\s*(?:glob\s*\()?", "rm -rf -- {0}"),
    ),
    "lua": ((r"\bos\.remove\s*\(?", "rm -- {0}"), (r"\bio\.open\s*\((?=[^)]*,\s*['\"]w)", ": > {0}"), (r"\bos\.rename\s*\(", "mv {0} {1}")),
    "R": ((r"\bunlink\s*\(", "rm -rf -- {0}"), (r"\bfile\.remove\s*\(", "rm -- {0}")),
    "julia": ((r"(?<![\w.])rm\s*\(", "rm -rf -- {0}"), (r"\bopen\s*\((?=[^)]*,\s*\"w)", ": > {0}")),
    "groovy": ((r"\bnew File\s*\((?=[^)]*\)\.deleteDir)", "rm -rf -- {0}"), (r"\bnew File\s*\((?=[^)]*\)\.delete\b)", "rm -- {0}")),
    "expect": ((r"\bfile\s+delete\s+(?:-force\s+)?(?:--\s+)?", "rm -rf -- {0}"), (r"\bopen\s+(?=\S+\s+w)", ": > {0}")),
    "emacs": ((r"\(\s*delete-directory\s+", "rm -rf -- {0}"), (r"\(\s*delete-file\s+", "rm -- {0}")),
    "awk": ((r"(?<![<>=!&|\w)])>\s*(?=\")|(?<=print )>\s*(?=\")|(?<=[\w\"')]) ?>\s*(?=\"/)", ": > {0}"), (r">>\s*(?=\")", ": >> {0}")),
    "powershell": ((r"(?i)\b(?:Remove-Item|ri|rd|del|erase|rmdir|(?<![-\w])rm(?=\s+-(?:r|fo)))\s+(?:-\w+\s+)*", "rm -rf -- {0}"), (r"(?i)\b(?:Clear-Content|Set-Content|Out-File)\s+(?:-\w+\s+)*", ": > {0}")),
}  # fmt: skip
