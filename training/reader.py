"""`python -m training.reader --data DIR --out DIR`: trains the reader; stop it at any moment and start it again.

The run ends when its examples or its minutes are used up, whichever comes first; the learning rate falls linearly to
nought over that share of the run that is done, so a run given an hour decays within the hour whatever the machine.
A checkpoint holds the weights, the optimiser and the place in the (seeded) stream of examples.

With `--teacher` (of which there may be several) the reader learns what those hold probable together, beside what is
marked as right: knowledge distillation (Hinton et al. 2015, https://arxiv.org/abs/1503.02531), here into one of their
own size.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from training.corpora import Example
from training.measuring import figures, read_spans
from training.mixture import SHARES, packed, validation
from training.model import Reader, read_weights, write_weights
from training.packed import Packed, tensors

CHECKPOINT = "checkpoint.pt"
WEIGHTS = "reader.safetensors"
LOG = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what is learnt; kept in the checkpoint and the log."""

    examples: int = 20_000
    minutes: float = 600.0
    batch: int = 16
    rate: float = 5e-5
    head_rate: float = 2e-4
    warm_up: float = 0.03
    decay: float = 0.01
    dropout: float = 0.0
    longest: int = 192
    taught: float = 0.7
    seed: int = 1
    low_precision: bool = True


class Run:
    """One training run in a folder, begun or gone on with."""

    def __init__(
        self,
        out: Path,
        recipe: Recipe,
        init: Path | None,
        device: str,
        *,
        teachers: Sequence[Path] = (),
        compiled: bool = False,
    ) -> None:
        self.recipe = recipe
        self._out = out
        self._device = device
        torch.manual_seed(recipe.seed)
        # On a CPU torch's own attention has a slow gradient: written out, a step takes a quarter less time.
        attention = "eager" if device == "cpu" else "sdpa"
        self.model = Reader(attention, recipe.dropout).to(device)
        self._teachers = [Reader(attention).to(device).eval() for _ in teachers]
        for teacher, weights in zip(self._teachers, teachers, strict=True):
            teacher.take(read_weights(weights))
        if compiled:
            for reader in (self.model, *self._teachers):
                reader.bert.compile(dynamic=True)
        self._optimiser = self._made_optimiser()
        self.steps = 0
        self.seconds = 0.0
        out.mkdir(parents=True, exist_ok=True)
        if (out / CHECKPOINT).exists():
            self._go_on(torch.load(out / CHECKPOINT, map_location=device, weights_only=True))
        elif init is not None:
            self.model.take(read_weights(init))

    @property
    def done(self) -> float:
        """The share of the run that is behind it, 0 to 1."""
        return min(
            1.0, max(self.steps * self.recipe.batch / self.recipe.examples, self.seconds / 60 / self.recipe.minutes)
        )

    def train(self, mixture: Packed, every: float, checked: dict[str, list[Example]]) -> None:
        """Learn until the run is done; log, validate and save every so many minutes."""
        recipe, pieces = self.recipe, torch.from_numpy(mixture.pieces.astype("int32")).to(self._device)
        self._note("begin", recipe=asdict(recipe), shares=SHARES, validation=self._validated(checked))
        began, due, losses = time.monotonic() - self.seconds, self.seconds + every * 60, []
        for windows in mixture.batches(SHARES, recipe.batch, recipe.longest, recipe.seed, skip=self.steps):
            if self.done >= 1:
                break
            losses.append(self._step(tensors(windows, pieces)))
            self.seconds = time.monotonic() - began
            if self.seconds >= due:
                self._note("progress", loss=_mean(losses), validation=self._validated(checked))
                self.save()
                self.seconds = time.monotonic() - began
                due, losses = self.seconds + every * 60, []
        self._note("end", loss=_mean(losses), validation=self._validated(checked))
        self.save()

    def save(self) -> None:
        """The checkpoint and the weights, each written whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "steps": self.steps,
            "seconds": self.seconds,
        }
        partial = self._out / "checkpoint.partial"
        torch.save(state, partial)
        os.replace(partial, self._out / CHECKPOINT)
        write_weights(self.model.weights(), self._out / WEIGHTS)

    def _step(self, examples: dict[str, torch.Tensor]) -> torch.Tensor:
        factor = min(1.0, self.done / self.recipe.warm_up) if self.done < self.recipe.warm_up else 1.0 - self.done
        for group in self._optimiser.param_groups:
            group["lr"] = max(0.02, factor) * group["base"]
        self.model.train()
        with torch.autocast(self._device, dtype=torch.bfloat16, enabled=self.recipe.low_precision):
            taught = [teacher.probable(examples) for teacher in self._teachers]
            loss = self.model.loss(examples, torch.stack(taught).mean(dim=0) if taught else None, self.recipe.taught)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for p in self.model.parameters() if p.requires_grad], 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self.steps += 1
        return loss.detach()  # not yet a number: on a GPU that would wait for the step to end

    def _made_optimiser(self) -> torch.optim.AdamW:
        """Weight decay for matrices only; the head learns faster than the encoder."""
        groups: dict[tuple[bool, bool], list[Any]] = {}
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                groups.setdefault((name.startswith("span_head"), parameter.ndim > 1), []).append(parameter)
        made = []
        for (head, matrix), parameters in groups.items():
            rate = self.recipe.head_rate if head else self.recipe.rate
            decay = self.recipe.decay if matrix else 0.0
            made.append({"params": parameters, "lr": rate, "base": rate, "weight_decay": decay})
        return torch.optim.AdamW(made, fused=True)

    def _go_on(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        bases = [group["base"] for group in self._optimiser.param_groups]
        self._optimiser.load_state_dict(state["optimiser"])
        for group, base in zip(self._optimiser.param_groups, bases, strict=True):
            group["base"] = base  # this run's rate, whatever the stopped one was told
        self.steps, self.seconds = state["steps"], state["seconds"]

    def _validated(self, checked: dict[str, list[Example]]) -> dict[str, dict[str, float]]:
        return {name: figures(examples, read_spans(self.model, examples)) for name, examples in checked.items()}

    def _note(self, what: str, **more: Any) -> None:
        row = {"what": what, "steps": self.steps, "minutes": round(self.seconds / 60, 2), **more}
        with (self._out / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)


def _mean(losses: list[torch.Tensor]) -> float:
    return float(torch.stack(losses).mean()) if losses else float("nan")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m training.reader", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with squad/ and extra/, to validate with")
    parser.add_argument("--mixture", type=Path, help="what training.mixture made; else it is made, and kept in --out")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoint, weights, log")
    parser.add_argument(
        "--init", type=Path, help="an artifact to go on from, such as assistant/reader/reader.safetensors"
    )
    parser.add_argument("--teacher", type=Path, action="append", default=[], help="an artifact to learn from")
    parser.add_argument("--validate", type=int, default=400, help="questions to validate with, each time")
    parser.add_argument("--every", type=float, default=10.0, help="minutes between validations")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    for field, default in asdict(Recipe()).items():
        if not isinstance(default, bool):
            parser.add_argument(f"--{field.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--full-precision", action="store_true", help="fp32 throughout instead of bf16 products")
    parser.add_argument("--compiled", action="store_true", help="by torch.compile, which needs a C++ compiler")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    chosen = {field: getattr(given, field) for field in asdict(Recipe()) if field != "low_precision"}
    recipe = Recipe(**chosen, low_precision=not given.full_precision)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    run = Run(given.out, recipe, given.init, device, teachers=given.teacher, compiled=given.compiled)
    mixture = Packed.read(given.mixture) if given.mixture else packed(given.data, given.out / "mixture.npz")
    run.train(mixture, given.every, validation(given.data, given.validate))


if __name__ == "__main__":
    main()
