"""Train a low-rank adapter (LoRA, https://arxiv.org/abs/2106.09685) for a model that weights.py has rebuilt.

    python models/train/lora.py BASE data.jsonl OUTPUT [--minutes 150] [--threads 2]

Only the tokens of the answers and the ends of their turns are learned. The texts are those of key presses:
behind the system text and the fixed examples, which are evaluated once for a step and without gradients, a
conversation of pairs that come near to each other. In OUTPUT: `adapter/` (PEFT's form; adapter.py makes
the GGUF of it), `curve.csv` and `checkpoint.pt`. A run that was ended, by whatever, goes on from the last
checkpoint when it is started again with the same arguments.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import batches
import peft
import sharedprefix
import torch
import transformers

from caro_shell import chat

#: Linear layers of a block that have an adapter. Each costs time at a key press, whatever its rank: with
#: these prefill takes 1 % longer and decoding 5 %, with all seven 18 and 24 to 33 % (docs/quality.md).
MODULES = ("q_proj", "o_proj", "down_proj")


def main() -> None:
    """Read the arguments, train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument(
        "--start-from", type=Path, metavar="RUN", help="go on with the adapter of another training"
    )
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=20, help="conversations for each change of the weights")
    parser.add_argument("--rate", type=float, default=2e-4, help="highest learning rate")
    parser.add_argument("--warm-up", type=int, default=10, help="steps until the rate is the highest")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=int, default=32)
    parser.add_argument("--from-layer", type=int, default=0, help="the first layer that has an adapter")
    parser.add_argument("--modules", nargs="+", default=list(MODULES), metavar="NAME",
                        help="linear layers of a block that have an adapter")  # fmt: skip
    parser.add_argument("--bare", type=float, default=0.1, help="share of steps without the fixed examples")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=math.inf, help="end by then, the rate with it")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--part-tokens", type=int, default=1024, help="tokens evaluated at once")
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--end-behind", type=int, metavar="STEP", help="end there, to go on later")
    parser.add_argument("--held-out", type=int, default=96, help="rows that the curve is measured with")
    parser.add_argument("--held-out-minutes", type=float, default=20)
    Training(parser.parse_args()).run()


@dataclass
class Progress:
    """How far a training is: all of it that a checkpoint holds beside weights and moments."""

    step: int = 0
    pairs: int = 0
    seconds: float = 0.0
    measured: float = -math.inf  # seconds at the last measurement
    recent: float = math.nan  # the loss, smoothed
    curve: list[dict[str, float]] = field(default_factory=list)


class Training:
    """A training as the arguments `given` say. Raises SystemExit where a checkpoint is of another one."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._given = given
        torch.set_num_threads(given.threads)
        torch.manual_seed(given.seed)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        tokenizer = transformers.AutoTokenizer.from_pretrained(given.base)
        form = chat.format_in(tokenizer.chat_template or "") or "chatml"
        renderer = batches.Renderer(form, chat.FORMATS[form], tokenizing(tokenizer))
        rows, held = batches.read(given.data)
        self._steps = batches.steps(
            rows,
            renderer,
            epochs=given.epochs,
            size=given.batch,
            bare=given.bare,
            seed=given.seed,
        )
        self._held = batches.held_out_steps(held[: given.held_out], renderer, given.batch)
        self._model = with_adapter(given, self._device)
        inner = self._model.get_base_model()
        self._body, self._head = inner.model, inner.lm_head
        self._learned = [weight for weight in self._model.parameters() if weight.requires_grad]
        # The adapter is calculated with in 16 bits, which would swallow small changes: these are the weights.
        self._exact = [weight.detach().float().clone() for weight in self._learned]
        self._optimiser = torch.optim.AdamW(self._exact, lr=given.rate, weight_decay=0.0)
        self._progress = Progress()
        self._checkpoint = given.output / "checkpoint.pt"

    def run(self) -> None:
        """Train to the end, or to the end of the time."""
        given, now = self._given, self._progress
        given.output.mkdir(parents=True, exist_ok=True)
        if not self._resume() and given.start_from:
            self._start_from(given.start_from / "checkpoint.pt")
        now = self._progress
        count = sum(weight.numel() for weight in self._learned)
        weights = f"{count / 1e6:.1f} million weights"
        print(f"{len(self._steps)} steps, {weights}, {given.threads} threads, {self._device}", flush=True)
        saved = time.monotonic()
        last = given.end_behind or len(self._steps)
        while now.step < min(last, len(self._steps)) and self._share() < 1:
            if now.seconds - now.measured >= 60 * given.held_out_minutes:
                self._measure()
                self._save()
            began = time.monotonic()
            loss = self._learn(self._steps[now.step])
            now.seconds += time.monotonic() - began
            now.recent = loss if math.isnan(now.recent) else 0.9 * now.recent + 0.1 * loss
            self._say(self._steps[now.step], loss, time.monotonic() - began)
            now.pairs += sum(len(text.answers) for text in self._steps[now.step].texts)
            now.step += 1
            if time.monotonic() - saved >= 60 * given.checkpoint_minutes:
                self._save()
                saved = time.monotonic()
        self._measure()
        self._save()

    def _share(self) -> float:
        """Return how much of the training is done, by steps or by time, whichever is further."""
        now = self._progress
        return max(now.step / len(self._steps), now.seconds / 60 / self._given.minutes)

    def _learn(self, step: batches.Step) -> float:
        """Change the weights by one step; return the loss before it, for each token of the answers."""
        given = self._given
        whole = sum(text.learned for text in step.texts)
        loss = 0.0
        prefix = sharedprefix.evaluate_prefix(self._body, step.beginning)
        for part in batches.parts(step.texts, given.part_tokens):
            losses, _ = self._losses(part, prefix)
            (losses.sum() / whole).backward()
            loss += float(losses.detach().sum()) / whole
        for exact, weight in zip(self._exact, self._learned):
            exact.grad = weight.grad.float() if weight.grad is not None else None
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(self._exact, 1.0)
        rate = given.rate * min(1, (self._progress.step + 1) / given.warm_up)
        for group in self._optimiser.param_groups:
            group["lr"] = rate * (1 + math.cos(math.pi * min(1, self._share()))) / 2
        self._optimiser.step()
        self._put_in_place()
        return loss

    def _losses(
        self, part: list[batches.Text], prefix: sharedprefix.Prefix
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each token of the answers, in order, and whether it was the likeliest one."""
        ids = torch.zeros(len(part), len(part[0].tokens), dtype=torch.long)
        asked = torch.zeros_like(ids, dtype=torch.bool)
        for row, text in enumerate(part):
            ids[row, : len(text.tokens)] = torch.tensor(text.tokens)
            for start, end in text.answers:
                asked[row, start - 1 : end - 1] = True
        ids, asked = ids.to(self._device), asked.to(self._device)
        # The last token of the longest text has none behind it, so shifting by one drops nothing.
        wanted = ids.roll(-1, 1)[asked]
        logits = self._head(sharedprefix.hidden_states(self._body, ids, prefix)[asked]).float()
        losses = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
        return losses, logits.argmax(-1) == wanted

    def _measure(self) -> None:
        """Add a point to the curve: the loss of what is held out, and the share answered to the token."""
        now, began = self._progress, time.monotonic()
        losses, exact, tokens, texts = 0.0, 0, 0, 0
        with torch.no_grad():
            for step in self._held:
                prefix = sharedprefix.evaluate_prefix(self._body, step.beginning)
                for part in batches.parts(step.texts, self._given.part_tokens):
                    found, hits = self._losses(part, prefix)
                    lengths = [text.learned for text in part]
                    losses += float(found.sum())
                    exact += sum(bool(those.all()) for those in hits.split(lengths))
                    tokens, texts = tokens + sum(lengths), texts + len(part)
        now.seconds += time.monotonic() - began
        now.measured = now.seconds
        point = {"step": now.step, "pairs": now.pairs, "minutes": round(now.seconds / 60, 2),
                 "loss": round(now.recent, 4), "held_out_loss": round(losses / max(1, tokens), 4),
                 "held_out_exact": round(exact / max(1, texts), 4)}  # fmt: skip
        now.curve.append(point)
        print("held out:", json.dumps(point), flush=True)

    def _say(self, step: batches.Step, loss: float, seconds: float) -> None:
        now = self._progress
        tokens = sum(len(text.tokens) for text in step.texts)
        answers = sum(text.learned for text in step.texts)
        done = max((now.step + 1) / len(self._steps), now.seconds / 60 / self._given.minutes)
        print(
            f"step {now.step + 1}/{len(self._steps)}  loss {loss:.3f} ({now.recent:.3f})  "
            f"{tokens / seconds:.0f} tokens/s, {answers / seconds:.1f} of answers  "
            f"{now.seconds / 60:.1f} min, {now.seconds / 60 * (1 / done - 1):.0f} to go",
            flush=True,
        )

    def _put_in_place(self) -> None:
        with torch.no_grad():
            for exact, weight in zip(self._exact, self._learned):
                weight.copy_(exact)

    def _settings(self) -> dict[str, Any]:
        """Return what a training must have in common with one that it goes on with."""
        free = (
            "minutes",
            "threads",
            "part_tokens",
            "checkpoint_minutes",
            "held_out_minutes",
            "output",
            "end_behind",
        )
        return {name: str(value) for name, value in vars(self._given).items() if name not in free}

    def _save(self) -> None:
        """Write checkpoint, adapter and curve, the checkpoint whole or not at all."""
        state = {
            "settings": self._settings(),
            "progress": asdict(self._progress),
            "weights": self._exact,
            "optimiser": self._optimiser.state_dict(),
        }
        draft = self._checkpoint.with_suffix(".part")
        with draft.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._checkpoint)
        self._model.save_pretrained(self._given.output / "adapter")
        if self._progress.curve:
            with (self._given.output / "curve.csv").open("w", newline="", encoding="utf-8") as file:
                table = csv.DictWriter(file, list(self._progress.curve[0]), lineterminator="\n")
                table.writeheader()
                table.writerows(self._progress.curve)

    def _start_from(self, path: Path) -> None:
        """Take the weights of another training's checkpoint, and nothing else of it."""
        state = torch.load(path, weights_only=True, map_location=self._device)
        own = self._settings()
        for name in ("rank", "alpha", "modules", "from_layer"):
            if state["settings"][name] != own[name]:
                raise SystemExit(f"{path} has another --{name.replace('_', '-')}: {state['settings'][name]}")
        self._take(state["weights"])
        print(f"starting from {path}")

    def _resume(self) -> bool:
        """Go on from this training's own checkpoint; say whether there is one."""
        if not self._checkpoint.exists():
            return False
        state = torch.load(self._checkpoint, weights_only=True, map_location=self._device)
        if state["settings"] != self._settings():
            raise SystemExit(f"{self._checkpoint} is of a training with other arguments; name another OUTPUT")
        self._take(state["weights"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._progress = Progress(**state["progress"])
        print(f"going on behind step {self._progress.step}")
        return True

    def _take(self, weights: list[torch.Tensor]) -> None:
        for exact, saved in zip(self._exact, weights):
            exact.copy_(saved)
        self._put_in_place()


def tokenizing(tokenizer: Any) -> batches.Tokenize:
    """Return what cuts texts into tokens; control tokens in somebody's words are broken up."""

    def tokenize(text: str, special: bool) -> list[int]:
        tokenizer.backend_tokenizer.encode_special_tokens = not special
        return list(tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids)

    return tokenize


def with_adapter(given: argparse.Namespace, device: str) -> Any:
    """Return the model with a new adapter on some of its layers, which alone is to be trained."""
    model = transformers.AutoModelForCausalLM.from_pretrained(
        given.base, dtype=torch.bfloat16, attn_implementation=sharedprefix.ATTENTION
    )
    layers = list(range(given.from_layer, model.config.num_hidden_layers))
    config = peft.LoraConfig(
        r=given.rank,
        lora_alpha=given.alpha,
        target_modules=list(given.modules),
        layers_to_transform=layers if given.from_layer else None,
        task_type="CAUSAL_LM",
    )
    return peft.get_peft_model(model.to(device), config, autocast_adapter_dtype=False)


if __name__ == "__main__":
    main()
