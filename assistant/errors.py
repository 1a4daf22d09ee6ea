"""What can go wrong when asking, beside what can go wrong with the index.

KnownError (index.errors)       everything this project raises on purpose
├── DocumentIndexError          … about the index: see index.errors
└── AssistantError              … about asking
    ├── BadQuestion             the question is empty, too long or not of the right form
    ├── BadSetting              a setting or environment variable cannot be used
    └── EngineError             the engine that answers is missing, failed or was refused

None of these ever stands for "the documents don't say": that is an `Answer`.
"""

from __future__ import annotations

from index.errors import KnownError


class AssistantError(KnownError):
    """Something about asking; the message is one line that says what to do."""


class BadQuestion(AssistantError):
    """The question is empty, too long or not of the right form."""


class BadSetting(AssistantError):
    """A setting or environment variable cannot be used."""


class EngineError(AssistantError):
    """The engine that answers is missing, failed or was refused."""
