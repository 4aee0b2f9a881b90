"""The desk: needs with open suggestions, how they are narrowed, counted and ordered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from matchmaker import clock
from matchmaker.review import queries
from models import (
    Match,
    MatchStatus,
    Organisation,
    Posting,
    PostingMode,
    PostingNode,
    PostingStatus,
    User,
    Verification,
)

TABS = ("waiting", "new", "deferred", "accepted", "rejected")
OPEN_TABS = ("waiting", "new", "deferred")
VISIT = timedelta(minutes=30)
ORGANISATIONS = 60
"""So many organisations can be chosen from: those with the most pairs."""
SCORES = (30, 50, 70)
PROVINCES = ("50", "51")
NEED, ACHIEVEMENT = aliased(Posting, name="need"), aliased(Posting, name="achievement")
READINESS: dict[str, ColumnElement[bool]] = {
    "met": ACHIEVEMENT.trl >= NEED.trl,
    "short": ACHIEVEMENT.trl < NEED.trl,
    "unknown": or_(ACHIEVEMENT.trl.is_(None), NEED.trl.is_(None)),
}
"""Whether the achievement is as mature as the need asks."""


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What the address says about the queue."""

    tab: str = "waiting"
    chains: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    least: int = 0
    """Lowest score, out of 100."""
    modes: tuple[str, ...] = ()
    readiness: tuple[str, ...] = ()
    organisations: tuple[int, ...] = ()

    def arguments(self) -> dict[str, Any]:
        """Return the names and values that say the same in an address or a form."""
        return {
            "tab": [self.tab],
            "chain": [str(chain) for chain in self.chains],
            "region": list(self.regions),
            "mode": list(self.modes),
            "trl": list(self.readiness),
            "organisation": [str(organisation) for organisation in self.organisations],
            "least": [str(self.least)] if self.least else [],
        }

    @property
    def chosen(self) -> int:
        """How many conditions narrow the tab."""
        return sum(len(values) for values in self.arguments().values()) - 1

    def of_tab(self, tab: str) -> QueueFilters:
        """Return the same facets in another tab."""
        return replace(self, tab=tab)


def _open() -> ColumnElement[bool]:
    """Waits for a decision: suggested, or put aside until a day that has come."""
    return or_(
        Match.status == MatchStatus.SUGGESTED,
        and_(Match.status == MatchStatus.DEFERRED, Match.defer_until <= clock.today()),
    )


def in_tab(tab: str, actor: User) -> ColumnElement[bool]:
    """Tell which matches belong to a tab."""
    if tab == "new":
        return and_(_open(), _is_new(actor))
    if tab == "deferred":
        return and_(Match.status == MatchStatus.DEFERRED, Match.defer_until > clock.today())
    if tab in {"accepted", "rejected"}:
        return Match.status == MatchStatus(tab)
    return _open()


def _is_new(actor: User) -> ColumnElement[bool]:
    since = actor.queue_seen_at
    return Match.created_at > since if since else true()


def _left_today(tab: str, actor: User) -> ColumnElement[bool]:
    """Tell which matches a decision of today took out of a tab, as far as one can know."""
    if tab not in OPEN_TABS:
        return false()
    decided = Match.decided_at >= queries.midnight()
    return and_(decided, _is_new(actor)) if tab == "new" else decided


def _matches(
    actor: User,
    filters: QueueFilters,
    *,
    skip: str = "",
    also: ColumnElement[bool] | None = None,
) -> Select[Any]:
    """Matches of a tab whose both sides are still published (decided ones: whatever they are).

    All facets but `skip` apply; `also` names matches that are taken though they left the tab.
    """
    inside = in_tab(filters.tab, actor)
    statement = select(Match).where(inside if also is None else or_(inside, also))
    if (
        filters.tab in OPEN_TABS
    ):  # ids from an index: joining the long rows takes five times as long
        public = _public()
        statement = statement.where(Match.need_id.in_(public), Match.achievement_id.in_(public))
    facets = _facets(filters)
    return statement.where(*[facet for name, facet in facets.items() if name != skip])


def _public() -> Select[Any]:
    verified = select(Organisation.id).where(Organisation.status == Verification.VERIFIED)
    return select(Posting.id).where(
        Posting.status == PostingStatus.PUBLISHED, Posting.organisation_id.in_(verified)
    )


def _facets(filters: QueueFilters) -> dict[str, ColumnElement[bool]]:
    """Return the condition of each facet in which something is chosen."""
    facets: dict[str, ColumnElement[bool]] = {}
    if filters.chains:
        filed = select(PostingNode.posting_id).where(PostingNode.node_id.in_(filters.chains))
        facets["chain"] = Match.need_id.in_(filed)
    if filters.regions:
        within = or_(*[Posting.region_code.like(f"{prefix}%") for prefix in filters.regions])
        facets["region"] = Match.need_id.in_(select(Posting.id).where(within))
    if filters.modes:
        offered = select(PostingMode.posting_id).where(PostingMode.mode.in_(filters.modes))
        facets["mode"] = Match.achievement_id.in_(offered)
    if filters.readiness:
        pair = aliased(Match)
        as_mature = _beside_both(select(pair.id), pair).where(
            or_(*[READINESS[name] for name in filters.readiness])
        )
        facets["trl"] = Match.id.in_(as_mature)
    if filters.organisations:
        theirs = Posting.organisation_id.in_(filters.organisations)
        facets["organisation"] = Match.need_id.in_(select(Posting.id).where(theirs))
    if filters.least:
        facets["least"] = _at_least(filters.least)
    return facets


def _beside_both(statement: Select[Any], pair: Any) -> Select[Any]:
    """Join both postings of pairs, for what compares them."""
    return statement.join(NEED, NEED.id == pair.need_id).join(
        ACHIEVEMENT, ACHIEVEMENT.id == pair.achievement_id
    )


def _at_least(score: int) -> ColumnElement[bool]:
    return Match.score * 100 >= score


def needs_in_queue(session: Session, actor: User, filters: QueueFilters) -> dict[int, float]:
    """The needs of a tab in their order, each with the score of its best pair in the tab.

    What was decided today still counts for the order, so that no need moves while somebody works.
    """
    inside = in_tab(filters.tab, actor)
    best = func.max(case((inside, Match.score)))
    rows = session.execute(
        _matches(actor, filters, also=_left_today(filters.tab, actor))
        .with_only_columns(Match.need_id, best)
        .group_by(Match.need_id)
        .having(best.is_not(None))
        .order_by(func.max(Match.score).desc(), Match.need_id)
    )
    return dict(rows.all())


def tab_counts(session: Session, actor: User, filters: QueueFilters) -> dict[str, int]:
    """How many pairs each tab holds under the same facets."""
    counts = {}
    for tab in TABS:
        part = _matches(actor, filters.of_tab(tab))
        counts[tab] = session.scalar(part.with_only_columns(func.count(Match.id))) or 0
    return counts


def facet_counts(
    session: Session, actor: User, filters: QueueFilters
) -> dict[str, dict[Any, int]]:
    """Count the pairs of every value of every facet among what the other facets leave."""

    def of_side(name: str, side: Any, column: Any, posting_id: Any) -> dict[Any, int]:
        pairs = func.count(Match.id).label("pairs")
        among = _matches(actor, filters, skip=name).with_only_columns(side.label("id"), pairs)
        each = among.group_by(side).subquery()
        number = func.sum(each.c.pairs)
        rows = select(column, number).join_from(each, column.class_, posting_id == each.c.id)
        ordered = rows.group_by(column).order_by(number.desc(), column)
        return {value: int(n) for value, n in session.execute(ordered)}

    places = of_side("region", Match.need_id, Posting.region_code, Posting.id)
    return {
        "chain": of_side("chain", Match.need_id, PostingNode.node_id, PostingNode.posting_id),
        "region": {
            prefix: sum(n for code, n in places.items() if code.startswith(prefix))
            for prefix in PROVINCES
        },
        "mode": of_side("mode", Match.achievement_id, PostingMode.mode, PostingMode.posting_id),
        "trl": _count_levels(session, _matches(actor, filters, skip="trl")),
        "organisation": of_side(
            "organisation", Match.need_id, Posting.organisation_id, Posting.id
        ),
        "least": _count_scores(session, _matches(actor, filters, skip="least")),
    }


def _count_levels(session: Session, among: Select[Any]) -> dict[str, int]:
    sides = among.with_only_columns(Match.need_id, Match.achievement_id)
    pairs = sides.distinct().subquery()  # found first, then compared
    numbers = [func.count(case((level, 1))) for level in READINESS.values()]
    counted: Any = select(*numbers).select_from(pairs)
    found = session.execute(_beside_both(counted, pairs.c)).one()
    return dict(zip(READINESS, found, strict=True))


def _count_scores(session: Session, among: Select[Any]) -> dict[int, int]:
    numbers = [func.count(case((_at_least(score), 1))) for score in SCORES]
    found = session.execute(among.with_only_columns(*numbers)).one()
    return dict(zip(SCORES, found, strict=True))


def count_waiting(session: Session, actor: User) -> int:
    """How many pairs wait for a decision."""
    statement = _matches(actor, QueueFilters()).with_only_columns(func.count(Match.id))
    return session.scalar(statement) or 0


def candidates(session: Session, actor: User, filters: QueueFilters, need_id: int) -> list[Match]:
    """The pairs of a need in a tab, best first, with everything that the page shows."""
    statement = (
        _matches(actor, filters)
        .where(Match.need_id == need_id)
        .order_by(Match.score.desc(), Match.id)
        .limit(40)
        .options(*queries.loaded())
    )
    return list(session.scalars(statement).unique())


def note_visit(actor: User) -> None:
    """Begin a new visit when the last look is long ago: what came since then is new."""
    moment = clock.now()
    last = actor.queue_visited_at
    if last is None or moment - last > VISIT:
        actor.queue_seen_at = last
    actor.queue_visited_at = moment
