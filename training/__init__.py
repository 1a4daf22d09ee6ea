"""How the reader that ships in `assistant/reader/` is trained, exported, calibrated and measured (see README.md)."""
