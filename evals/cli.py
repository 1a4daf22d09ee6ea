"""`python -m evals` and `assistant eval`: ask the questions, show the figures, hold them against the baseline."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evals import datasets, gate, report, store
from evals.compare import compare as compare_rows
from evals.datasets import Dataset, Mode
from evals.machines import as_json, junit
from evals.scoring import Row
from index.errors import KnownError

if TYPE_CHECKING:
    from assistant import Assistant
    from evals.judges import Judge

RUNS = Path("runs")
SECRET = ("key", "token", "password", "secret", "tracing", "chroma")  # settings that a stored run does not tell

app = typer.Typer(
    help="Is the assistant better or worse than before, and where? Without options: the gold questions on the seeds.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Out = Annotated[Path, typer.Option("--out", help="Where runs and their indexes are kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to stdout instead of a table.")]


@app.callback(invoke_without_command=True)
def evaluate(
    ctx: typer.Context,
    *,
    gold: Annotated[Path | None, typer.Option(help="A gold file (JSON Lines) of your own.")] = None,
    docs: Annotated[Path | None, typer.Option(help="The documents that --gold asks about.")] = None,
    squad: Annotated[Path | None, typer.Option(help="SQuAD 1.1 or 2.0, .json or .json.gz.")] = None,
    mode: Annotated[Mode, typer.Option(help="What --squad asks: its paragraph, the search, or all.")] = Mode.READING,
    articles_of: Annotated[
        Path | None, typer.Option(help="Keep the questions to the articles that this SQuAD file holds, too.")
    ] = None,
    beir: Annotated[Path | None, typer.Option(help="A BEIR folder (corpus.jsonl, queries.jsonl, qrels/).")] = None,
    split: Annotated[str, typer.Option(help="Which qrels of --beir.")] = "test",
    limit: Annotated[int | None, typer.Option(min=1, help="Ask only so many, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(help="Which draw --limit makes.")] = 1,
    out: Out = RUNS,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last run of this very kind.")] = False,
    llm: Annotated[str | None, typer.Option(help="The LLM that answers; the setting of that name.")] = None,
    engine: Annotated[str | None, typer.Option(help="The engine that answers; the setting of that name.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, any setting of the assistant; may be repeated.")
    ] = None,
    judge: Annotated[str | None, typer.Option(help="An LLM's opinion beside the figures: its name.")] = None,
    check: Annotated[bool, typer.Option("--gate", help="Fail where it is worse than the baseline.")] = False,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Make this run the baseline. Look at its report first.")
    ] = False,
    baseline: Annotated[Path | None, typer.Option(help="The baseline; that of the seeds by default.")] = None,
    data_json: AsJson = False,
) -> None:
    """Ask the gold questions on the seeds (or other ones) and write figures with intervals and a report.

    Exit code 0; 1 where a question crashed or the gate fails.
    """
    if ctx.invoked_subcommand:
        return
    chosen = _dataset(
        gold=gold, docs=docs, squad=squad, mode=mode, articles_of=articles_of, beir=beir, split=split
    ).drawn(limit, seed)
    held = baseline or gate.seed_baseline()
    if (check or update_baseline) and baseline is None and chosen.name != "seeds":
        raise typer.BadParameter("the committed baseline is that of the seeds: name another with --baseline FILE")
    if (check or update_baseline) and chosen.limit:
        raise typer.BadParameter("--gate and --update-baseline need all questions: leave --limit out")
    settings = [*(setting or []), *([f"llm={llm}"] if llm else []), *([f"engine={engine}"] if engine else [])]
    run, rows = _ask(chosen, out, settings, resume=resume, judge=_judge(judge))
    if update_baseline:
        gate.write(held, chosen.hash, store.revision(), rows)
    verdict = gate.judge(gate.read(held), chosen.hash, rows) if check else None
    summary = as_json({**run.manifest, "engine": _engines(rows)}, rows)
    page = report.render(
        summary,
        rows,
        comparison=verdict.comparison if verdict else None,
        compared_with="the baseline" if verdict else "",
        complaints=verdict.complaints if verdict else None,
    )
    (run.folder / "report.html").write_text(page, encoding="utf-8")
    (run.folder / "summary.json").write_text(_json(summary), encoding="utf-8")
    (run.folder / "junit.xml").write_text(junit(chosen.name, rows), encoding="utf-8")
    if data_json:
        gated = {"gate": {"passed": verdict.passed, "complaints": verdict.complaints}} if verdict else {}
        print(_json({**summary, "folder": str(run.folder), **gated}))
    else:
        _show(run, summary, rows, verdict, updated=held if update_baseline else None)
    if any(row.failed for row in rows) or (verdict and not verdict.passed):
        raise typer.Exit(1)


@app.command()
def compare(before: str, after: str, out: Out = RUNS, data_json: AsJson = False) -> None:
    """Two runs on the same questions: how each figure moved, with paired intervals, and what flipped.

    A run is named by its folder, by the beginning of its name, or as `latest`.
    """
    first, second = store.find(out, before), store.find(out, after)
    found = compare_rows(first.rows(), second.rows())
    if data_json:
        print(
            _json(
                {
                    "questions": found.questions,
                    "alone": found.alone,
                    "changes": {
                        change.metric.name: {
                            "before": change.before,
                            "after": change.after,
                            "growth": [change.growth.value, change.growth.low, change.growth.high],
                        }
                        for change in found.changes
                    },
                    "flips": [
                        {"id": flip.after.id, "before": flip.before.outcome, "after": flip.after.outcome}
                        for flip in found.flips
                    ],
                }
            )
        )
        return
    from rich.console import Console

    from evals.terminal import show_comparison

    hashes = [run.manifest["config"]["dataset"]["hash"] for run in (first, second)]
    if hashes[0] != hashes[1]:
        print("The gold or the documents differ: only questions with the same id and words are compared.")
    show_comparison(Console(), found, first.name, second.name)


def main() -> None:
    """The command; what goes wrong on purpose is one line on stderr and exit code 1."""
    try:
        app(prog_name="python -m evals")
    except KnownError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def _dataset(
    *,
    gold: Path | None,
    docs: Path | None,
    squad: Path | None,
    mode: Mode,
    articles_of: Path | None,
    beir: Path | None,
    split: str,
) -> Dataset:
    if sum(source is not None for source in (gold, squad, beir)) > 1:
        raise typer.BadParameter("--gold, --squad and --beir exclude each other")
    if (gold is None) != (docs is None):
        raise typer.BadParameter("--gold FILE and --docs DIR belong together")
    if articles_of and not squad:
        raise typer.BadParameter("--articles-of belongs to --squad")
    if gold and docs:
        return datasets.gold(gold, docs)
    if squad:
        return datasets.squad(squad, mode, datasets.squad_titles(articles_of) if articles_of else None)
    return datasets.beir(beir, split) if beir else datasets.seeds()


def _ask(
    chosen: Dataset, out: Path, settings: list[str], *, resume: bool, judge: Judge | None
) -> tuple[store.Run, list[Row]]:
    from evals.runner import run, write_texts

    with _assistant(chosen, out, settings) as (assistant, about):
        known = {"name": chosen.name, "hash": chosen.hash, "questions": len(chosen.questions)}
        config = {
            "dataset": {**known, "limit": chosen.limit, "seed": chosen.seed},
            "judge": judge.name if judge else None,
            "git revision": store.revision(),
            "fitted": store.fitted(),
            **about,
        }
        kept = store.resume(out, chosen.name, config) if resume else None
        kept = kept or store.start(out, chosen.name, config, {"machine": store.machine()})
        with _progress() as bar:
            folder = write_texts(chosen, out / chosen.collection / "documents")
            assistant.index(folder, progress=bar.indexing)
            rows = run(assistant, chosen, kept, judge=judge, progress=bar.asking(len(chosen.questions)))
    return kept, rows


@contextmanager
def _assistant(chosen: Dataset, out: Path, settings: list[str]) -> Iterator[tuple[Assistant, dict[str, Any]]]:
    """The assistant on an index of its own, and what decides its answers."""
    from assistant import Assistant, Settings
    from assistant.errors import BadSetting
    from index import fingerprint, open_embedder

    environment = dict(os.environ)
    for text in settings:
        name, _, value = text.partition("=")
        if name not in Settings.__dataclass_fields__ or name == "data_dir" or not value:
            known = ", ".join(field for field in Settings.__dataclass_fields__ if field != "data_dir")
            raise BadSetting(f"--setting {text}: expected NAME=VALUE, where NAME is one of {known}")
        environment[f"ASSISTANT_{name.upper()}"] = value
    used = Settings.from_environment(environment)
    print_of_index = json.loads(fingerprint(open_embedder(used.embedding_model, used.embedding_precision, used.device)))
    told = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(used).items()
        if name != "data_dir" and not any(word in name for word in SECRET)
    }
    place = out / chosen.collection / f"index-{store.key(print_of_index)[:8]}"
    with Assistant.open(place, settings=used) as assistant:
        yield assistant, {"settings": told, "index": print_of_index}


def _judge(name: str | None) -> Judge | None:
    if name is None:
        return None
    from assistant.llms import open_llm
    from evals.judges import LlamaIndexJudge

    return LlamaIndexJudge(open_llm(name), name)


def _engines(rows: list[Row]) -> str:
    """Who answered, as the answers say."""
    named = {str(row.answer["engine"]) for row in rows if row.answer and row.answer.get("engine")}
    return ", ".join(sorted(named)) or "the search"


def _show(
    run: store.Run, summary: dict[str, Any], rows: list[Row], verdict: gate.Verdict | None, updated: Path | None
) -> None:
    from rich.console import Console
    from rich.text import Text

    from evals.terminal import show

    console = Console()
    show(console, run.name, summary, rows)
    for row in rows:
        if row.error:
            console.print(Text(f"crashed: {row.id}: {row.error['type']}: {row.error['message']}", style="red"))
    if verdict:
        for complaint in verdict.complaints:
            console.print(Text(f"gate: {complaint}", style="red"))
        for flip in verdict.comparison.flips:
            if flip.worse:
                console.print(f"  {flip.before.outcome} → {flip.after.outcome}  {flip.after.id}: {flip.after.question}")
        console.print("The gate passes." if verdict.passed else "The gate fails.", highlight=False)
    if updated:
        console.print(f"The baseline is now this run: {updated}", highlight=False)
    print(f"report: {run.folder / 'report.html'}")


def _progress() -> Any:
    from evals.progress import Bars

    return Bars()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
