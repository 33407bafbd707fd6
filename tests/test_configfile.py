"""The file of settings under caro's hand: the key is another, all else stays, nothing is left half done."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caro_shell.configfile import Edit, edit
from caro_shell.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "caro" / "config.toml"


def write(file: Path, text: str | bytes, mode: int = 0o600) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)


def after(file: Path, text: str, **changes: object) -> str:
    """Return what `text` becomes; `shell__key` stands for shell.key."""
    write(file, text)
    edit(str(file), {key.replace("__", "."): value for key, value in changes.items()})
    return file.read_bytes().decode()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# -- where a key goes


@pytest.mark.parametrize(
    ("text", "changes", "result"),
    [
        ("", {"cache": False}, "cache = false\n"),
        ("", {"shell.key": "alt-g"}, '[shell]\nkey = "alt-g"\n'),
        ("", {"backend.embedded.model": "m"}, '[backend.embedded]\nmodel = "m"\n'),
        ("", {"generation.timeout_s": 30.0}, "[generation]\ntimeout_s = 30\n"),
        ("", {"generation.timeout_s": 0.5}, "[generation]\ntimeout_s = 0.5\n"),
        ("", {"shell.key": 'a"\\\x1b\x7f\nü'}, '[shell]\nkey = "a\\"\\\\\\u001b\\u007f\\nü"\n'),
        ("a=1", {"cache": True}, "a=1\ncache = true\n"),
        ("a=1", {"shell.key": ""}, 'a=1\n\n[shell]\nkey = ""\n'),
        ("a=1\n\n", {"shell.key": ""}, 'a=1\n\n[shell]\nkey = ""\n'),
        ("# only", {"cache": True}, "# only\ncache = true\n"),
        ("a=1 # c\n# d\n\n[t]\n", {"cache": True}, "a=1 # c\ncache = true\n# d\n\n[t]\n"),
        ("a.b=1\n[t]\n", {"cache": True}, "a.b=1\ncache = true\n[t]\n"),
        ("# file\n\n# t\n[t]\n", {"cache": True}, "# file\n\ncache = true\n\n# t\n[t]\n"),
        ("# t\n[[t]]\n", {"cache": True}, "cache = true\n\n# t\n[[t]]\n"),
    ],
)
def test_a_new_key_or_table(file, text, changes, result):
    write(file, text)
    assert edit(str(file), changes) == Edit(changed=True, was_open=0)
    assert file.read_text() == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("[shell]", "[shell]\nkey = 1\n"),
        ("[shell] # c\n\n[t]\n", "[shell] # c\nkey = 1\n\n[t]\n"),
        ("[shell]\na=2", "[shell]\na=2\nkey = 1\n"),
        ("[shell]\na=2 # c\n\n# t\n[t]\n", "[shell]\na=2 # c\nkey = 1\n\n# t\n[t]\n"),
        ("[shell]\n\ta = [\n1, # c\n]\n[t]\n", "[shell]\n\ta = [\n1, # c\n]\n\tkey = 1\n[t]\n"),
        ("[shell]\na.b=2\n\n[shell.c]\nd=1\n", "[shell]\na.b=2\nkey = 1\n\n[shell.c]\nd=1\n"),
        ("[shell.c]\nd=1\n", "[shell.c]\nd=1\n\n[shell]\nkey = 1\n"),
        ("[shell.c]\n[t]\n[shell]\na=1\n", "[shell.c]\n[t]\n[shell]\na=1\nkey = 1\n"),
        ("['shell']\na=2\n", "['shell']\na=2\nkey = 1\n"),
        ("shell.a=2 # c\n# d\nb=1\n", "shell.a=2 # c\nshell.key = 1\n# d\nb=1\n"),
        ("shell = {}\n", "shell = { key = 1 }\n"),
        ("shell = {a=2}  # c\nb=1\n", "shell = { a = 2, key = 1 }  # c\nb=1\n"),
    ],
)
def test_a_key_goes_into_its_table_as_the_file_spells_it(file, text, result):
    assert after(file, text, shell__key=1) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("[shell]\n key  =  'x'# c\na=1\n", "[shell]\n key  =  1# c\na=1\n"),
        ("[shell]\nkey='''x\ny''' # c", "[shell]\nkey=1 # c"),
        ("shell . 'key' = 2\n", "shell . 'key' = 1\n"),
        ("shell.key=2\na=1\nshell.b=3\n", "shell.key=1\na=1\nshell.b=3\n"),
        ("shell.b=3\na=1\nshell.key=2\n", "shell.b=3\na=1\nshell.key=1\n"),
        ("shell = { a = 1, key = 2 } # c\n", "shell = { a = 1, key = 1 } # c\n"),
        ("[shell]\nkey=['a', 'b']\n", "[shell]\nkey=1\n"),
    ],
)
def test_a_value_is_replaced_in_its_place(file, text, result):
    assert after(file, text, shell__key=1) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("[shell]\n# a\nkey = 1 # b\n\n# c\n[t]\n", "[shell]\n# a\n\n# c\n[t]\n"),
        ("shell.key = 1\n# a\nshell.b=2", "# a\nshell.b=2"),
        ("shell = { key = 1 } # a\n", "shell = {} # a\n"),
        ("shell = { b = 'c', key = 1 } # a\n", "shell = { b = 'c' } # a\n"),
        ("[shell]\nkey = [\n1]\nb = 1\n", "[shell]\nb = 1\n"),
        ("[shell]\nb = 1\n", "[shell]\nb = 1\n"),
        ("[shell.key]\nb = 1\n", "[shell.key]\nb = 1\n"),
        ("shell = 1\n", "shell = 1\n"),
    ],
)
def test_a_key_is_removed_with_its_line(file, text, result):
    assert after(file, text, shell__key=None) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a.model = 'x'\n", "a.model = 'x'\na.embedded.model = 1\n"),
        ("a = { embedded = { model = 2, b = [1,2] } }\n", "a = { embedded = { model = 1, b = [1,2] } }\n"),
        ("a = { embedded.model = 2 }\n", "a = { embedded.model = 1 }\n"),
        ("a = { embedded.b = 2 }\n", "a = { embedded.b = 2, embedded.model = 1 }\n"),
        ("a = { b = 2 }\n", "a = { b = 2, embedded.model = 1 }\n"),
        ("[a]\nembedded.b = 2\n", "[a]\nembedded.b = 2\nembedded.model = 1\n"),
        ("[a]\nembedded = { b = 2 }\n", "[a]\nembedded = { b = 2, model = 1 }\n"),
        ("[a]\nb = 2\n", "[a]\nb = 2\n\n[a.embedded]\nmodel = 1\n"),
        ("[[b]]\n", "[[b]]\n\n[a.embedded]\nmodel = 1\n"),
    ],
)
def test_a_key_of_a_table_in_a_table(file, text, result):
    assert after(file, text, a__embedded__model=1) == result


def test_several_keys_at_once(file):
    text = after(file, "# c\n", shell__key="alt-g", cache=False, shell__comment=True)
    assert text == '# c\n\ncache = false\n\n[shell]\nkey = "alt-g"\ncomment = true\n'
    edit(str(file), {"shell.key": None, "cache": True, "shell.comment": False})
    assert file.read_text() == "# c\n\ncache = true\n\n[shell]\ncomment = false\n"


def test_the_ends_of_lines_are_those_of_the_file(file):
    text = after(file, "a=1\r\n# c\r\n[shell]\r\nb=1", cache=True, shell__key="x", d__e=1)
    assert text == (
        'a=1\r\ncache = true\r\n# c\r\n[shell]\r\nb=1\r\nkey = "x"\r\n\r\n[d]\r\ne = 1\r\n'
    )  # fmt: skip


BARE = st.sampled_from(["a", "b", "key", "shell", "cache", "model", "embedded", '"x y"', "'#'"])
DOTTED = st.lists(BARE, min_size=1, max_size=3).map(".".join)
SCALARS = st.sampled_from(
    [
        "1",
        "-0.5",
        "nan",
        "true",
        '"a # b"',
        "'c'",
        "1979-05-27",
        '"""\n[shell]\nkey = 1\n"""',
        "[\n 1, # d\n 2 ]",
    ]
)
INLINE = st.lists(st.tuples(DOTTED, st.sampled_from(["1", "'}'", "[1, 2]"])), max_size=2).map(
    lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}"
)
PAIRS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "  "]),
    DOTTED,
    st.sampled_from(["=", " = "]),
    SCALARS | INLINE,
    st.sampled_from(["", " ", " # why"]),
)
HEADERS = st.builds("[{}]{}".format, DOTTED, st.sampled_from(["", " # t"])) | DOTTED.map("[[{}]]".format)
LINES = st.one_of(st.sampled_from(["", "  ", "# c", "#[shell]"]), PAIRS, HEADERS)


def valid(text: str) -> bool:
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    return True


@st.composite
def documents(draw):
    """A valid document: of random lines, those that fit behind the ones before."""
    lines: list[str] = []
    for line in draw(st.lists(LINES, max_size=10)):
        if valid("\n".join([*lines, line])):
            lines.append(line)
    return draw(st.sampled_from(["\n", "\r\n"])).join([*lines, *draw(st.sampled_from([[], [""]]))])


def read(text: str) -> dict:
    """Return what the text says, floats as they are spelt: nan is not equal to itself."""
    return tomli.loads(text, parse_float=str)


def value_at(tree: object, names: list[str]) -> object:
    for name in names:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def put(tree: dict, names: list[str], value: object) -> dict:
    *tables, name = names
    inner = tree
    for table in tables:
        inner = inner.setdefault(table, {})
    inner[name] = value
    return tree


def leaves(tree: object) -> list[object]:
    return [leaf for value in tree.values() for leaf in leaves(value)] if isinstance(tree, dict) else [tree]


def without_empty(tree: object) -> object:
    """Return the tree without its empty tables and None: they set nothing."""
    if not isinstance(tree, dict):
        return tree
    inner = {name: without_empty(value) for name, value in tree.items()}
    return {name: value for name, value in inner.items() if value not in ({}, None)}


def common(old: list[str], new: list[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))


def lost_lines(before: str, after: str) -> list[str]:
    """Return the lines of `before` between those that `after` begins with too and those that it ends with."""
    old, new = before.splitlines(), after.splitlines()
    start = common(old, new)
    return old[start : len(old) - common(old[start:][::-1], new[start:][::-1])]


def attempt(file: Path, key: str, value: object) -> str:
    """Set the key; return the sentence when that is refused."""
    try:
        edit(str(file), {key: value})
    except ConfigError as refusal:
        return str(refusal)
    return ""


CHANGES = st.tuples(
    st.sampled_from(["cache", "shell.key", "shell.embedded.model", "a.b"]),
    st.sampled_from([1, True, "x # y", 0.5, None]),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents(), CHANGES)
def test_every_other_line_and_every_other_setting_stays(file, text, change):
    key, value = change
    write(file, text)
    there = value_at(read(text), key.split("."))
    refusal = attempt(file, key, value)
    result = file.read_bytes().decode()
    if refusal:
        assert "must be a" in refusal or ("does not dare" in refusal and "[[" in text)
        assert result == text
        return
    is_table = isinstance(there, dict) or (isinstance(there, list) and isinstance(there[0], dict))
    if value is None and (there is None or is_table):
        assert result == text
        return
    spelt = str(value) if isinstance(value, float) else value
    assert without_empty(read(result)) == without_empty(put(read(text), key.split("."), spelt))
    lost = lost_lines(text, result)
    if there is None and not any("{" in line for line in lost):
        assert lost == []
    assert not lost or len(leaves(read("\n".join(lost)))) == 1 or "{" in lost[0]


# -- what is refused, and then nothing is touched


def refused(file: Path, text: str | bytes, key: str = "shell.key") -> str:
    """Return why `key` is not set in a file of `text`, from behind the file's name."""
    write(file, text)
    with pytest.raises(ConfigError) as raised:
        edit(str(file), {"a": 1, key: "x"})
    assert file.read_bytes() == (text if isinstance(text, bytes) else text.encode())
    assert sorted(os.listdir(file.parent)) == ["config.toml", "config.toml.lock"]
    return str(raised.value).removeprefix(f"{file} ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[shell", "is not valid TOML: Expected ']' at the end of a table declaration (at end of document)"),
        ("\ufeff[shell]", "is not valid TOML: Invalid statement (at line 1, column 1)"),
        ("b = " + "9" * 5000, "is not valid TOML: Exceeds the limit"),
        ("b = " + "[" * 3000 + "]" * 3000, "is not valid TOML: "),
        (b"b = '\xff'", "is not UTF-8 text; mend it first"),
        ("shell = 3", "has a value where shell must be a table; remove it first"),
        ("[[shell]]", "has a value where shell must be a table; remove it first"),
        ("[shell.key]", "has a table where shell.key must be a value; remove it first"),
        ("[[shell.key]]", "has a table where shell.key must be a value; remove it first"),
        (
            "[[b]]\n[c]\n[[b]]\n",
            "is written in a way that caro does not dare to change; set a with an editor",
        ),
        (
            "shell = { b = [ # c\n1] }",
            "is written in a way that caro does not dare to change; set shell.key with an editor",
        ),
    ],
)
def test_a_file_that_cannot_be_changed_is_named_and_kept(file, text, sentence):
    assert refused(file, text).startswith(sentence)


def test_a_value_that_is_no_text_is_refused(file):
    write(file, "a=1\n")
    with pytest.raises(ConfigError, match=r"can hold UTF-8 text only, which the new value is not"):
        edit(str(file), {"shell.key": os.fsdecode(b"\xff")})
    assert file.read_text() == "a=1\n"


def test_what_is_no_file_is_refused(file):
    file.mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"config.toml is no ordinary file; put one in its place"):
        edit(str(file), {"a": 1})
    file.rmdir()
    os.mkfifo(file)
    with pytest.raises(ConfigError, match="no ordinary file"):
        edit(str(file), {"a": 1})
    file.unlink()
    file.symlink_to(os.devnull)
    with pytest.raises(ConfigError, match="no ordinary file"):
        edit(str(file), {"a": 1})


def test_a_file_that_its_owner_protects_stays(file):
    write(file, "a=1\n", mode=0o400)
    with pytest.raises(ConfigError, match=r"is write-protected; lift that with: chmod u\+w /"):
        edit(str(file), {"a": 2})
    assert (file.read_text(), mode(file)) == ("a=1\n", 0o400)


@contextmanager
def disk(directory: Path, options: str) -> Iterator[None]:
    """Make `directory` a disk of its own; skip the test where that is not allowed."""
    mount = ["mount", "-t", "tmpfs", "-o", options, "none", str(directory)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a disk needs more rights")
    try:
        yield
    finally:
        subprocess.run(["umount", str(directory)], check=True)


@pytest.mark.slow
def test_a_full_disk_leaves_the_file_and_its_backup(file):
    file.parent.mkdir()
    with disk(file.parent, "size=64k"):
        write(file, "a=1\n")
        edit(str(file), {"a": 2})
        filler = file.parent / "filler"
        while shutil.disk_usage(file.parent).free:
            with filler.open("ab", buffering=0) as full:
                full.write(bytes(4096))
        there = sorted(os.listdir(file.parent))
        sentence = r"cannot be written \(No space left on device\), and nothing was changed; make room"
        with pytest.raises(ConfigError, match=sentence):
            edit(str(file), {"a": 3})
        assert file.read_text() == "a=2\n"
        assert (file.parent / "config.toml.bak").read_text() == "a=1\n"
        assert sorted(os.listdir(file.parent)) == there


@pytest.mark.slow
def test_a_read_only_disk_is_named(file):
    file.parent.mkdir()
    with disk(file.parent, "ro"), pytest.raises(ConfigError, match=r"cannot be written \(Read-only file"):
        edit(str(file), {"a": 1})


def test_a_write_that_stops_halfway_leaves_everything(file):
    text = "# " + "x" * 5000 + "\n"
    write(file, text)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(
            ConfigError, match=r"cannot be written \(File too large\), and nothing was changed"
        ):
            edit(str(file), {"a": 1})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_text() == text
    assert sorted(os.listdir(file.parent)) == ["config.toml", "config.toml.lock"]


def test_a_directory_that_cannot_be_made_is_named(file):
    file.parent.write_text("a file where a directory should be")
    sentence = r"config.toml cannot be written \(Not a directory\), and nothing was changed; .* set CARO_HOME"
    with pytest.raises(ConfigError, match=sentence):
        edit(str(file), {"a": 1})


def test_a_link_to_itself_is_named(file):
    file.parent.mkdir()
    file.symlink_to(file)
    with pytest.raises(ConfigError, match="cannot be written"):
        edit(str(file), {"a": 1})
    assert file.is_symlink()


# -- the file itself


def test_a_new_file_and_its_directory_are_the_persons_alone(file):
    umask = os.umask(0)
    try:
        edit(str(file), {"a": 1})
    finally:
        os.umask(umask)
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)
    assert sorted(os.listdir(file.parent)) == ["config.toml", "config.toml.lock"]


@pytest.mark.parametrize("value", [1, 2])
def test_a_file_that_is_open_to_others_is_closed(file, value):
    write(file, "a = 1\n", mode=0o644)
    assert edit(str(file), {"a": value}) == Edit(changed=value == 2, was_open=0o644)
    assert mode(file) == 0o600
    assert edit(str(file), {"a": 3}) == Edit(changed=True, was_open=0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_file_stays_its_owners(file):
    write(file, "a=1\n")
    os.chown(file, 12345, 12346)
    edit(str(file), {"a": 2})
    for path in (file, file.with_name("config.toml.bak")):
        assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


def test_the_content_before_is_kept(file):
    write(file, "a=1\n", mode=0o644)
    backup = file.with_name("config.toml.bak")
    edit(str(file), {"a": 2})
    assert (backup.read_text(), mode(backup)) == ("a=1\n", 0o600)
    edit(str(file), {"a": 2})
    assert backup.read_text() == "a=1\n", "nothing was changed"
    edit(str(file), {"a": None})
    assert backup.read_text() == "a=2\n"


def test_the_file_is_replaced_as_a_whole(file):
    write(file, "a=1\n")
    same = file.with_name("same")
    os.link(file, same)
    edit(str(file), {"a": 2})
    assert (same.read_text(), file.read_text()) == ("a=1\n", "a=2\n")


def test_a_symbolic_link_stays_and_what_it_leads_to_is_replaced(file, tmp_path):
    target = tmp_path / "dotfiles" / "caro.toml"
    target.parent.mkdir()
    target.write_text("a=1\n")
    file.parent.mkdir()
    file.symlink_to("../dotfiles/caro.toml")
    edit(str(file), {"a": 2})
    assert os.readlink(file) == "../dotfiles/caro.toml"
    assert (target.read_text(), mode(target)) == ("a=2\n", 0o600)
    assert os.listdir(target.parent) == ["caro.toml"]
    assert file.with_name("config.toml.bak").read_text() == "a=1\n"
    target.unlink()
    edit(str(file), {"a": 3})
    assert (file.is_symlink(), target.read_text()) == (True, "a = 3\n")


EDITS = """
import sys
from caro_shell.configfile import edit
for number in range(10):
    edit(sys.argv[1], {f"t{sys.argv[2]}.k{number}": number})
"""


@pytest.mark.slow
def test_two_at_once_do_not_lose_what_the_other_wrote(file):
    writers = [subprocess.Popen([sys.executable, "-c", EDITS, str(file), str(number)]) for number in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    keys = {f"k{number}": number for number in range(10)}
    assert tomli.loads(file.read_text()) == {"t0": keys, "t1": keys, "t2": keys}
