"""The ranked list of a need: what the address asks for, and the rows that the engine gives.

Nothing is stored: the list is what the engine says now, and beside each achievement what has
become of the pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.datastructures import MultiDict

from matchmaker.catalogue import search
from matchmaker.catalogue.documents import load_documents
from matchmaker.catalogue.shown import Shown, shown
from matchmaker.engine import Document, Recommender, Suggestion
from matchmaker.engine.filters import Filter
from matchmaker.engine.signals import SIGNALS
from matchmaker.i18n import date_text
from matchmaker.labels import label
from matchmaker.matching.learning import KEY, Teacher
from matchmaker.vocabulary.queries import region_path
from models import ACHIEVEMENT_MODES, Achievement, Match, MatchStatus, Mode, User

LISTED = 200
"""The engine puts so many of the lexically best into the order of the whole score."""
PAGE = 20
TRADE = 0.7
"""How much the score counts when near-copies give way; the rest is being unlike those before."""
MOST = (1, 2, 3, 5)
LEVELS = range(1, 10)
DAY_LENGTH = len("2026-01-01")
FATES = ("all", "absent", "suggested", "decided")
"""What has become of a pair: anything, not on the desk, waiting there, decided."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says about the list."""

    chains: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    organisations: tuple[int, ...] = ()
    trl_from: int | None = None
    trl_to: int | None = None
    since: date | None = None
    spread: bool = False
    """Achievements that resemble one before them give way to others."""
    most: int | None = None
    """So many of one organisation at most."""
    fate: str = "all"

    @classmethod
    def of(cls, values: MultiDict[str, str]) -> Asked:
        """Read an address or a form; what makes no sense is left out."""
        low, high = (_one(values.get(name, ""), LEVELS) for name in ("trl_from", "trl_to"))
        if low is not None and high is not None and low > high:
            low, high = high, low
        fate = values.get("fate", "")
        return cls(
            chains=_numbers(values.getlist("chain")),
            regions=_known(values.getlist("region"), search.PLACE.fullmatch),
            modes=_known(values.getlist("mode"), set(ACHIEVEMENT_MODES).__contains__),
            organisations=_numbers(values.getlist("organisation")),
            trl_from=low,
            trl_to=high,
            since=_day(values.get("since", "")),
            spread=values.get("spread") == "1",
            most=_one(values.get("most", ""), MOST),
            fate=fate if fate in FATES else "all",
        )

    def arguments(self) -> dict[str, Any]:
        """Return the names and values that say the same in an address or a form."""
        single = {
            "trl_from": self.trl_from, "trl_to": self.trl_to, "since": self.since,
            "spread": int(self.spread) or None, "most": self.most,
            "fate": None if self.fate == "all" else self.fate,
        }  # fmt: skip
        return {
            "chain": [str(chain) for chain in self.chains],
            "region": list(self.regions),
            "mode": list(self.modes),
            "organisation": [str(organisation) for organisation in self.organisations],
            **{name: [str(value)] for name, value in single.items() if value is not None},
        }

    def conditions(self) -> dict[str, Filter]:
        """Return each condition that narrows what is ranked, by its name."""
        every = {
            "chain": Filter(chains=frozenset(map(str, self.chains))),
            "region": Filter(regions=frozenset(self.regions)),
            "trl": Filter(trl_from=self.trl_from, trl_to=self.trl_to),
            "mode": Filter(modes=frozenset(self.modes)),
            "organisation": Filter(organisations=frozenset(self.organisations)),
            "since": Filter(published_from=self.since),
        }
        return {name: one for name, one in every.items() if one != Filter()}

    def filter(self) -> Filter | None:
        """Return all conditions as one; None when nothing narrows."""
        if not self.conditions():
            return None
        return Filter(
            chains=frozenset(map(str, self.chains)), regions=frozenset(self.regions),
            modes=frozenset(self.modes), organisations=frozenset(self.organisations),
            trl_from=self.trl_from, trl_to=self.trl_to, published_from=self.since,
        )  # fmt: skip

    @property
    def chosen(self) -> int:
        """How many things are chosen beside what has become of the pairs."""
        return sum(map(len, replace(self, fate="all").arguments().values()))


def _numbers(values: Iterable[str]) -> tuple[int, ...]:
    found = (int(value) for value in values if value.isdecimal() and len(value) < 10)
    return tuple(dict.fromkeys(found))


def _known(values: Iterable[str], fits: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if fits(value)))


def _one(value: str, allowed: Sequence[int]) -> int | None:
    number = int(value) if value.isdecimal() and len(value) == 1 else None
    return number if number in allowed else None


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if len(value) == DAY_LENGTH else None
    except ValueError:
        return None


# ---- the list


@dataclass(frozen=True, slots=True)
class Place:
    """One of the ranked: its rank and score, and by how much it leads the one behind it."""

    rank: int
    found: Suggestion
    lead: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page."""

    place: Place
    achievement: Achievement
    shown: Shown
    match: Match | None


def ranked(
    session: Session, recommender: Recommender, teacher: Teacher, need: Document, asked: Asked
) -> list[Place]:
    """Return the best that pass the filters, best first, broadened where that is asked for.

    Ranks and leads are those of the order by score, whatever is left out afterwards.
    """
    best = teacher.best(need, LISTED, asked.filter())
    leads = [max(0.0, one.score - other.score) for one, other in pairwise(best)]
    places = {
        found.achievement_id: Place(rank, found, lead)
        for rank, (found, lead) in enumerate(zip(best, [*leads, None], strict=False), start=1)
    }
    return [places[found.achievement_id] for found in _broad(session, recommender, best, asked)]


def _broad(
    session: Session, recommender: Recommender, best: Sequence[Suggestion], asked: Asked
) -> Sequence[Suggestion]:
    if not best or not (asked.spread or asked.most):
        return best
    documents = load_documents(session, [found.achievement_id for found in best])
    return recommender.diversified(
        [found for found in best if found.achievement_id in documents],
        documents.values(),
        k=LISTED,
        trade=TRADE if asked.spread else 1.0,
        most_per_organisation=asked.most,
    )


def parts_of(by_signal: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return the parts of a score; absent ones where a field is not filled in, no others.

    What decisions add is none of them: it is not a share of 100.
    """
    return {
        name: value
        for name, value in by_signal.items()
        if name != KEY and (value is not None or name in SIGNALS)
    }


def count_allowed(recommender: Recommender, asked: Asked) -> int:
    """How many achievements pass the filters, ranked or not."""
    among = asked.filter()
    if among is None:
        return recommender.n_achievements_
    segments = recommender.achievements_.segments
    return sum(int(segment.allowed(among).sum()) for segment in segments)


def pairs_of(session: Session, need_id: int, ids: Iterable[int]) -> dict[int, Match]:
    """The pairs of a need with some achievements, by achievement."""
    rows = session.scalars(
        select(Match)
        .where(Match.need_id == need_id, Match.achievement_id.in_(list(ids)))
        .options(joinedload(Match.decided_by), joinedload(Match.picked_by))
    ).unique()
    return {row.achievement_id: row for row in rows}


def fate_of(match: Match | None) -> str:
    """Name what has become of a pair."""
    if match is None:
        return "absent"
    return "suggested" if match.status == MatchStatus.SUGGESTED else "decided"


def of_fate(
    places: Sequence[Place], pairs: Mapping[int, Match], fate: str
) -> tuple[list[Place], dict[str, int]]:
    """Keep the places whose pair has this fate; count those of every fate."""
    fates = [fate_of(pairs.get(place.found.achievement_id)) for place in places]
    counts = dict.fromkeys(FATES, 0) | Counter(fates) | {"all": len(places)}
    kept = [place for place, own in zip(places, fates, strict=True) if fate in {"all", own}]
    return kept, counts


def rows_of(
    session: Session, actor: User, places: Sequence[Place], pairs: Mapping[int, Match]
) -> list[Row]:
    """Load what a page shows of some places; who was withdrawn a moment ago is left out."""
    ids = [place.found.achievement_id for place in places]
    found = session.scalars(
        select(Achievement)
        .where(Achievement.id.in_(ids))
        .options(selectinload(Achievement.nodes), selectinload(Achievement.mode_rows))
    ).unique()
    by_id = {row.id: row for row in found}
    return [
        Row(place, by_id[key], shown(session, actor, by_id[key]), pairs.get(key))
        for key, place in zip(ids, places, strict=True)
        if key in by_id
    ]


# ---- what can be chosen, and what is


def places_of(session: Session, asked: Asked, counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """The regions to choose from: both provinces, then what lies in them, the fullest first."""
    found = search.place_names(session, {"50", "51", *counts, *asked.regions})
    inner = sorted(set(found) - {"50", "51"}, key=lambda place: (-counts.get(place, 0), place))
    ordered = [place for place in ("50", "51", *inner) if place in found]
    return [(place, region_path(found[place])) for place in ordered]


def chips(asked: Asked, names: Mapping[str, Mapping[Any, str]]) -> list[tuple[str, Asked]]:
    """Return what is chosen in words, each with what stays when it is taken away.

    `names` holds the words of chains, regions and organisations; what is unknown has its code.
    """
    found: list[tuple[str, Asked]] = []
    for field, facet in (
        ("chains", "chain"), ("regions", "region"), ("organisations", "organisation"),
    ):  # fmt: skip
        values = getattr(asked, field)
        for value in values:
            rest: Any = {field: tuple(other for other in values if other != value)}
            found.append((names[facet].get(value, str(value)), replace(asked, **rest)))
    for mode in asked.modes:
        left = tuple(other for other in asked.modes if other != mode)
        found.append((str(label(Mode(mode))), replace(asked, modes=left)))
    return found + _single_chips(asked)


def _single_chips(asked: Asked) -> list[tuple[str, Asked]]:
    found: list[tuple[str, Asked]] = []
    if asked.trl_from or asked.trl_to:
        rest = replace(asked, trl_from=None, trl_to=None)
        found.append((_levels(asked.trl_from, asked.trl_to), rest))
    if asked.since:
        words = _("%(day)s以后发布", day=date_text(asked.since))
        found.append((words, replace(asked, since=None)))
    if asked.spread:
        found.append((_("近似的往后排"), replace(asked, spread=False)))
    if asked.most:
        words = _("每家单位最多 %(n)d 条", n=asked.most)
        found.append((words, replace(asked, most=None)))
    return found


def _levels(low: int | None, high: int | None) -> str:
    """TRL 4–6, TRL 4 and above, up to TRL 6."""
    if low is None:
        return str(_("TRL 最高 %(n)d", n=high))
    if high is None:
        return str(_("TRL 至少 %(n)d", n=low))
    return f"TRL {low}" if low == high else f"TRL {low}\u2060–\u2060{high}"
