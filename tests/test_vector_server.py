"""Vectors on a real `chroma run` server on loopback: same answers as embedded, clear errors, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import chromadb
import pytest

from assistant import BadSetting, Settings
from index import ChromaServer, DocumentIndex, Embedder, vector_server, vectors
from index.errors import IndexDamaged, VectorServerError

NOTES = {
    "cheese.txt": "The dairy in Lund makes a blue cheese called Ädla.",
    "boats.txt": "The ferry to Ven leaves from Landskrona at noon.",
    "bees.txt": "The keeper moved forty hives to the heath.",
}
QUESTION = "When does the ferry leave?"


class Chroma:
    """A server of its own, on a port that stays the same when it is stopped and started."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port), "--path", str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("chroma run does not answer")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def collections(self) -> list[str]:
        return [collection.name for collection in chromadb.HttpClient("127.0.0.1", self.port).list_collections()]


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroma]:
    server = Chroma(tmp_path_factory.mktemp("chroma"))
    yield server
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(text)
    return folder


def opened(data: Path, embedder: Embedder, url: str | None) -> DocumentIndex:
    return DocumentIndex.open(data, embedder, server=ChromaServer(url) if url else None)


def found(index: DocumentIndex) -> list[tuple[str, float]]:
    return [(m.passage.document, round(m.score, 5)) for m in index.search(QUESTION)]


def test_a_server_gives_the_same_answers_as_a_folder_through_every_change(
    chroma: Chroma, folder: Path, tmp_path: Path, embedder: Embedder
) -> None:
    with (
        opened(tmp_path / "near", embedder, None) as near,
        opened(tmp_path / "far", embedder, chroma.url) as far,
        opened(tmp_path / "far", embedder, chroma.url) as reader,  # as another process would
    ):
        for _ in range(3):
            near.sync(folder)
            far.sync(folder)
            assert found(near) == found(far) == found(reader)
            assert far.check() == []
            (folder / "boats.txt").write_text((folder / "boats.txt").read_text() + " In winter it leaves at ten.")
            (folder / "new.txt").write_text("The harbour café opens early.")
            (folder / "bees.txt").unlink(missing_ok=True)
        far.remove("new.txt")
        assert "new.txt" not in [document for document, _ in found(reader)]
        assert far.search_dense(QUESTION, documents=["cheese.txt"])[0].passage.document == "cheese.txt"
        assert far.check() == []
    assert not (tmp_path / "far" / "vectors").exists()


def test_more_rows_are_searched_more_broadly(
    chroma: Chroma, folder: Path, tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [vectors.breadth(rows) for rows in (0, 100_000, 1_000_000)] == [100, 200, 632]
    for module in (vectors, vector_server):
        monkeypatch.setattr(module, "breadth", lambda rows: 300 + rows)
    others = set(chroma.collections())
    with opened(tmp_path / "near", embedder, None) as near, opened(tmp_path / "far", embedder, chroma.url) as far:
        for rows in (3, 4):
            near.sync(folder)
            far.sync(folder)
            (generation,) = (tmp_path / "near/vectors").iterdir()
            (name,) = set(chroma.collections()) - others
            kept = chromadb.PersistentClient(generation), chromadb.HttpClient("127.0.0.1", chroma.port)
            for client, collection in zip(kept, ("passages", name), strict=True):
                graph = client.get_collection(collection, embedding_function=None).configuration["hnsw"]
                assert graph
                assert graph["ef_search"] == 300 + rows
                client.close()
            (folder / "new.txt").write_text("The harbour café opens early.")


def test_one_index_leaves_the_collections_of_others_alone(
    chroma: Chroma, folder: Path, tmp_path: Path, embedder: Embedder
) -> None:
    chromadb.HttpClient("127.0.0.1", chroma.port).create_collection("assistant-of-somebody-else")
    with opened(tmp_path / "one", embedder, chroma.url) as one:
        one.sync(folder)
        before = set(chroma.collections())
        shutil.copytree(tmp_path / "one", tmp_path / "copy")
        with opened(tmp_path / "copy", embedder, chroma.url) as copy:
            assert found(copy) == found(one)  # until it is written to, it may read what it was copied from
            (folder / "boats.txt").unlink()
            copy.sync(folder)
            assert "boats.txt" not in [document for document, _ in found(copy)]
            assert copy.check() == []
        assert before < set(chroma.collections())
        assert found(one)[0][0] == "boats.txt"
        assert one.check() == []
        one.rebuild()
        assert one.check() == []
        assert len(before - set(chroma.collections())) == 1  # the former generation of `one` itself


def test_an_outage_is_an_error_and_loses_nothing(folder: Path, tmp_path: Path, embedder: Embedder) -> None:
    server = Chroma(tmp_path / "chroma")
    try:
        with opened(tmp_path / "data", embedder, server.url) as index:
            index.sync(folder)
            answers = found(index)
            server.stop()
            with pytest.raises(VectorServerError, match=r"cannot be reached.*chroma run.*ASSISTANT_CHROMA_URL"):
                index.search(QUESTION)
            (folder / "new.txt").write_text("The harbour café opens early.")
            with pytest.raises(VectorServerError):
                index.sync(folder)
            assert index.text("cheese.txt") == NOTES["cheese.txt"]  # what needs no vectors goes on
            server.start()
            assert found(index) == answers
            assert index.sync(folder).added == 1
            assert index.check() == []
            server.stop()
            shutil.rmtree(server.folder)
            server.start()
            with pytest.raises(IndexDamaged, match=r"does not hold.*assistant index PATH"):
                index.search(QUESTION)
            report = index.sync(folder)
            assert (report.unchanged, report.passages) == (4, 0)  # written again, not embedded again
            assert index.check() == []
    finally:
        server.stop()


def test_an_index_moves_to_a_server_and_back_by_a_sync(
    chroma: Chroma, folder: Path, tmp_path: Path, embedder: Embedder
) -> None:
    with opened(tmp_path / "data", embedder, None) as index:
        index.sync(folder)
        answers = found(index)
    for url in (chroma.url, None):
        with opened(tmp_path / "data", embedder, url) as index:
            with pytest.raises(IndexDamaged, match="assistant index PATH"):
                index.search(QUESTION)
            assert index.sync(folder).passages == 0
            assert found(index) == answers
            assert index.check() == []


@pytest.mark.parametrize(
    ("server", "named"),
    [
        ({"tenant": "nobody"}, "ASSISTANT_CHROMA_TENANT"),
        ({"database": "nothing"}, "ASSISTANT_CHROMA_DATABASE"),
        ({"certificates": "/no/such/file.pem"}, "ASSISTANT_CHROMA_CERTIFICATES"),
        ({"url": "http://127.0.0.1:1"}, "ASSISTANT_CHROMA_URL"),
        ({"url": "chroma.example"}, "ASSISTANT_CHROMA_URL"),
    ],
)
def test_a_wrong_setting_is_named(
    server: dict[str, str], named: str, chroma: Chroma, tmp_path: Path, embedder: Embedder
) -> None:
    wrong = ChromaServer(**{"url": chroma.url, **server})
    with (
        DocumentIndex.open(tmp_path / "data", embedder, server=wrong) as index,
        pytest.raises(VectorServerError, match=named),
    ):
        index.upload("note.txt", b"The ferry leaves at noon.")


def test_secrets_reach_the_server_and_nothing_else(folder: Path, tmp_path: Path, embedder: Embedder) -> None:
    """A gateway that lets nobody in: what it is told, and what its refusal says."""
    told: list[dict[str, str]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.append(dict(self.headers))
            self.send_response(401)
            self.end_headers()
            self.wfile.write(b"who are you?")

        def log_message(self, *args: object) -> None: ...

    gateway = HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    server = ChromaServer(
        f"http://127.0.0.1:{gateway.server_port}", headers={"Authorization": "Bearer geheim"}, api_key="sesam"
    )
    try:
        with (
            DocumentIndex.open(tmp_path / "data", embedder, server=server) as index,
            pytest.raises(VectorServerError, match="ASSISTANT_CHROMA_API_KEY") as refusal,
        ):
            index.sync(folder)
    finally:
        gateway.shutdown()
    assert {"Bearer geheim", "sesam"} <= set(told[0].values())
    for shown in (str(refusal.value), repr(server), repr(refusal.value)):
        assert "geheim" not in shown
        assert "sesam" not in shown


def test_the_commands_share_one_index_and_an_outage_ends_them_with_an_error(folder: Path, tmp_path: Path) -> None:
    server = Chroma(tmp_path / "chroma")
    command = str(Path(sys.executable).with_name("assistant"))
    settings = {"ASSISTANT_CHROMA_URL": server.url, "ASSISTANT_CHROMA_API_KEY": "sesam"}

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **settings, "ASSISTANT_DATA_DIR": str(tmp_path / "data")}
        return subprocess.run([command, *args, "--json"], env=env, capture_output=True, text=True, check=False)

    try:
        assert json.loads(run("index", str(folder)).stdout)["added"] == 3
        assert json.loads(run("search", QUESTION).stdout)["passages"][0]["document"] == "boats.txt"
        assert len(server.collections()) == 1
    finally:
        server.stop()
    failed = run("ask", QUESTION)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert json.loads(failed.stderr)["error"]["type"] == "VectorServerError"
    assert "sesam" not in failed.stderr


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"URL": "localhost:8000"}, "ASSISTANT_CHROMA_URL must be"),
        ({"URL": "http://me:geheim@host"}, "ASSISTANT_CHROMA_HEADERS is for that"),
        ({"API_KEY": "geheim"}, "set ASSISTANT_CHROMA_URL too"),
        ({"URL": "http://host", "HEADERS": "Authorization: geheim"}, "ASSISTANT_CHROMA_HEADERS must be JSON"),
    ],
)
def test_a_setting_out_of_order_is_named_without_its_value(given: dict[str, str], named: str) -> None:
    with pytest.raises(BadSetting, match=named) as refusal:
        Settings.from_environment({f"ASSISTANT_CHROMA_{name}": value for name, value in given.items()})
    assert "geheim" not in str(refusal.value)


def test_settings_keep_secrets_to_themselves() -> None:
    settings = Settings.from_environment(
        {
            "ASSISTANT_CHROMA_URL": "https://api.trychroma.com/",
            "ASSISTANT_CHROMA_API_KEY": "geheim",
            "ASSISTANT_CHROMA_HEADERS": '{"Authorization": "Bearer geheim"}',
            "ASSISTANT_CHROMA_TENANT": "us",
        }
    )
    assert settings.chroma == ChromaServer(
        "https://api.trychroma.com", {"Authorization": "Bearer geheim"}, "geheim", "us"
    )
    assert "geheim" not in repr(settings)
