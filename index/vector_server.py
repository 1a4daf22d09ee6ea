"""Vectors on a Chroma server, a distributed Chroma or Chroma Cloud. [with `vectors`, the only one to import chromadb]

A server is made for several clients at once, so one collection grows in place here: new rows come before the
catalogue is committed, and rows of passages that are gone leave after it. Until then the catalogue hides them, and a
search that a commit overtook is done again. See docs/decisions/0003-vectors-on-a-server.md.

Collections are named `assistant-IDENTITY-…` after the index they belong to; no other is ever written or deleted.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexDamaged, VectorServerError
from index.vectors import Row, best, breadth, hits_of, of_documents

if TYPE_CHECKING:
    import httpx
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

URL = "ASSISTANT_CHROMA_URL"
_BATCH = 5000  # rows a request, where the server takes so many
_SECONDS = 60.0  # what a request may take: Chroma's client waits for ever


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """Where a Chroma server is reached, and how: `url` as "https://host:8000", whom to say one is in `headers`.

    An `api_key` is Chroma Cloud's, which knows tenant and database by it where they are None; elsewhere None is the
    server's default ones. `certificates` is a file of those to trust beside the usual. What is secret is not shown.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    api_key: str | None = field(default=None, repr=False)
    tenant: str | None = None
    database: str | None = None
    certificates: str | None = None


class ServerVectors:
    """The collections of one index on a server. Nothing is asked of it before it is first needed."""

    grows = True

    def __init__(self, server: ChromaServer, identity: Callable[[], str]) -> None:
        """`identity` tells the index apart from every other on the server."""
        self._server = server
        self._identity = identity
        self._client: ClientAPI | None = None
        self._open: dict[str, Collection] = {}
        self._lock = threading.Lock()

    def has(self, name: str, rows: int) -> bool:
        """Whether this index has the collection, with at least so many rows. Raises VectorServerError."""
        if not name.startswith(self._prefix):  # of another place, or of the index that this one is a copy of
            return False
        with self._asking() as client:
            collection = _found(client, name)
            return collection is not None and collection.count() >= rows

    def write(self, rows: Iterable[Row], count: int, base: str | None = None) -> str:
        """Add rows to the collection `base`, or to a new one; returns its name. Raises VectorServerError."""
        with self._asking() as client:
            if base is None:
                collection = client.create_collection(
                    f"{self._prefix}{uuid.uuid4().hex}",
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine", "ef_search": breadth(count)}},
                )
            else:
                collection = client.get_collection(base, embedding_function=None)
            iterator = iter(rows)
            while batch := list(islice(iterator, min(_BATCH, client.get_max_batch_size()))):
                collection.upsert(  # a publication that was cut off may have brought some already
                    ids=[str(key) for key, _, _ in batch],
                    embeddings=np.stack([vector for _, _, vector in batch]),
                    metadatas=[{"document": document} for _, document, _ in batch],
                )
            graph, wanted = collection.configuration.get("hnsw"), breadth(collection.count())
            if graph and graph.get("ef_search") != wanted:  # a distributed Chroma may keep another kind of index
                collection.modify(configuration={"hnsw": {"ef_search": wanted}})
            return collection.name

    def query(
        self,
        generations: Sequence[str],
        vector: NDArray[np.float32],
        limit: int,
        documents: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The nearest passages, best first: (passage key, cosine). Raises IndexDamaged, VectorServerError."""
        found: list[tuple[int, float]] = []
        for name in generations:
            with self._reading(name) as collection:
                found += hits_of(collection, vector, limit, of_documents(documents))
        return best(found, limit)

    def keys(self, name: str) -> set[int]:
        """Every passage key that a collection holds."""
        found: set[int] = set()
        with self._reading(name) as collection:
            while ids := collection.get(include=[], limit=_BATCH, offset=len(found))["ids"]:
                found |= {int(id) for id in ids}
        return found

    def forget(self, keys: Sequence[int], generations: Sequence[str]) -> None:
        """Delete rows by their passage's key, from all that is listed."""
        with self._asking() as client:
            for name in generations:
                collection = _found(client, name) if name.startswith(self._prefix) else None
                if collection is not None:
                    for start in range(0, len(keys), 1000):
                        collection.delete(ids=[str(key) for key in keys[start : start + 1000]])

    def keep_open(self, generations: Sequence[str]) -> None:
        """Forget the handles of collections that are no longer current."""
        with self._lock:
            for name in self._open.keys() - set(generations):
                del self._open[name]

    def sweep(self, generations: Sequence[str]) -> None:
        """Delete this index's collections that are none of these."""
        self.keep_open(generations)
        with self._asking() as client:
            for name in _names(client):
                if name.startswith(self._prefix) and name not in generations:
                    client.delete_collection(name)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._open.clear()
            if self._client is not None:
                _closed(self._client)
            self._client = None

    @property
    def _prefix(self) -> str:
        return f"assistant-{self._identity()}-"

    @contextmanager
    def _reading(self, name: str) -> Iterator[Collection]:
        with self._asking() as client:
            with self._lock:
                collection = self._open.get(name)
            if collection is None:
                collection = client.get_collection(name, embedding_function=None)
                with self._lock:
                    self._open[name] = collection
            yield collection

    @contextmanager
    def _asking(self) -> Iterator[ClientAPI]:
        import httpx
        from chromadb.errors import AuthorizationError, ChromaAuthError, ChromaError, NotFoundError

        try:
            with self._lock:
                if self._client is None:
                    self._client = _connected(self._server)
                client = self._client
            yield client
        except httpx.TransportError as error:
            raise VectorServerError(
                f"the Chroma server at {self._server.url} cannot be reached ({_reason(error)}): start it, with"
                f" `chroma run` where it is your own, or correct {URL}"
            ) from error
        except (ChromaAuthError, AuthorizationError) as error:
            raise _refused(self._server) from error
        except NotFoundError as error:
            with self._lock:
                self._open.clear()
            raise IndexDamaged(
                f"the Chroma server at {self._server.url} does not hold this index's vectors: `assistant index PATH`,"
                " with a folder indexed before, writes them there again; so does `assistant index --rebuild`"
            ) from error
        except ChromaError as error:
            raise VectorServerError(f"the Chroma server at {self._server.url} failed: {_reason(error)}") from error


def _connected(server: ChromaServer) -> ClientAPI:
    """A client of the server, once this has proved to let us in. Raises VectorServerError, httpx.TransportError."""
    import chromadb
    from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT, Settings
    from chromadb.errors import NotFoundError

    headers = dict(server.headers) | ({"x-chroma-token": server.api_key} if server.api_key else {})
    _probe(server, headers)
    settings = Settings(anonymized_telemetry=False, chroma_server_ssl_verify=server.certificates)
    try:
        if server.api_key is None:
            client = chromadb.HttpClient(
                server.url,
                ssl=server.url.startswith("https:"),
                headers=headers,
                settings=settings,
                tenant=server.tenant or DEFAULT_TENANT,
                database=server.database or DEFAULT_DATABASE,
            )
        else:
            client = chromadb.CloudClient(
                server.tenant,
                server.database,
                server.api_key,
                settings,
                cloud_host=server.url,
                enable_ssl=server.url.startswith("https:"),
            )
    except (NotFoundError, ValueError) as error:
        raise VectorServerError(
            f"the Chroma server at {server.url} does not let us in ({_reason(error)}):"
            " correct ASSISTANT_CHROMA_TENANT or ASSISTANT_CHROMA_DATABASE"
        ) from error
    # Chroma's client has no setting for a time limit, and raises a bare Exception for what is not Chroma's own reply.
    session: httpx.Client = client._server._session  # type: ignore[attr-defined]
    session.timeout = _SECONDS
    session.event_hooks = {"response": [lambda response: _check(server, response)]}
    return client


def _probe(server: ChromaServer, headers: Mapping[str, str]) -> None:
    """Ask whether it is a Chroma server at all."""
    import ssl

    import httpx

    trusted = ssl.create_default_context()
    if server.certificates is not None:
        try:
            trusted.load_verify_locations(server.certificates)
        except OSError as error:
            raise VectorServerError(
                f"ASSISTANT_CHROMA_CERTIFICATES={server.certificates} cannot be read ({error}): correct it"
            ) from error
    try:
        reply = httpx.get(f"{server.url}/api/v2/heartbeat", headers=headers, timeout=_SECONDS, verify=trusted)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise VectorServerError(f"{URL}={server.url} is no address of a server: correct it") from error
    _check(server, reply)
    if "heartbeat" not in reply.text:
        raise VectorServerError(f"what answers at {server.url} is no Chroma server: correct {URL}")


def _check(server: ChromaServer, reply: httpx.Response) -> None:
    """Raise VectorServerError for a failure that Chroma has not put into words of its own."""
    if reply.status_code < 400:
        return
    reply.read()
    if reply.status_code in {401, 403}:
        raise _refused(server)
    try:
        if "error" in json.loads(reply.text):
            return
    except ValueError:
        pass
    raise VectorServerError(
        f"what answers at {server.url} is no Chroma server, or stands before one that is out of order"
        f" (status {reply.status_code}): correct {URL} or start the server"
    )


def _refused(server: ChromaServer) -> VectorServerError:
    return VectorServerError(
        f"the Chroma server at {server.url} refuses us: correct ASSISTANT_CHROMA_API_KEY or ASSISTANT_CHROMA_HEADERS"
    )


def _reason(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _found(client: ClientAPI, name: str) -> Collection | None:
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def _names(client: ClientAPI) -> list[str]:
    """Every collection's name, all pages of them."""
    names: list[str] = []
    while page := client.list_collections(limit=100, offset=len(names)):
        names += [collection.name for collection in page]
    return names


def _closed(client: Any) -> None:
    client.close()  # ClientAPI does not declare it
