"""Breadth in a list: no near-copies one below the other, no more than a few of one organisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def diverse(
    scores: Sequence[float],
    similarities: NDArray[np.float64],
    organisations: Sequence[int | None],
    *,
    k: int,
    trade: float = 1.0,
    most_per_organisation: int | None = None,
) -> list[int]:
    """Choose k of n candidates, the next best each time; return their places in `scores`.

    Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): the next one has the largest
    trade · score − (1 − trade) · (largest similarity to one already chosen), so `trade` 1 keeps
    the order of scores. An organisation that has its `most_per_organisation` is passed over; one
    that is unknown (None) has no limit.

    `scores` holds n numbers in [0, 1], best first; `similarities` has shape (n, n) and lies in
    [0, 1]; `organisations` holds n numbers or None.

    Raises:
        ValueError: `trade` lies outside [0, 1], or the limit is not positive.

    """
    if not 0 <= trade <= 1:
        raise ValueError("trade must lie between 0 and 1")
    if most_per_organisation is not None and most_per_organisation < 1:
        raise ValueError("most_per_organisation must be 1 or more")
    gains = trade * np.asarray(scores, dtype=np.float64)
    alike = np.zeros(len(gains))
    left = np.ones(len(gains), dtype=bool)
    taken: Counter[int | None] = Counter()
    chosen: list[int] = []
    while left.any() and len(chosen) < k:
        marginal = np.where(left, gains - (1 - trade) * alike, -np.inf)
        place = int(marginal.argmax())  # of equal ones the first, which has the better rank
        left[place] = False
        organisation = organisations[place]
        full = most_per_organisation is not None and taken[organisation] >= most_per_organisation
        if organisation is not None and full:
            continue
        taken[organisation] += 1
        chosen.append(place)
        alike = np.maximum(alike, similarities[place])
    return chosen
