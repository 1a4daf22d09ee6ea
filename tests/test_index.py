"""The index through its public surface, with the real Chroma, tantivy and embedding model."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import ARTICLE, SEEDS
from index import DocumentIndex, Embedder, SyncReport
from index.errors import IndexDamaged, IndexLocked, IndexMismatch, MissingPath, NoIndex, UnknownDocument
from index.keywords import KeywordStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "cheese.txt").write_text("The dairy in Lund makes a blue cheese called Ädla.\n")
    (folder / "deep" / "boats.txt").write_text("The ferry to Ven leaves from Landskrona at noon.\n")
    (folder / "deep" / "er" / "bees.md").write_text("# Bees\n\nThe keeper moved forty hives to the heath.\n")
    return folder


def counts(report: SyncReport) -> dict[str, int]:
    names = ("added", "changed", "removed", "renamed", "unchanged")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def ids(index: DocumentIndex) -> list[str]:
    return [info.document for info in index.documents()]


def best(index: DocumentIndex, query: str) -> str:
    return index.search(query, k=1)[0].passage.document


def test_the_article_is_found_and_every_passage_is_its_text(seed_index: DocumentIndex) -> None:
    text = seed_index.text(ARTICLE)
    assert text == (SEEDS / ARTICLE).read_bytes().decode()
    for match in seed_index.search("Which cap did the leaders sign?", k=8):
        assert text[match.passage.start : match.passage.end] == match.passage.text
    assert "MAGA" in seed_index.search("Which cap did the leaders sign?", k=1)[0].passage.text
    assert seed_index.check() == []


def test_matches_come_best_first_with_comparable_cosines(seed_index: DocumentIndex) -> None:
    matches = seed_index.search("rare earths agreement", k=5)
    assert [m.score for m in matches] == sorted((m.score for m in matches), reverse=True)
    assert all(0 <= m.score <= 1 for m in matches)
    by_cosine = {m.passage: m.cosine for m in seed_index.search_dense("rare earths agreement", k=5)}
    for match in matches:
        if match.passage in by_cosine:
            assert match.cosine == pytest.approx(by_cosine[match.passage], abs=1e-4)


def test_sync_tells_added_changed_removed_renamed_and_unchanged_apart(index: DocumentIndex, folder: Path) -> None:
    assert counts(index.sync(folder)) == {"added": 3}
    assert ids(index) == ["cheese.txt", "deep/boats.txt", "deep/er/bees.md"]
    again = index.sync(folder)
    assert counts(again) == {"unchanged": 3}
    assert again.passages == 0

    (folder / "cheese.txt").write_text("The dairy in Lund closed; the windmill grinds rye.\n")
    (folder / "deep" / "boats.txt").unlink()
    (folder / "deep" / "er" / "bees.md").rename(folder / "hives.md")
    (folder / "tram.txt").write_text("The tram line opened in autumn.\n")
    report = index.sync(folder)
    assert counts(report) == {"added": 1, "changed": 1, "removed": 1, "renamed": 1}
    assert report.passages == 2  # a rename embeds nothing
    assert ids(index) == ["cheese.txt", "hives.md", "tram.txt"]
    assert best(index, "windmill") == "cheese.txt"
    assert best(index, "how many hives?") == "hives.md"
    assert all("Ädla" not in m.passage.text for m in index.search("blue cheese Ädla", k=8))
    assert index.check() == []


def test_two_documents_with_the_same_content_are_two(index: DocumentIndex, folder: Path) -> None:
    shutil.copy(folder / "cheese.txt", folder / "copy.txt")
    assert counts(index.sync(folder)) == {"added": 4}
    (folder / "cheese.txt").unlink()
    assert counts(index.sync(folder)) == {"removed": 1, "unchanged": 3}
    assert best(index, "blue cheese") == "copy.txt"


def test_same_relative_path_in_two_roots_gets_a_stable_id(index: DocumentIndex, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "cheese.txt").write_text("Another cheese altogether: a goat's.\n")
    index.sync(folder)
    index.sync(other)
    assert {"cheese.txt", "other/cheese.txt"} <= set(ids(index))
    (other / "cheese.txt").write_text("A sheep's cheese now.\n")
    assert counts(index.sync(other)) == {"changed": 1}
    assert {"cheese.txt", "other/cheese.txt"} <= set(ids(index))


def test_sync_takes_away_only_what_the_same_path_brought(index: DocumentIndex, folder: Path, tmp_path: Path) -> None:
    index.sync(folder)
    index.upload("note.txt", b"An uploaded note about zebras.")
    single = tmp_path / "single.txt"
    single.write_text("A file indexed by its own path.\n")
    index.sync(single)
    (folder / "cheese.txt").unlink()
    single.unlink()
    assert counts(index.sync(folder)) == {"removed": 1, "unchanged": 2}
    assert {"note.txt", "single.txt"} <= set(ids(index))
    shutil.rmtree(folder)
    with pytest.raises(MissingPath, match="does not exist"):
        index.sync(folder)
    assert len(ids(index)) == 4


def test_what_cannot_be_listed_or_read_stays(tmp_path: Path) -> None:
    """In a process of its own, since root may read everything and must first become someone else."""
    place = Path(tempfile.mkdtemp(dir=tmp_path.parents[2]))  # pytest's own folders are closed to others
    place.chmod(0o777)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _UNPRIVILEGED, str(place)], capture_output=True, text=True, check=False
        )
    finally:
        shutil.rmtree(place)
    assert done.stdout.splitlines() == ["['deep', 'cheese.txt'] 0 2", "MissingPath"], done.stderr


_UNPRIVILEGED = """
import os, sys
from pathlib import Path
from index import DocumentIndex, open_embedder
from index.errors import MissingPath
place, embedder = Path(sys.argv[1]), open_embedder()
with DocumentIndex.open(place / "warm", embedder) as index:  # loads every library while it may be read
    index.upload("a.txt", b"warm")
    index.search("warm")
if os.geteuid() == 0:
    os.setuid(65534)
folder = place / "folder"
(folder / "deep").mkdir(parents=True)
(folder / "cheese.txt").write_text("Blue cheese.")
(folder / "deep" / "boats.txt").write_text("The ferry.")
with DocumentIndex.open(place / "data", embedder) as index:
    index.sync(folder)
    (folder / "deep").chmod(0)
    (folder / "cheese.txt").chmod(0)
    report = index.sync(folder)
    print([failure.document for failure in report.failed], report.removed, len(index.documents()))
    folder.chmod(0)
    try:
        index.sync(folder)
    except MissingPath:
        print("MissingPath")
folder.chmod(0o755)
(folder / "deep").chmod(0o755)
"""


def test_a_file_that_became_unreadable_keeps_its_old_version(index: DocumentIndex, folder: Path) -> None:
    index.sync(folder)
    (folder / "cheese.txt").write_bytes(b"   \n")
    report = index.sync(folder)
    assert [failure.document for failure in report.failed] == ["cheese.txt"]
    assert report.failed[0].error
    assert best(index, "blue cheese") == "cheese.txt"


def test_removed_stays_away_until_it_changes_or_again(index: DocumentIndex, folder: Path) -> None:
    index.sync(folder)
    index.remove("cheese.txt")
    with pytest.raises(UnknownDocument, match=r"cheese\.txt"):
        index.text("cheese.txt")
    index.sync(folder)
    assert "cheese.txt" not in ids(index)
    assert counts(index.sync(folder, again=True)) == {"added": 1, "unchanged": 2}
    index.remove("cheese.txt")
    (folder / "cheese.txt").write_text("A new cheese.\n")
    assert counts(index.sync(folder)) == {"added": 1, "unchanged": 2}
    assert index.check() == []


def test_a_new_upload_replaces_the_former_of_its_name(index: DocumentIndex) -> None:
    assert counts(index.upload("note.txt", b"Zebras graze.")) == {"added": 1}
    assert counts(index.upload("note.txt", b"Zebras graze.")) == {"unchanged": 1}
    assert counts(index.upload("note.txt", b"Okapis hide.")) == {"changed": 1}
    assert index.text("note.txt") == "Okapis hide."
    assert ids(index) == ["note.txt"]


def test_many_small_changes_leave_few_generations_and_no_dead_folders(index: DocumentIndex, tmp_path: Path) -> None:
    for n in range(14):
        index.upload(f"{n}.txt", f"Note {n} is about subject {n}.".encode())
    assert len(list((tmp_path / "data" / "vectors").iterdir())) == 1
    for n in range(13):
        index.remove(f"{n}.txt")
    assert index.check() == []
    assert best(index, "what is note 13 about?") == "13.txt"


def test_generations_are_searched_as_one_by_any_number_of_threads(index: DocumentIndex, tmp_path: Path) -> None:
    folder, note = tmp_path / "notes", "Note {} is about subject {}."
    folder.mkdir()
    for n in range(40):
        (folder / f"{n}.txt").write_text(note.format(n, n))
    index.sync(folder)
    for n, generations in ((40, 2), (41, 2), (42, 1)):  # a sixteenth of forty is more than two
        index.upload(f"{n}.txt", note.format(n, n).encode())
        assert len(list((tmp_path / "data" / "vectors").iterdir())) == generations
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: best(index, note.format(n, n)), range(n + 1)))
        assert found == [f"{n}.txt" for n in range(n + 1)]
    assert index.check() == []


def test_search_keeps_to_the_documents_it_is_given(index: DocumentIndex, folder: Path) -> None:
    index.sync(folder)
    assert {m.passage.document for m in index.search("blue cheese", documents=["deep/boats.txt"])} == {"deep/boats.txt"}
    assert index.search("blue cheese", documents=[]) == []
    with pytest.raises(UnknownDocument):
        index.search("blue cheese", documents=["nowhere.txt"])


def test_nothing_indexed_is_an_error_and_leaves_no_trace(index: DocumentIndex, tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="assistant index"):
        index.search("anything")
    with pytest.raises(MissingPath):
        index.sync(tmp_path / "nowhere")
    assert not (tmp_path / "data").exists()


def test_one_writer_at_a_time(index: DocumentIndex, folder: Path, tmp_path: Path, embedder: Embedder) -> None:
    index.sync(folder)
    inside, done = threading.Event(), threading.Event()

    def slow(_: object) -> None:
        inside.set()
        done.wait(20)

    other = DocumentIndex.open(tmp_path / "data", embedder)
    (folder / "new.txt").write_text("Something new.\n")
    writer = threading.Thread(target=lambda: other.sync(folder, progress=slow))
    writer.start()
    inside.wait(20)
    try:
        with pytest.raises(IndexLocked, match=str(os.getpid())):
            index.remove("cheese.txt")
        assert best(index, "blue cheese") == "cheese.txt"  # reading goes on
    finally:
        done.set()
        writer.join()
        other.close()
    assert "new.txt" in ids(index)


@dataclasses.dataclass
class Renamed:
    """The real embedder under another name, as another model would be."""

    inner: Embedder
    name: str = "another-model"

    def __getattr__(self, attribute: str) -> object:
        return getattr(self.inner, attribute)


def test_other_settings_are_refused_until_the_index_is_rebuilt(
    index: DocumentIndex, folder: Path, tmp_path: Path, embedder: Embedder
) -> None:
    index.sync(folder)
    with pytest.raises(IndexMismatch, match=r"another-model.*assistant index --rebuild"):
        DocumentIndex.open(tmp_path / "data", Renamed(embedder))
    shutil.rmtree(folder)  # a rebuild needs no file
    with DocumentIndex.open(tmp_path / "data", Renamed(embedder), rebuild=True) as other:
        assert counts(other.rebuild()) == {"changed": 3}
        assert best(other, "blue cheese") == "cheese.txt"
        assert other.check() == []
    with pytest.raises(IndexMismatch):  # the one that was open all the time notices
        index.search("blue cheese")


@pytest.mark.parametrize("store", ["keywords", "vectors"])
def test_a_lost_store_is_an_error_that_the_next_sync_repairs(
    store: str, folder: Path, tmp_path: Path, embedder: Embedder
) -> None:
    with DocumentIndex.open(tmp_path / "data", embedder) as index:
        index.sync(folder)
    shutil.rmtree(tmp_path / "data" / store)
    with DocumentIndex.open(tmp_path / "data", embedder) as index:
        with pytest.raises(IndexDamaged, match="assistant index --rebuild"):
            index.search("blue cheese")
        index.sync(folder)
        assert index.check() == []
        assert best(index, "blue cheese") == "cheese.txt"


def test_what_a_keyword_commit_left_that_was_cut_off_is_no_hindrance(tmp_path: Path) -> None:
    """As after a kill between the last file that a commit writes and the one that makes it valid."""
    folder = tmp_path / "keywords"
    KeywordStore(folder).update([(key, 1, f"ferry {key}") for key in range(20)])
    valid = (folder / "meta.json").read_bytes()
    for _ in range(2):
        (folder / "meta.json").write_bytes(valid)
        KeywordStore(folder).update([(key, 1, f"harbour {key}") for key in range(20, 30)], delete=[3, 4])
    assert KeywordStore(folder).keys() == set(range(30)) - {3, 4}


def test_readers_in_threads_and_processes_see_whole_states_while_one_writes(
    index: DocumentIndex, folder: Path, tmp_path: Path
) -> None:
    """Each state holds every document once, in its old version or its new one."""
    index.sync(folder)
    reader = subprocess.Popen(
        [sys.executable, "-c", _READER, str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    failures: list[object] = []

    def read() -> None:
        while not done.is_set():
            found = {m.passage.document for m in index.search("ferry cheese hives", k=8)}
            if not {"cheese.txt", "deep/boats.txt", "deep/er/bees.md"} <= found:
                failures.append(found)

    done = threading.Event()
    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(8):
        (folder / "cheese.txt").write_text(f"The dairy makes cheese number {n}.\n")
        (folder / "deep" / "boats.txt").write_text(f"The ferry leaves at {n} o'clock.\n")
        assert counts(index.sync(folder)) == {"changed": 2, "unchanged": 1}
    done.set()
    for thread in threads:
        thread.join()
    reader.terminate()
    assert failures == []
    assert reader.stdout.read() == ""  # it prints only what is wrong
    assert index.check() == []


_READER = """
import sys
from pathlib import Path
from index import DocumentIndex, open_embedder
index = DocumentIndex.open(Path(sys.argv[1]), open_embedder())
index.search("warm up")
print("ready", flush=True)
while True:
    found = [m.passage.document for m in index.search("ferry cheese hives", k=8)]
    if sorted(found) != ["cheese.txt", "deep/boats.txt", "deep/er/bees.md"]:
        print(found, flush=True)
"""
