"""Spans read by the model in training, and the official measures of SQuAD over them."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.corpora import Example

if TYPE_CHECKING:
    from training.model import Reader

LONGEST_ANSWER = 30
"""Word pieces of an answer, as usual for SQuAD."""


@dataclass(frozen=True, slots=True)
class Read:
    """The best span of a context and its score: the span's logits less those of no answer."""

    text: str
    score: float


def read_spans(model: Reader, examples: Sequence[Example], longest: int = 384, size: int = 16) -> list[Read]:
    """What the model in training reads, one an example; a context beyond `longest` word pieces is cut."""
    import torch

    from index.minilm import checked_tokenizer, packaged_folder
    from training.packed import CLS, SEP

    tokenizer = checked_tokenizer(packaged_folder())
    made: list[tuple[int, list[int], int, list[tuple[int, int]]]] = []
    for number, example in enumerate(examples):
        question = tokenizer.encode(example.question, add_special_tokens=False).ids[:64]
        context = tokenizer.encode(example.context, add_special_tokens=False)
        ids = context.ids[: longest - len(question) - 3]
        made.append((number, [CLS, *question, SEP, *ids, SEP], len(question) + 2, context.offsets))
    made.sort(key=lambda one: len(one[1]))
    found: dict[int, Read] = {}
    model.eval()
    device = model.span_head.weight.device
    for at in range(0, len(made), size):
        part = made[at : at + size]
        ids, segments, mask = np.zeros((3, len(part), len(part[-1][1])), dtype=np.int64)
        for row, (_, pieces, before, _) in enumerate(part):
            ids[row, : len(pieces)], mask[row, : len(pieces)], segments[row, before : len(pieces)] = pieces, 1, 1
        with torch.no_grad():
            logits = model(*(torch.from_numpy(a).to(device) for a in (ids, segments, mask))).cpu().numpy()
        for (number, pieces, before, offsets), row in zip(part, logits, strict=True):
            inside = row[before : len(pieces) - 1]
            start, end, score = best_span(inside[:, 0], inside[:, 1])
            text = examples[number].context[offsets[start][0] : offsets[end][1]]
            found[number] = Read(text, score - float(row[0].sum()))
    return [found[number] for number in range(len(examples))]


def best_span(starts: np.ndarray, ends: np.ndarray) -> tuple[int, int, float]:
    """The span whose logits sum to the most, of at most LONGEST_ANSWER word pieces: first, last, sum."""
    sums = starts[:, None] + ends[None, :]
    sums = np.where(np.triu(np.ones_like(sums)) - np.triu(np.ones_like(sums), LONGEST_ANSWER) > 0, sums, -np.inf)
    start, end = np.unravel_index(int(sums.argmax()), sums.shape)
    return int(start), int(end), float(sums[start, end])


def figures(examples: Sequence[Example], read: Sequence[Read]) -> dict[str, float]:
    """Forced EM and F1 of the answerable, area under the ROC of answerable or not, and the best F1 of any threshold."""
    right = [scored(example, found.text) for example, found in zip(examples, read, strict=True)]
    answerable = np.array([bool(example.answers) for example in examples])
    scores = np.array([found.score for found in read])
    f1 = np.array([one[1] for one in right])
    return {
        "questions": len(examples),
        "em": round(100 * float(np.mean([one[0] for one, has in zip(right, answerable, strict=True) if has])), 2),
        "f1": round(100 * float(f1[answerable].mean()), 2),
        "auroc": round(auroc(scores, answerable), 4),
        "best_f1": round(best_f1(scores, answerable, f1)[0], 2),
    }


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """The share of pairs of a positive and a negative in which the positive scores higher (ties half)."""
    positives, negatives = scores[positive], np.sort(scores[~positive])
    if not len(positives) or not len(negatives):
        return float("nan")
    below = np.searchsorted(negatives, positives, "left") + np.searchsorted(negatives, positives, "right")
    return float(below.mean() / 2 / len(negatives))


def best_f1(scores: np.ndarray, answerable: np.ndarray, f1: np.ndarray) -> tuple[float, float]:
    """The highest F1 that any threshold gives, in per cent, and that threshold: SQuAD's `best_f1`, an oracle."""
    order = np.argsort(-scores, kind="stable")
    gains = np.where(answerable, f1, -1.0)[order]
    totals = np.concatenate([[0.0], np.cumsum(gains)]) + float((~answerable).sum())
    best = int(totals.argmax())
    return 100 * float(totals[best]) / len(scores), float(scores[order[best - 1]]) if best else float("inf")


def scored(example: Example, text: str) -> tuple[float, float]:
    """Exact match and F1 against the nearest of the answers, as in SQuAD's evaluate-v2.0.py; "" is no answer."""
    golds = [gold for gold in example.texts if normalised(gold)] or [""]
    return max(float(normalised(gold) == normalised(text)) for gold in golds), max(_f1(gold, text) for gold in golds)


def normalised(text: str) -> str:
    """Small letters, without punctuation, articles and superfluous blanks, as in SQuAD's script."""
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def _f1(gold: str, text: str) -> float:
    wanted, given = normalised(gold).split(), normalised(text).split()
    if not wanted or not given:
        return float(wanted == given)
    common = sum((Counter(wanted) & Counter(given)).values())
    return 2 * common / (len(wanted) + len(given))
