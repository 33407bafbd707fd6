"""Which files a call carries to another machine, and what secrets they are."""

from __future__ import annotations

import re

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.rules.secrets import names_secret

_PLAIN = re.compile(r"(?:/private)?/etc/(?:passwd|hosts|group|sudoers)|/var/log/\S*|/var/mail/\S*")
_CURL = (
    "-o -H -u -A -e -X -b -c -w -m -x -E -K -r -y -Y -z -C -Q --output --header --user --user-agent --referer --request --cookie"
    " --cookie-jar --write-out --max-time --proxy --cert --key --cacert --resolve --connect-timeout --retry --url --config"
)
_SENDS = "-d -F -T --data --data-binary --data-raw --data-urlencode --data-ascii --form --form-string --upload-file --json --url-query"


def by_curl(call: Call) -> str:
    """Return what secret curl is told to send, in words; "" for none."""
    found = split(call.words, f"{_CURL} {_SENDS}")
    files: list[str] = []
    texts = list(call.words)
    for at, word in enumerate(texts):
        named = re.fullmatch(
            r"(-[a-zA-Z]*[dFT]|--(?:data(?:-\w+)?|form|upload-file|json))(?:=(.*))?", word.text
        )
        value = (
            named[2]
            if named and named[2] is not None
            else texts[at + 1].text
            if named and at + 1 < len(texts)
            else ""
        )
        if not named:
            glued = re.fullmatch(r"-[a-zA-Z]*([dFT])([^-].*)", word.text)
            if not glued:
                continue
            named, value = glued, glued[2]
        option = named[1]
        if option.endswith("T") or option == "--upload-file":
            files += value.strip("{}").split(",")
        elif inner := re.search(r"[@<]([^;]+)", value):
            files.append(inner[1])
    return first([Word(text) for text in files]) if found else ""


def by_copier(call: Call) -> tuple[str, str]:
    """Copies: everything but the last operand is a source, if the last one is elsewhere."""
    program = call.program
    own = {
        "rsync": "-e -f -T -B -M",
        "scp": "-i -P -F -o -l -c -J -S -X",
        "sftp": "-i -P -F -o -l -c -J -S -b -B",
    }
    other = "-a -s -c -e" if program in ("mutt", "mail", "mailx", "swaks") else "-p"
    long = (
        "--exclude --include --rsh --filter --profile --region --acl --files-from --exclude-from --identity"
    )
    other = "-f --filename -d --desc -R --repo" if program in ("gh", "glab") else other
    found = split(call.words, f"{own.get(program, other)} {long}")
    operands = list(found.operands)
    if program in ("mutt", "mail", "mailx", "swaks"):
        files = [value for key, value in found.values.items() if key == "-a"] + operands
        return first(files), ""
    if program in ("sftp", "lftp", "ftp") and call.stdin.text:
        return judged([Word(text) for text in re.split(r"[\s;]+", call.stdin.text)])
    if program in ("scp", "rsync", "sftp"):
        elsewhere = [
            word
            for word in operands
            if re.match(r"(?:[\w.\0\1-]+@)?\[?[\w.\0\1:-]+\]?:(?!\\)|\w+://", word.text)
        ]
        if not elsewhere or (program != "sftp" and operands[-1] not in elsewhere):
            return "", ""
        return judged([word for word in operands if word not in elsewhere])
    if program in ("rclone", "aws", "gsutil", "gcloud", "az", "s3cmd", "mc", "s5cmd", "b2"):
        words = " ".join(call.texts)
        if not re.search(
            r"\b(?:cp|copy|copyto|sync|mv|move|moveto|put|upload|upload-file|put-object|upload-batch|mirror)\b",
            words,
        ):
            return "", ""
        target = operands[-1].text if operands else ""
        away = re.match(r"\w+://|[\w.-]+:", target) or program in ("az", "b2", "mc") or "put-object" in words
        return (
            judged(operands[:-1] if re.match(r"\w+://|[\w.-]+:", target) else operands) if away else ("", "")
        )
    if program in ("gh", "glab"):
        return (
            (first(operands), "")
            if re.search(r"\b(?:gist|snippet) create|release upload", " ".join(call.texts))
            else ("", "")
        )
    return first(operands), ""


def judged(words: list[Word]) -> tuple[str, str]:
    """Return what secrets `words` name: one that is worth an alarm, one that is worth a look."""
    strong = next((name for word in words if (name := names_secret(word.text))), "")
    return strong, next((name for word in words if (name := names_secret(word.text, weak=True))), "")


def first(words: list[Word]) -> str:
    """Return the first secret, or file of the system, that `words` name, in words; "" for none."""
    for word in words:
        if name := names_secret(word.text, weak=True):
            return name
        if _PLAIN.fullmatch(word.text):
            return f"{word.text}, a file of the system,"
    return ""
