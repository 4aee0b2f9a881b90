"""What the ballots of a contest come to: progress, scores, ranks, and where jurors differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from sqlalchemy.orm import Session

from matchmaker.contests import queries, ranking
from matchmaker.contests.kinds import WIDE, BallotState
from models import Ballot, Criterion, Entry, Event, Juror


@dataclass(frozen=True, slots=True)
class Given:
    """A juror's ballot for an entry, as organisers read it."""

    juror: Juror
    state: BallotState
    points: Mapping[int, float]
    mark: Fraction | None
    """Out of 100; only of what was handed in."""
    remark: str


@dataclass(frozen=True, slots=True)
class Line:
    """An entry among all others."""

    entry: Entry
    place: ranking.Place
    means: Mapping[int, Fraction]
    """Mean points by id of criterion."""
    given: Sequence[Given]

    @property
    def submitted(self) -> int:
        return sum(given.state == BallotState.SUBMITTED for given in self.given)

    @property
    def expected(self) -> int:
        """How many jurors may judge it."""
        return len(self.given) - len(self.aside)

    @property
    def aside(self) -> list[Given]:
        """Those who stand aside, by themselves or because they must."""
        return [g for g in self.given if g.state in {BallotState.ASIDE, BallotState.BARRED}]

    @property
    def missing(self) -> list[Given]:
        return [g for g in self.given if g.state in {BallotState.OPEN, BallotState.DRAFT}]

    @property
    def remarks(self) -> list[Given]:
        return [g for g in self.given if g.remark and g.state == BallotState.SUBMITTED]

    @property
    def spread(self) -> Fraction | None:
        """Between the highest and the lowest juror, in points out of 100."""
        marks = [given.mark for given in self.given if given.mark is not None]
        return max(marks) - min(marks) if len(marks) > 1 else None

    @property
    def is_wide(self) -> bool:
        return self.spread is not None and self.spread > WIDE


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything that is known of a contest before and after its results are out."""

    criteria: Sequence[Criterion]
    jurors: Sequence[Juror]
    lines: Sequence[Line]
    """By rank; entries without a ballot at the end."""

    @property
    def ranked(self) -> list[Line]:
        return [line for line in self.lines if line.place.rank is not None]

    @property
    def submitted(self) -> int:
        return sum(line.submitted for line in self.lines)

    @property
    def expected(self) -> int:
        return sum(line.expected for line in self.lines)

    @property
    def missing(self) -> int:
        return self.expected - self.submitted

    @property
    def late(self) -> list[tuple[Juror, int]]:
        """Who still has ballots to hand in, and how many."""
        found = Counter(given.juror.id for line in self.lines for given in line.missing)
        return [(juror, found[juror.id]) for juror in self.jurors if found[juror.id]]

    def of_juror(self, juror: Juror) -> list[tuple[Line, Given]]:
        """What one juror gave, by number of entry."""
        found = [
            (line, given)
            for line in self.lines
            for given in line.given
            if given.juror.id == juror.id
        ]
        return sorted(found, key=lambda pair: pair[0].entry.number)


def of(session: Session, event: Event) -> Tally:
    """Count the ballots of a contest. Only what was handed in counts, and no barred juror's."""
    criteria = queries.criteria(session, event)
    jurors = queries.jurors(session, event)
    entries = queries.entries(session, event)
    scales = [ranking.Scale(c.id, c.weight, c.most) for c in criteria]
    given = _given(session, event, scales, jurors, entries)
    votes = {
        entry_id: [
            ranking.Vote(one.juror.id, entry_id, one.points)
            for one in found
            if one.state == BallotState.SUBMITTED
        ]
        for entry_id, found in given.items()
    }
    by_id = {entry.id: entry for entry in entries}
    lines = [
        Line(by_id[p.entry], p, _means(scales, votes[p.entry]), given[p.entry])
        for p in ranking.places(scales, by_id, chain.from_iterable(votes.values()))
    ]
    return Tally(criteria, jurors, sorted(lines, key=_by_rank))


def _by_rank(line: Line) -> tuple[bool, int, int]:
    return line.place.rank is None, line.place.rank or 0, line.entry.number


def _given(
    session: Session,
    event: Event,
    scales: Sequence[ranking.Scale],
    jurors: Sequence[Juror],
    entries: Sequence[Entry],
) -> dict[int, list[Given]]:
    ballots = {(b.juror_id, b.entry_id): b for b in queries.ballots(session, event)}
    barred = queries.barred(session, event)
    return {
        entry.id: [
            _one(
                scales,
                juror,
                ballots.get((juror.id, entry.id)),
                is_barred=entry.id in barred.get(juror.id, set()),
            )
            for juror in jurors
        ]
        for entry in entries
    }


def _one(
    scales: Sequence[ranking.Scale], juror: Juror, ballot: Ballot | None, *, is_barred: bool
) -> Given:
    state = queries.state_of(ballot, is_barred=is_barred)
    points = queries.points_of(ballot) if state == BallotState.SUBMITTED else {}
    mark = ranking.mark(scales, points) if points else None
    return Given(juror, state, points, mark, ballot.remark if ballot else "")


def _means(scales: Sequence[ranking.Scale], votes: Sequence[ranking.Vote]) -> dict[int, Fraction]:
    if not votes:
        return {}
    return {
        scale.id: ranking.mean([Fraction(vote.points[scale.id]) for vote in votes])
        for scale in scales
    }
