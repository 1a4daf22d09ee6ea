"""The index survives being killed: see benchmarks/kill.py, which can do it for as long as one likes."""

from __future__ import annotations

from benchmarks import kill


def test_a_sync_that_is_killed_again_and_again_ends_right_and_never_looks_wrong() -> None:
    outcome = kill.run(rounds=8, seed=20251123)
    assert outcome.problems == []
    assert outcome.killed >= 4
    assert outcome.settled >= 2
    assert outcome.reads > outcome.killed
