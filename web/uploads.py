"""Files coming in: each is indexed in a thread of its own, and how far it has come is told as it goes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from assistant import Assistant
from index.errors import KnownError
from index.types import Progress, ProgressCallback, SyncReport
from web.markup import count, name, text
from web.rendering import duration

STAGES = {"read": "Reading", "embed": "Indexing", "publish": "Saving"}


@dataclass(frozen=True, slots=True)
class File:
    """A file that was sent to the server: its own name, and where its bytes are."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Job:
    """How one file stands: `outcome` is None while it is under way, `failed` whether it went wrong."""

    name: str
    doing: str = "Waiting"
    done: int = 0
    total: int = 0
    rate: float = 0.0
    left: float | None = None
    outcome: str | None = None
    failed: bool = False


class Uploads:
    """Indexes files one after another: the index has one writer at a time, so uploads from several tabs queue here."""

    def __init__(self, assistant: Assistant, clock: Callable[[], float] = monotonic) -> None:
        self._assistant = assistant
        self._clock = clock
        self._turn = threading.Lock()

    def run(self, files: Sequence[File]) -> Iterator[list[Job]]:
        """Index the files, yielding how all of them stand; the last list is what became of them.

        Whoever stops listening stops nothing: the files are indexed to the end.
        """
        jobs = [Job(file.name) for file in files]
        yield list(jobs)
        news: queue.SimpleQueue[tuple[int, Progress | Job]] = queue.SimpleQueue()
        threading.Thread(target=self._work, args=(files, news), name="uploads", daemon=True).start()
        waiting, stage, began = len(files), "", self._clock()
        while waiting:
            number, item = news.get()
            while isinstance(item, Progress) and not news.empty():
                number, item = news.get()  # only where it stands now is worth showing
            if isinstance(item, Job):
                waiting, stage = waiting - 1, ""
                jobs[number] = item
            else:
                if item.stage != stage:
                    stage, began = item.stage, self._clock()
                jobs[number] = _under_way(files[number].name, item, self._clock() - began)
            yield list(jobs)

    def _work(self, files: Sequence[File], news: queue.SimpleQueue[tuple[int, Progress | Job]]) -> None:
        for number, file in enumerate(files):
            outcome = Job(file.name, outcome="went wrong: the terminal says how", failed=True)
            try:
                with self._turn:
                    report = self._assistant.upload(file.name, file.path.read_bytes(), progress=_into(news, number))
                outcome = _outcome(file, report)
            except (KnownError, OSError) as error:
                outcome = Job(file.name, outcome=str(error), failed=True)
            finally:
                news.put((number, outcome))


def _into(news: queue.SimpleQueue[tuple[int, Progress | Job]], number: int) -> ProgressCallback:
    return lambda progress: news.put((number, progress))


def _under_way(name: str, progress: Progress, spent: float) -> Job:
    rate = progress.done / spent if spent > 0 else 0.0
    left = (progress.total - progress.done) / rate if rate else None
    return Job(name, STAGES.get(progress.stage, progress.stage), progress.done, progress.total, rate, left)


def _outcome(file: File, report: SyncReport) -> Job:
    if report.failed:
        return Job(file.name, outcome=report.failed[0].error, failed=True)
    if report.unchanged:
        return Job(file.name, outcome="already indexed")
    how = "replaced" if report.changed else "indexed"
    return Job(file.name, outcome=f"{how}: {count(report.passages, 'passage')} in {duration(report.seconds)}")


def jobs_html(jobs: Sequence[Job]) -> str:
    """The uploads of one tab as a list; it goes when the person closes it."""
    if not jobs:
        return ""
    busy = any(job.outcome is None for job in jobs)
    rows = "".join(_job(job) for job in jobs)
    close = "" if busy else '<button type="button" class="link" data-do="close-jobs">Close</button>'
    return (
        f'<section class="jobs" aria-label="Uploads" data-busy="{str(busy).lower()}"><ul>{rows}</ul>{close}</section>'
    )


def _job(job: Job) -> str:
    kind, bar, words = "", "", f"{job.doing} …"
    if job.outcome is not None:
        kind, words = "failed" if job.failed else "done", job.outcome
    elif job.total:
        label = text(f"{job.doing} {job.name}")
        bar = f'<progress max="{job.total}" value="{job.done}" aria-label="{label}"></progress>'
        words = f"{job.doing}: {job.done:,} of {job.total:,}"
        words += f" · {job.rate:.0f} a second" if job.rate >= 1 else ""
        if job.left is not None and job.done < job.total:
            words += f" · about {duration(max(job.left, 1))} left"
    return f'<li class="{kind}">{name(job.name)}{bar}<span class="where">{text(words)}</span></li>'
