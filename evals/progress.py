"""Where a long run stands, on stderr and only where someone is watching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from evals.scoring import Row
from index.types import Progress as Step


class Bars:
    """A bar for indexing and one for asking, with a running count of what went how."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def indexing(self, step: Step) -> None:
        """Take a step of a sync."""
        if step.stage not in self._stages:
            self._stages[step.stage] = self._bars.add_task(step.stage)
        self._bars.update(self._stages[step.stage], completed=step.done, total=step.total)

    def asking(self, total: int) -> Callable[[Row], None]:
        """What to call with each row of so many."""
        bar = self._bars.add_task("ask", total=total)
        went: dict[str, int] = {}

        def step(row: Row) -> None:
            went[row.outcome] = went.get(row.outcome, 0) + 1
            said = ", ".join(f"{number} {outcome}" for outcome, number in went.items())
            self._bars.update(bar, advance=1, description=f"ask ({said})")

        return step

    def counting(self, name: str, total: int) -> Callable[[], None]:
        """What to call once for each of so many steps."""
        bar = self._bars.add_task(name, total=total)
        return lambda: self._bars.advance(bar)
