"""What benchmarks/growth.py measures with: a made-up collection that is what it claims to be, and its arithmetic."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks import growth, synthetic


def test_words_follow_zipf_and_vectors_lie_in_clusters() -> None:
    counts = Counter(synthetic.Prose(seed=3).words(200_000)).most_common()
    assert counts[0][0] == synthetic.STOP_WORDS[0]
    assert counts[0][1] / counts[9][1] == pytest.approx(10, rel=0.15)
    embedder = synthetic.PreparedEmbedder()
    vectors = embedder.embed_passages([f"text {n}" for n in range(3000)])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(vectors[7], embedder.embed_query("text 7"))
    cosines = vectors @ vectors.T - 2 * np.eye(3000)
    assert np.median(cosines.max(axis=1)) > 5 * np.median(np.abs(cosines))


def test_documents_have_the_passages_asked_for(tmp_path: Path) -> None:
    assert list(synthetic.write_documents(tmp_path, 150)) == [1, 2, 3]
    from index.splitting import Splitter

    embedder = synthetic.PreparedEmbedder()
    splitter = Splitter(embedder.count_tokens, limit=embedder.limit)
    assert sum(len(splitter.split(path.read_text())) for path in tmp_path.rglob("*.txt")) == pytest.approx(150, rel=0.1)


def test_each_step_is_measured_and_growth_is_held_against_n_log_n(tmp_path: Path) -> None:
    documents, data = tmp_path / "documents", tmp_path / "data"
    assert list(synthetic.write_documents(documents, 100)) == [1, 2]
    figures = growth.indexing(data, documents) | growth.syncing_again(data, documents)
    figures |= growth.searching(data) | growth.removing(data)
    assert figures["documents"] == 2
    assert growth.GROWING.keys() <= figures.keys()
    assert figures["recall_at_10"] == 1.0
    larger = figures | {"passages": figures["passages"] ** 2, "disk_mib": figures["disk_mib"] * figures["passages"] * 2}
    steepness = {g["what"]: g["beside_n_log_n"] for g in growth.growth([figures, larger])}
    assert steepness["disk_mib"] == 1.0
    assert steepness["fused_p95_ms"] < 0.1
    growth.draw([figures, larger], tmp_path / "growth.svg")
    assert "n log n" in (tmp_path / "growth.svg").read_text()
