"""Ask your own documents and get answers whose citations are checked facts.

with Assistant.open("data") as assistant:
    assistant.index("seeds")
    print(assistant.ask("Who met in Tokyo?").text)
"""

from __future__ import annotations

from assistant.chain import Assistant
from assistant.errors import AssistantError, BadQuestion, BadSetting, EngineError
from assistant.settings import Settings
from assistant.types import Answer, Citation, Question, Reason, Timings, Turn
from index.errors import (
    DocumentIndexError,
    EmbeddingError,
    IndexDamaged,
    IndexLocked,
    IndexMismatch,
    KnownError,
    MissingPath,
    NoIndex,
    UnknownDocument,
    UnreadableFile,
)
from index.types import Document, DocumentInfo, Failure, Match, Passage, Progress, SyncReport

__all__ = [
    "Answer",
    "Assistant",
    "AssistantError",
    "BadQuestion",
    "BadSetting",
    "Citation",
    "Document",
    "DocumentIndexError",
    "DocumentInfo",
    "EmbeddingError",
    "EngineError",
    "Failure",
    "IndexDamaged",
    "IndexLocked",
    "IndexMismatch",
    "KnownError",
    "Match",
    "MissingPath",
    "NoIndex",
    "Passage",
    "Progress",
    "Question",
    "Reason",
    "Settings",
    "SyncReport",
    "Timings",
    "Turn",
    "UnknownDocument",
    "UnreadableFile",
]
