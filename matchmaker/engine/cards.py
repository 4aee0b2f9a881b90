"""The fields of a document without its texts, as JSON: what an index keeps beside the vectors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, fields
from datetime import date
from typing import Any

from .documents import Document, Indicator
from .lexical import digest_of

TEXTS = frozenset({"id", "title", "body"})
EMPTY = {field.name: field.default for field in fields(Document) if field.name not in TEXTS}
"""The fields of a card, with what they hold where nothing is known."""


def _indicators(lines: list[list[Any]]) -> tuple[Indicator, ...]:
    return tuple(Indicator(*line) for line in lines)


READ: Mapping[str, Callable[[Any], Any]] = {
    **{name: frozenset for name, empty in EMPTY.items() if isinstance(empty, frozenset)},
    "deadline": date.fromisoformat,
    "published": date.fromisoformat,
    "indicators": _indicators,
}


DECODE = json.JSONDecoder().raw_decode
"""As `json.loads` of what `pack` wrote, without looking for white space: lists read many cards."""


def pack(document: Document) -> bytes:
    """Return what is known of a document, its texts left out; the same for equal documents."""
    known = {
        name: _plain(value)
        for name, empty in EMPTY.items()
        if (value := getattr(document, name)) != empty
    }
    if document.title or document.body:
        known["digest"] = digest_of(document)
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(document_id: int, card: bytes) -> Document:
    """Return the document again, with empty texts."""
    known = {
        name: READ[name](value) if name in READ else value
        for name, value in DECODE(card.decode())[0].items()
    }
    return Document(id=document_id, title="", **known)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [astuple(line) for line in value]
    return value
