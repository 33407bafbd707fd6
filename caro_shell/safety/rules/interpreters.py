"""Programs in other languages on the line: what they fetch, decode, connect or send.

What they delete, write over and run is said as lines of a shell (`literals`), and judged like those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from caro_shell.safety.call import SOMETHING, UNKNOWN, Call
from caro_shell.safety.rules.code import origin
from caro_shell.safety.rules.secrets import names_secret
from caro_shell.safety.rules.table import Row, said
from caro_shell.safety.snippets import Snippet, snippets
from caro_shell.safety.verdict import Level, Reason

_RUNS = re.compile(
    r"(?i)(?<![.\w>])(?:exec|eval|compile|loadstring|load|instance_eval|class_eval|iex|invoke-expression|source|include|require(?=\s*\(?\s*['\"]http)|assert)\s*[\s({$]"
    r"|\bos\.(?:system|popen|exec\w*)|\bsubprocess\b|(?<![\w.])system\s*\(|\bvm\.runIn|\bnew Function\b|\.then\(eval|\beval\)|execSync|child_process|\|\s*iex\b|instance_eval|shell_exec|passthru|\bmarshal\.loads"
)
_FETCHES = re.compile(
    r"(?i)urlopen|urlretrieve|\brequests\.(?:get|post|request)|\bhttpx\.|http\.client|\bLWP\b|Net::HTTP|open-uri|URI\.(?:open|parse)|\bURI\(|HTTP::Tiny|file_get_contents\s*\(\s*['\"](?:https?|ftp)|(?:include|require|source)\w*\s*\(?\s*['\"]https?:"
    r"|\bfetch\s*\(|\bhttps?['\"]?\)?\.get\s*\(|\bcurl\b|\bwget\b|DownloadString|DownloadFile|Invoke-WebRequest|Invoke-RestMethod|\b(?:iwr|irm)\b|WebClient|socket\.http|\burl\(\s*['\"]http|curl_exec|download\.file"
)
_DECODES = re.compile(
    r"(?i)b64decode|base64_decode|decode_base64|decode64|unpack1?\s*\(?\s*['\"]m|\batob\s*\(|from\([^)]*['\"](?:base64|hex)|fromhex|unhexlify|rot.?13|a2b_|zlib\.decompress|gzinflate|gzuncompress|strrev|\[::-1\]|\breverse\b|\.reversed?\b"
    r"|FromBase64String|fromCharCode|marshal\.loads|pack\s*\(?\s*['\"](?:H|C|u|m)|(?:\bchr\s*\(?\s*\d+\)?\s*[+.,]\s*){2}|(?:\\x[0-9a-f]{2}){3}|chr\s*\(.*\bfor\b|map\s*\(?\s*\{?\s*chr|-EncodedCommand"
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


def _about(call: Call, snippet: Snippet) -> Iterator[Reason]:  # noqa: C901
    text, word = snippet.text, snippet.word
    runs = bool(_RUNS.search(text))
    if (
        UNKNOWN in text
        and text.strip(UNKNOWN + SOMETHING + " \n") == ""
        and (not word.made_by or snippet.language == "awk")
    ):
        yield said(
            Level.UNKNOWN, "runs a program that a variable holds at that moment; it cannot be judged", call
        )
    elif snippet.language == "awk":
        if re.search(r"\|&?\s*\"(?:\S*/)?(?:ba|z|da|k)?sh\"", text):
            yield said(Level.UNKNOWN, "runs text that is made at that moment; it cannot be judged", call)
        if "/inet/" in text and ("getline" in text or "system" in text):
            yield said(
                Level.DANGER,
                "hands a shell on this machine to whoever is at the other end of the network",
                call,
            )
        return
    if _FORKS.search(text):
        yield said(Level.DANGER, "starts itself again and again until the system stands still", call)
    if _CONNECTS.search(text) and _SHELLED.search(text):
        yield said(
            Level.DANGER, "hands a shell on this machine to whoever is at the other end of the network", call
        )
    elif runs and _FETCHES.search(text):
        yield said(Level.DANGER, _TEXT, call)
    elif runs and _DECODES.search(text):
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
_PRELOAD = "loads a library into every program that follows"
ROWS = (
    Row("env|export|sudo|declare|setenv|set", Level.CAUTION, _PRELOAD, words=r"(?:^| )(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)[= ]\S"),
    Row("perl|python|python3|ruby|node", Level.CAUTION, "runs a file that everybody may write to", operand=r"/dev/shm/\S+"),
)  # fmt: skip
