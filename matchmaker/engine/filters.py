"""Which documents may be found: conditions on their fields, as masks over a segment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .documents import Document

Array = NDArray[Any]
Mask = NDArray[np.bool_]
FACTS = np.dtype(
    [("version", "i8"), ("organisation", "i8"), ("published", "i4"), ("region", "i4"),
     ("trl", "i1")]
)  # fmt: skip
"""What filters and updates ask of a document; 0 is unknown, days count as in `date.toordinal`."""
REGION_DIGITS = 6


class Tags(NamedTuple):
    """Names, ascending, and by name the places of the documents that have it."""

    names: Array
    starts: NDArray[np.int64]
    places: NDArray[np.uint16]

    def having(self, wanted: Iterable[str], n: int) -> Mask:
        """Return who has one of these names, shape (n,)."""
        mask = np.zeros(n, dtype=bool)
        names = np.asarray([name.encode() for name in wanted], dtype=bytes)
        for name, place in zip(names, np.searchsorted(self.names, names), strict=True):
            if place < len(self.names) and self.names[place] == name:
                mask[self.places[self.starts[place] : self.starts[place + 1]]] = True
        return mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Conditions that all have to hold; what is empty or None narrows nothing.

    `ids` are the only ones allowed. `chains` and `modes` name what a document has one of; a chain
    counts when the document is filed under it or below it. `regions` are beginnings of codes of
    GB/T 2260, `published_from` and `published_to` days, both included. A document that does not
    say what a condition asks for is left out.
    """

    ids: NDArray[np.int64] | None = None
    chains: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    organisations: frozenset[int] = frozenset()
    trl_from: int | None = None
    trl_to: int | None = None
    published_from: date | None = None
    published_to: date | None = None

    def mask(self, ids: NDArray[np.int64], facts: Array, tags: Tags) -> Mask:
        """Return which documents of a segment meet the conditions, shape (n,)."""
        mask = np.ones(len(ids), dtype=bool) if self.ids is None else np.isin(ids, self.ids)
        for kind, names in (("chain", self.chains), ("mode", self.modes)):
            if names:
                mask &= tags.having([f"{kind}:{name}" for name in names], len(ids))
        if self.regions:
            mask &= _within(facts["region"], self.regions)
        if self.organisations:
            mask &= np.isin(facts["organisation"], list(self.organisations))
        for name, least, most in (
            ("trl", self.trl_from, self.trl_to),
            ("published", _day(self.published_from), _day(self.published_to)),
        ):
            if least is not None or most is not None:
                known = facts[name]
                mask &= (known >= max(1, least or 1)) & (known <= (most or np.iinfo("i4").max))
        return mask


def facts_of(documents: Sequence[Document]) -> Array:
    """Return what filters ask for, shape (n_documents,) of `FACTS`."""
    facts = np.zeros(len(documents), dtype=FACTS)
    for place, document in enumerate(documents):
        facts[place] = (
            document.version, document.organisation or 0, _day(document.published) or 0,
            _region(document.region), document.trl or 0,
        )  # fmt: skip
    return facts


def tags_of(chains: Sequence[frozenset[str]], modes: Sequence[frozenset[str]]) -> Tags:
    """Return the chains and modes of some documents by name."""
    holders: dict[bytes, list[int]] = {}
    for place, (filed, offered) in enumerate(zip(chains, modes, strict=True)):
        for tag in (*(f"chain:{name}" for name in filed), *(f"mode:{name}" for name in offered)):
            holders.setdefault(tag.encode(), []).append(place)
    tags = sorted(holders)
    starts = np.zeros(len(tags) + 1, dtype=np.int64)
    np.cumsum([len(holders[tag]) for tag in tags], out=starts[1:])
    places = [place for tag in tags for place in holders[tag]]
    return Tags(np.asarray(tags, dtype=bytes), starts, np.asarray(places, dtype=np.uint16))


def _within(regions: Array, beginnings: Iterable[str]) -> Mask:
    mask = np.zeros(len(regions), dtype=bool)
    for beginning in beginnings:
        step = 10 ** (REGION_DIGITS - len(beginning))
        mask |= regions // step == int(beginning)
    return mask


def _region(code: str | None) -> int:
    """Return a code of GB/T 2260 as a number of six digits, 0 where there is none."""
    if code is None or not code.isdecimal() or len(code) > REGION_DIGITS:
        return 0
    return int(code.ljust(REGION_DIGITS, "0"))


def _day(day: date | None) -> int | None:
    return None if day is None else day.toordinal()
