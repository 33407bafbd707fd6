"""Secrets: which words and streams hold one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from caro_shell.safety.call import EVERY, Call, Word

#: What a path is the path of, by its end; the first that fits. It begins at the start or behind a separator.
_STRONG = (
    (r"\.ssh(?:/(?:id_[\w*?]+|identity|[\w.-]*_(?:rsa|ed25519|ecdsa|dsa)|\*.*|\.)?)?|id_(?:rsa|ed25519|ecdsa|dsa)(?:_\w+)?|ssh_host_\w+_key", "private keys of ssh"),
    (r"\.gnupg(?:/.*)?|secring\.gpg", "private keys of GnuPG"),
    (r"\.aws(?:/(?:credentials|\*)?)?|\.azure(?:/.*)?|gcloud(?:/.*)?|application_default_credentials\.json|\.boto|\.s3cfg|rclone\.conf|\.oci(?:/.*)?", "credentials of a cloud"),
    (r"\.kube(?:/(?:config|\*)?)?|/etc/kubernetes/\S*\.conf|serviceaccount/token|k3s\.yaml", "credentials of a cluster"),
    ((r"\.netrc|_netrc|\.pgpass|\.my\.cnf|\.git-credentials|\.npmrc|\.pypirc|\.docker/config\.json|\.vault-token|\.m2/settings\.xml|gh/hosts\.yml"
     r"|\.cargo/credentials(?:\.toml)?|\.config/hub|\.htpasswd|\.subversion/auth\S*|\.gem/credentials|\.terraform\.d/credentials\S*"), "saved passwords"),
    (r"\.password-store(?:/.*)?|[\w. -]+\.kdbx?|\.local/share/keyrings(?:/.*)?|Library/Keychains(?:/.*)?|login\.keychain\S*|kwallet\S*|\.1password\S*", "a password store"),
    (r"(?:/private)?/etc/(?:shadow|gshadow|master\.passwd|sudoers|krb5\.keytab)-?|/var/db/dslocal\S*|/etc/ssl/private(?:/.*)?", "the passwords and keys of the system"),
    (r"\.(?:bash|zsh|python|mysql|psql|node_repl|sqlite)_history|fish_history|\.histfile|\.zhistory|\.history", "the history of your commands"),
    (r"\.mozilla(?:/.*)?|(?:google-chrome|chromium|BraveSoftware|Chrome|Firefox|vivaldi|microsoft-edge)(?:/.*)?|cookies\.sqlite|logins\.json|key[34]\.db|Login Data|Cookies", "a browser's profile"),
    (r"/proc/(?:\d+|self|\W?\w*|\*)/environ", "the environment of a process"),
    (r"wallet\.dat|\.electrum(?:/.*)?|\.bitcoin(?:/.*)?|\.ethereum(?:/.*)?|\.config/solana(?:/.*)?|keystore(?:/UTC.*)?", "a wallet"),
)  # fmt: skip
_WEAK = (
    (r"\.env(?:\.(?!example|sample|template|dist|test)[\w-]+)?|\.envrc", "the secrets of a project"),
    (r"[\w.*-]+\.(?:key|p12|pfx|jks|ppk|keystore)|(?:\S*priv\S*|server|client|key|\S*-key)\.pem", "a private key"),
    (r"(?:secrets?|credentials|passwords?|service-account\S*)(?:\.(?:json|ya?ml|toml|txt|csv|env|ini))?|master\.key|wp-config\.php|terraform\.tfstate|\.vault_pass\S*", "saved passwords"),
)  # fmt: skip


def _compiled(table: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"(?:.*[/=@:,<]|^)(?:{pattern})/?(?:;\S*)?"), name) for pattern, name in table)


_STRONG_PATHS, _WEAK_PATHS = _compiled(_STRONG), _compiled(_WEAK)
_HINT = re.compile(
    r"\.(?:ssh|gnu|aw|az|bot|s3|oc|ku|ne|pg|my|git-c|np|py|doc|va|m2|car|ht|sub|gem|te|pas|kd|1p|ba|zsh|zh|ps|no|sq|hi|mo|el|bi|et|en|ke|p12|pf|jk|pp|pe|tf|js|ya|ym|to|tx|cs|in|co)"
    r"|id_|ssh_host|secr|gcloud|cred|etc/|service|rclone|k3s|_netrc|hosts\.yml|hub|keyr|Keych|key|kwal|/var/db|_hist|chrom|Brave|Chrome|Firefox|viv|edge|cook|Login|Cook|proc/|wallet|solana|passw|wp-"
)


def names_secret(text: str, *, weak: bool = False) -> str:
    """Return what secret the path `text` names, in words; "" for none. `weak` counts those of projects, too."""
    text = text.replace(EVERY, "*")
    if text.endswith((".pub", ".crt", ".csr", "known_hosts", "authorized_keys")) or not _HINT.search(text):
        return ""
    for pattern, name in _STRONG_PATHS + (_WEAK_PATHS if weak else ()):
        if pattern.fullmatch(text):
            return name
    return ""


#: Programs that print the files they are given, or something from which those can be had.
PRINTERS = frozenset(
    (
        "cat head tail tac nl less more base64 base32 xxd od hexdump gzip bzip2 xz zstd tar zip"
        " 7z grep egrep rg awk sed cut tr openssl gpg strings sort uniq dd cpio bat jq yq find rev tee pv split zcat uuencode age pigz sqlite3 paste perl"
    ).split()
)


def prints_secret(call: Call, *, weak: bool = True) -> str:  # noqa: C901
    """Return what secret `call` prints, in words; "" for none."""
    program, texts = call.program, call.texts
    words = " ".join(texts)
    if program in ("printenv", "env") and not texts:
        return "the whole environment"
    if program in ("set", "export", "declare", "typeset") and not [
        text for text in texts if text not in ("-p", "-x")
    ]:
        return "the whole environment"
    if program == "history" or (program == "fc" and "-l" in words):
        return "the history of your commands"
    if program in ("gpg", "gpg2") and re.search(r"--export-secret-(?:sub)?keys?|--export-secret", words):
        return "private keys of GnuPG"
    if program == "security" and re.match(
        r"find-(?:generic|internet)-password.* -\w*w|dump-keychain|export", words
    ):
        return "a password store"
    if program in ("pass", "gopass", "secret-tool", "bw", "op", "lpass", "keyring", "vault") and re.match(
        r"show|lookup|get|item get|read|export|kv get|list items|insert", words
    ):
        return "saved passwords"
    if program in ("kubectl", "oc") and re.search(
        r"\bget (?:-\S+ )*secrets?\b.* -o ?\S*(?:yaml|json)|\bconfig view\b.*--raw", words
    ):
        return "the secrets of a cluster"
    if program in ("aws", "gcloud", "az", "gh", "heroku") and re.search(
        r"secretsmanager get-secret-value|configure export-credentials|sts (?:get-session-token|assume-role)|iam create-access-key|ssm get-parameters?\b.*--with-decryption|^config\b.*(?:-s|--shell|--json|-j)\b|print-access-token|get-access-token|auth token",
        words,
    ):
        return "credentials of a cloud"
    if program in ("mysqldump", "pg_dump", "pg_dumpall", "mongodump", "mariadb-dump"):
        return ""
    if program in PRINTERS:
        own = next((name for word in call.words if (name := names_secret(word.text, weak=weak))), "")
        return own or arriving(call.stdin.calls, weak=weak)
    return ""


def arriving(calls: Sequence[Call], *, weak: bool = True, deep: int = 2) -> str:
    """Return what secret is in the output of `calls`, in words; "" for none."""
    if any(one.program in ("wc", "sha256sum", "md5sum", "sha1sum", "shasum", "diff", "cmp") for one in calls):
        return ""
    own = next((name for one in calls if (name := prints_secret(one, weak=weak))), "")
    echoed = [one for one in calls if one.program in ("echo", "printf")] if deep and not own else []
    return own or next(
        (name for one in echoed if (name := in_words(one.words, weak=weak, deep=deep - 1))), ""
    )


def in_words(words: Sequence[Word], *, weak: bool = True, deep: int = 2) -> str:
    """Return what secret substitutions put into `words`, `deep` of them within another; "" for none."""
    return next(
        (name for word in words if word.made_by and (name := arriving(word.made_by, weak=weak, deep=deep))),
        "",
    )
