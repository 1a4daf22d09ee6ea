"""What can go wrong with an index.

KnownError                      everything this project raises on purpose
└── DocumentIndexError          … about the index
    ├── NoIndex                 nothing has been indexed in this data folder yet
    ├── IndexLocked             another process is writing
    ├── IndexMismatch           built with other settings than it is opened with
    ├── IndexDamaged            a store is missing or broken
    ├── VectorServerError       the Chroma server that ASSISTANT_CHROMA_URL names is away or refuses
    ├── UnknownDocument         no document has this id
    ├── UnreadableFile          a file could not be turned into text
    ├── MissingPath             a path to index does not exist or cannot be listed
    └── EmbeddingError          the embedding model is missing, altered or failed

Every message is one line that a person can act on.
"""

from __future__ import annotations


class KnownError(Exception):
    """Everything this project raises on purpose; the message is one line that says what to do."""


class DocumentIndexError(KnownError):
    """Something about the index."""


class NoIndex(DocumentIndexError):
    """Nothing has been indexed in this data folder yet."""


class IndexLocked(DocumentIndexError):
    """Another process is writing to this index."""


class IndexMismatch(DocumentIndexError):
    """The index was built with other settings than it is opened with."""


class IndexDamaged(DocumentIndexError):
    """A store is missing or broken."""


class VectorServerError(DocumentIndexError):
    """The Chroma server that holds the vectors is away, refuses us or is none."""


class UnknownDocument(DocumentIndexError):
    """No document has this id."""


class UnreadableFile(DocumentIndexError):
    """A file could not be turned into text; the message is the reason, without the file's name."""


class MissingPath(DocumentIndexError):
    """A path to index does not exist or cannot be listed."""


class EmbeddingError(DocumentIndexError):
    """The embedding model is missing, altered or failed."""
