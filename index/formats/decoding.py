"""Bytes to text, whatever the encoding.

In this order: a byte order mark; UTF-32 and UTF-16 without one, told by their NULs and control characters; UTF-8;
UTF-8 with a few broken bytes; and what charset-normalizer makes of the parts that are not ASCII.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress

from index.errors import UnreadableFile

_MARKS = (  # the longer ones first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 64 * 1024
"""Bytes that are enough to tell an encoding."""

_CONTROL = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")
_WRITTEN = re.compile(
    "[\t\n\r -~\u00a0-\u06ff\u0900-\u0eff\u1e00-\u218f\u2500-\u27bf\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef"
    "\U0001f300-\U0001faff]"
)
_PRINTABLE = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_TELLING = re.compile(rb"[^\n]*[\x80-\xff][^\n]*\n?")

# Code pages that are hard to tell apart, as most of their bytes are letters in each: the one fits whose letters
# are those of the languages it was made for. The most common first.
_LATIN = {
    "cp1252": "àáâãäåæçèéêëìíîïñòóôõöøùúûüßœþð",
    "cp1250": "áâăäąćčçďéęěëíîĺľłńňóôőöŕřśšşťúůűüýźżžß",
    "iso8859_2": "áâăäąćčçďéęěëíîĺľłńňóôőöŕřśšşťúůűüýźżžß",
    "cp1254": "âçğıîöşûü\u0307",
    "cp1257": "ąčęėįšųūžāēģīķļņõäöü",
}
_SIGNS = frozenset("€£¥¢©®™°±²³¼½¾×÷·•«»‹›“”„‘‚§¶†‡¿¡ªº\u00a0")
_SIGNS_IN_WORDS = frozenset("’–—…")
_NOT_TEXT = "the file is not text: open it with the program that made it and save it as text or PDF"


def decode(data: bytes) -> str:
    """The text that `data` encodes, without its byte order mark; line breaks are left as they are.

    Raises UnreadableFile for what is no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _plausible([data[len(mark) :].decode(encoding, "replace")])
    if b"\0" in data or len(_CONTROL.findall(data)) * 50 > len(data):
        return _plausible(_wide(data))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _nearly_utf8(data) or data.decode(_encoding(data), "replace")
    if b"\x1b$" in data:  # ISO-2022-JP is ASCII with escapes
        return data.decode("iso2022_jp_ext", "replace")
    return text


def _wide(data: bytes) -> Iterator[str]:
    """`data` as UTF-32 and UTF-16 without a byte order mark, the likelier first.

    Latin letters, digits and spaces have their NULs on one side. ASCII with a few NULs is neither.
    """
    nuls, other = data.count(0), len(data.translate(None, _PRINTABLE))
    if nuls * 10 < len(data) and (other - nuls) * 10 < len(data):
        return
    little = data[1::2].count(0) >= data[0::2].count(0)
    utf16 = ("utf-16-le", "utf-16-be") if little else ("utf-16-be", "utf-16-le")
    for encoding in ("utf-32-le", "utf-32-be", *utf16):
        with suppress(UnicodeDecodeError):
            yield data.decode(encoding)


def _plausible(texts: Iterable[str]) -> str:
    """The first text that has no NUL and nearly only characters that people write."""
    for text in texts:
        if "\0" not in text and _is_written(text):
            return text
    raise UnreadableFile(_NOT_TEXT)


def _is_written(text: str) -> bool:
    sample = text[: _SAMPLE // 4]
    return len(_WRITTEN.findall(sample)) * 10 >= len(sample) * 9


def _nearly_utf8(data: bytes) -> str | None:
    """The text, if it is UTF-8 with a few broken bytes (cut off in a character, say)."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    return text if sound >= 10 * broken else None


def _encoding(data: bytes) -> str:
    """The eight-bit or multi-byte encoding that fits best. Raises UnreadableFile if none does."""
    import charset_normalizer

    sample = _telling(data)
    latin = max(_LATIN, key=lambda code_page: _fit(sample, code_page))
    if _fit(sample, latin) > 0.95 and _lone_bytes(sample) > 0.8:
        return latin
    # Texts that an old Mac wrote are also other letters in a Windows code page; there are far more of those.
    matches = sorted(charset_normalizer.from_bytes(sample), key=lambda match: match.encoding.startswith("mac_"))
    for match in matches:
        written_wide = match.encoding.startswith(("utf_16", "utf_32"))
        if written_wide and not _is_written(str(match)):
            continue
        if _is_latin(str(match)) and match.encoding.startswith(("cp125", "iso8859", "latin")):
            return latin
        return "mac_roman" if _is_latin(str(match)) and match.encoding.startswith("mac_") else match.encoding
    if len(_BEYOND_ASCII.sub(b"", data)) < 0.9 * len(data):
        raise UnreadableFile(_NOT_TEXT)
    return "cp1252"


def _telling(data: bytes) -> bytes:
    """The lines that are not all ASCII, up to a sample: nothing else tells an encoding."""
    lines: list[bytes] = []
    size = 0
    for line in _TELLING.finditer(data):
        lines.append(line.group())
        size += len(lines[-1])
        if size >= _SAMPLE:
            break
    sample = b"".join(lines)[:_SAMPLE]
    whole = max(sample.rfind(b" "), sample.rfind(b"\n")) + 1  # no character of any encoding is cut here
    return sample[:whole] if size > _SAMPLE and whole else sample


def _lone_bytes(data: bytes) -> float:
    """The share of the bytes beyond ASCII that stand alone between ASCII ones, as accented letters do."""
    runs = [len(run) for run in _BEYOND_ASCII.findall(data)]
    return runs.count(1) / sum(runs)


def _fit(data: bytes, code_page: str) -> float:
    """The share of the bytes beyond ASCII that are letters of the code page's own languages, or signs."""
    text = f" {data.decode(code_page, 'replace').lower()} "
    letters = frozenset(_LATIN[code_page])
    fitting = beyond = 0
    for match in re.finditer(r"[^\x00-\x7f]", text):
        beyond += 1
        sign, around = match.group(), text[match.start() - 1] + text[match.end()]
        fits = sign in letters or sign in _SIGNS_IN_WORDS or (sign in _SIGNS and not around.isalpha())
        fitting += fits
    return fitting / beyond


def _is_latin(text: str) -> bool:
    letters = [character for character in text if character > "\x7f" and character.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return latin * 2 >= len(letters)
