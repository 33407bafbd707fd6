"""Programs in other languages on the line: what they fetch, decode, connect or send.

What they delete, write over and run is said as lines of a shell (`literals`), and judged like those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.call import SOMETHING, UNKNOWN, Call
from caro_shell.safety.rules.code import origin
from caro_shell.safety.rules.disguise import DECODES
from caro_shell.safety.rules.secrets import names_secret
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.snippets import Snippet, snippets
from caro_shell.safety.verdict import Level, Reason

_RUNS = re.compile(
    r"(?i)(?<![.\w>])(?:exec|eval|compile|loadstring|load|instance_eval|class_eval|iex|invoke-expression|source|include|require(?=\s*\(?\s*['\"]http)|assert)\s*[\s({$]"
    r"|(?:\bos|__import__\(['\"]os['\"]\))\.(?:system|popen|exec\w*)|\bsubprocess\b|(?<![\w.])system\s*\(|\bvm\.runIn|\bFunction\s*\(|\bnew Function\b|os\.execute|\bsystem\s+(?:pack|decode|unpack)|\.then\(eval|\beval\)|execSync|child_process|\|\s*iex\b|instance_eval|shell_exec|passthru|\bmarshal\.loads"
)
_FETCHES = re.compile(
    r"(?i)urlopen|urlretrieve|\brequests\.(?:get|post|request)|\bhttpx\.|http\.client|\bLWP\b|Net::HTTP|open-uri|URI\.(?:open|parse)|\bURI\(|HTTP::Tiny|file_get_contents\s*\(\s*['\"](?:https?|ftp)|(?:include|require|source)\w*\s*\(?\s*['\"]https?:"
    r"|\bfetch\s*\(|\bhttps?['\"]?\)?\.get\s*\(|\bcurl\b|\bwget\b|DownloadString|DownloadFile|Invoke-WebRequest|Invoke-RestMethod|\b(?:iwr|irm)\b|WebClient|socket\.http|\burl\(\s*['\"]http|curl_exec|download\.file"
)
_CONNECTS = re.compile(
    r"(?i)socket\.(?:socket|create_connection|connect)|\bsocket\s*\(\s*S\b|IO::Socket|TCPSocket|TCPServer|UDPSocket|fsockopen|stream_socket_client|socket_connect|net\.(?:connect|Socket|createConnection|createServer)|socket\.(?:tcp|bind)|/inet/(?:tcp|udp)|TCPClient|require\(?\s*['\"](?:socket|net)['\"]|socket\.connect|make-network-process|socketConnection|\bsocket\s+-?\w+\s+\d+|pty.*socket"
)
_SHELLED = re.compile(
    r"(?i)\bdup2|subprocess|pty\.spawn|/bin/(?:ba|z|da|k)?sh|\bexec\s*[({\"' ]|cmd(?:\.exe)|\bspawn\b|proc_open|shell_exec|passthru|popen|os\.system|getline|\biex\b|open3|>&S|\bsystem\b|invoke-expression|execute\("
)
_SENDS = re.compile(
    r"(?i)\.post\s*\(|\.put\s*\(|\bsendall|\.send\s*\(|urlopen\s*\(|method['\"]?\s*[:=]>?\s*['\"]POST|Net::HTTP\.post|sendmail|smtplib|ftplib|\bfetch\s*\(|UploadFile|UploadString|https?\.request|LWP|curl_setopt|file_get_contents\(\s*['\"]http|requests\.get"
)
_ENVIRONMENT = re.compile(
    r"(?:dict|str|json\.dumps|repr)\s*\(\s*(?:dict\s*\()?\s*os\.environ\b(?!\s*[.\[])|JSON\.stringify\(process\.env\)|ENV\.to_(?:a|h|s|json)|getenv\(\)|%ENV"
)
_FORKS = re.compile(
    r"\bwhile\b[^;]*[.:;{(\s]\s*fork\b|\bfork\b\s*(?:\(\))?\s*(?:while|until)\b|\bloop\s*(?:\{|do)\s*fork|fork\s*\(?\)?\s*(?:and|or|\|\|)\s*fork|for\s*\(;;\)\s*\{?[^}]*(?:fork|spawn)"
)
_INPUT = re.compile(
    r"sys\.stdin|\bSTDIN\b|<STDIN>|<>|\$stdin|\bgets\b|php://stdin|readFileSync\(\s*(?:0|['\"]/dev/stdin)|io\.read|fileinput|\binput\s*\("
)
_LITERAL = re.compile(r"\"([^\"\n]{3,})\"|'([^'\n]{3,})'")
_MADE = re.compile(
    r"(?<![.\w$>])(?:exec|eval)\s*\(\s*(?!['\"({]|base64|zlib|codecs)\S|\bos\.(?:system|popen)\(\s*(?:input|sys|os)\b"
)
_TEXT = "runs code from the network that nobody has read"


def _snippets(call: Call, home: str) -> Iterator[Reason]:
    del home
    for snippet in snippets(call):
        yield from _about(call, snippet)


def _about(call: Call, snippet: Snippet) -> Iterator[Reason]:  # noqa: C901, PLR0912
    text, word = snippet.text, snippet.word
    runs = bool(_RUNS.search(text))
    if (
        UNKNOWN in text
        and text.strip(UNKNOWN + SOMETHING + " \n") == ""
        and (not word.made_by or (snippet.language == "awk" and not origin(word.made_by)))
    ):
        yield said(
            Level.UNKNOWN, "runs a program that a variable holds at that moment; it cannot be judged", call
        )
    elif snippet.language == "awk":
        found = origin(word.made_by) if word.made_by else None
        if found:
            yield said(*found, call)
        if re.search(r"\|&?\s*\"(?:\S*/)?(?:ba|z|da|k)?sh\"", text):
            yield said(Level.UNKNOWN, "runs text that is made at that moment; it cannot be judged", call)
        if "system" in text and re.search(r"(?:%c){2}|(?:\\(?:x[0-9a-f]{2}|[01]\d\d)){2}", text):
            yield said(Level.DANGER, "runs code that is hidden in another form", call)
        if "/inet/" in text and ("getline" in text or "system" in text):
            yield said(
                Level.DANGER,
                "hands a shell on this machine to whoever is at the other end of the network",
                call,
            )
        return
    if (
        re.search(r"process_iter\([^)]*\)|\.pids\(\)", text)
        and re.search(r"\.(?:kill|terminate)\(", text)
        and " if " not in text
    ):
        yield said(Level.DANGER, "kills every process that it may, the session itself among them", call)
    if _FORKS.search(text):
        yield said(Level.DANGER, "starts itself again and again until the system stands still", call)
    if _CONNECTS.search(text) and _SHELLED.search(text):
        yield said(
            Level.DANGER, "hands a shell on this machine to whoever is at the other end of the network", call
        )
    elif runs and _FETCHES.search(text):
        yield said(Level.DANGER, _TEXT, call)
    elif runs and DECODES.search(text):
        yield said(Level.DANGER, "runs code that is hidden in another form", call)
    elif runs and _INPUT.search(text):
        found = origin(call.stdin.calls)
        yield (
            said(*found, call)
            if found
            else said(Level.UNKNOWN, "runs text that it reads; it cannot be judged", call)
        )
    elif _MADE.search(text) and not re.search(r"open\s*\(\s*['\"]", text):
        yield said(Level.UNKNOWN, "runs text that is made at that moment; it cannot be judged", call)
    if _SENDS.search(text) or _CONNECTS.search(text):
        secret = next(
            (name for one in _LITERAL.finditer(text) if (name := names_secret(one[1] or one[2], weak=True))),
            "",
        )
        secret = secret or ("the whole environment" if _ENVIRONMENT.search(text) else "")
        if secret:
            yield said(Level.DANGER, f"sends {secret} out", call)


EVERY = (_snippets,)
_POWERSHELL = "pwsh|powershell|powershell.exe|pwsh.exe"
_PRELOAD = "loads a library into every program that follows"
ROWS = (
    Row(_POWERSHELL, Level.DANGER, "runs code that is hidden in another form", words=r"(?i)(?:^| )[-/]e(?:c|nc\w*)? [A-Za-z0-9+/=]{6,}"),
    Row("env|export|sudo|declare|setenv|set", Level.CAUTION, _PRELOAD, words=r"(?:^| )(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)[= ]\S"),
    Row("perl|python|python3|ruby|node", Level.CAUTION, "runs a file that everybody may write to", operand=r"/dev/shm/\S+"),
)  # fmt: skip
