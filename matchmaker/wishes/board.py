"""What a team sees of the others: who asked, who might fit and why, whom it chose.

A side learns that it is wanted, never that it is not, nor how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from matchmaker.catalogue import queries as catalogue
from matchmaker.engine import fold
from matchmaker.registration.shown import known, shown_name, shown_postings
from matchmaker.wishes import policy, queries
from matchmaker.wishes.kinds import AGREES, other_side
from models import (
    Event,
    Exclusion,
    Match,
    Posting,
    SchemeNode,
    Side,
    Team,
    TeamPosting,
    User,
    Wish,
    WishChoice,
)

PARTS = ("asked", "suggested", "ours", "all")
"""Who asked us, who might fit, whom we chose, everybody on the other side."""
FIRST = 8
"""So many of each part stand on the first page."""
PAGE = 20
EXPERTISE_OFFERED = 20
ORDER = (WishChoice.MUST, WishChoice.MEET, WishChoice.NO)


@dataclass(frozen=True, slots=True)
class Board:
    """The wishes of a team by the other team's id, and who stands in which part."""

    team: Team
    wishes: Mapping[int, Wish]
    excluded: frozenset[int]
    declared: Mapping[int, Exclusion]
    parts: Mapping[str, Sequence[int]]
    musts: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Why:
    """Why two teams are proposed to each other."""

    score: int
    """Of 100; 0 when nothing is known."""
    chains: tuple[SchemeNode, ...] = ()
    ours: str = ""
    theirs: str = ""
    """The titles of the pair of postings behind it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One of the others, as this person may see it."""

    team: Team
    name: str
    state: str
    choice: WishChoice | None
    asked: bool
    postings: tuple[tuple[Posting, bool], ...]
    """With each whether its page is open to the person."""
    more: int
    """How many it brings besides, that are not public."""
    why: Why
    expertise: str
    """What we ask of the one who comes."""
    expected: str
    """What they ask of ours."""
    offered: tuple[str, ...]
    """What their people know."""
    excluded: bool
    declared: bool


def board_of(session: Session, event: Event, team: Team) -> Board:
    """Sort everybody on the other side into the parts of the page."""
    there = other_side(team.side)
    coming = set(session.scalars(queries.approved(event, there)))
    wishes = {key: row for key, row in queries.wishes_of(session, team).items() if key in coming}
    pairs = queries.excluded_pairs(session, event)
    excluded = frozenset(
        next(key for key in pair if key != team.id) for pair in pairs if team.id in pair
    )
    declared = queries.declared_by(session, team)
    place = {key: _part(row, team.side, excluded=key in excluded) for key, row in wishes.items()}
    wishes = {key: row for key, row in wishes.items() if place[key]}  # others said no, unasked
    parts: dict[str, list[int]] = {name: [] for name in PARTS}
    for key in sorted(wishes, key=lambda key: _order(wishes[key], team.side)):
        parts[place[key]].append(key)
    parts["all"] = [*wishes, *sorted(coming - set(wishes))]
    own = [wish.choice_of(team.side) for wish in wishes.values()]
    return Board(
        team=team, wishes=wishes, excluded=excluded, parts=parts,
        declared={key: row for key, row in declared.items() if key in coming},
        musts=own.count(WishChoice.MUST),
        unanswered=sum(wishes[key].choice_of(team.side) is None for key in parts["asked"]),
    )  # fmt: skip


def _part(wish: Wish, side: Side, *, excluded: bool) -> str:
    choice, asked = wish.choice_of(side), wish.choice_of(other_side(side)) in AGREES
    if asked and not excluded:
        return "asked"
    if choice is not None:
        return "ours"
    return "suggested" if wish.suggested and not excluded else ""


def _order(wish: Wish, side: Side) -> tuple[Any, ...]:
    """Unanswered first, then by one's own choice; among equals the best fit."""
    choice = wish.choice_of(side)
    rank = -1 if choice is None else ORDER.index(choice)
    return rank, -wish.score, wish.id


def find(session: Session, actor: User, board: Board, text: str) -> list[int]:
    """Return who on the other side answers a text: names as shown, titles, keywords."""
    words = fold(text).split()
    looked_up = known(session, actor, board.team.event)
    names: dict[int, str] = {}
    for team in _load(session, board.parts["all"]):
        names[team.id] = name = shown_name(session, actor, team, looked_up)
        brought = shown_postings(actor, team, looked_up)
        texts = [name, *(p.title for p in brought), *(k for p in brought for k in p.keywords)]
        folded = fold("\n".join(texts))
        if not all(word in folded for word in words):
            del names[team.id]
    score = {key: wish.score for key, wish in board.wishes.items()}
    return sorted(names, key=lambda key: (-score.get(key, 0.0), names[key], key))


def rows_of(
    session: Session, actor: User, board: Board, ids: Iterable[int], moment: datetime
) -> dict[int, Row]:
    """Load what a page shows of some others, by the id of their team."""
    wanted = list(dict.fromkeys(ids))
    looked_up = known(session, actor, board.team.event)
    teams = _load(session, wanted)
    brought = {team.id: shown_postings(actor, team, looked_up) for team in teams}
    eyes = _Eyes(
        board=board, own=_load_own(session, board.team),
        open_pages=_open(session, actor, [p.id for found in brought.values() for p in found]),
        pairs=_pairs(session, [board.wishes[key] for key in wanted if key in board.wishes]),
        closed=policy.is_closed(board.team.event, moment),
    )  # fmt: skip
    return {
        team.id: eyes.row(team, shown_name(session, actor, team, looked_up), brought[team.id])
        for team in teams
    }


@dataclass(frozen=True, slots=True)
class _Eyes:
    """What is looked up once for all rows of a page."""

    board: Board
    own: list[Posting]
    open_pages: set[int]
    pairs: dict[int, tuple[int, ...]]
    closed: bool

    def row(self, team: Team, name: str, brought: list[Posting]) -> Row:
        wish, side = self.board.wishes.get(team.id), self.board.team.side
        choice = wish.choice_of(side) if wish else None
        asked = wish is not None and wish.choice_of(other_side(side)) in AGREES
        skills = dict.fromkeys(skill for person in team.members for skill in person.expertise)
        pair = self.pairs.get(wish.match_id or 0, ()) if wish else ()
        return Row(
            team=team,
            name=name,
            state=_state(choice, asked=asked, closed=self.closed),
            choice=choice,
            asked=asked,
            postings=tuple((posting, posting.id in self.open_pages) for posting in brought),
            more=len(team.postings) - len(brought),
            why=_why(wish, pair, self.own, brought),
            expertise=asked_of(wish, other_side(side)),
            expected=asked_of(wish, side) if asked else "",
            offered=tuple(skills)[:EXPERTISE_OFFERED],
            excluded=team.id in self.board.excluded,
            declared=team.id in self.board.declared,
        )


def asked_of(wish: Wish | None, side: Side) -> str:
    """What the one who comes for a side should know."""
    if wish is None:
        return ""
    return wish.need_expertise if side == Side.NEED else wish.achievement_expertise


def _state(choice: WishChoice | None, *, asked: bool, closed: bool) -> str:
    """Name how things stand; a refusal of the other side looks like silence."""
    if choice == WishChoice.NO:
        return "refused"
    if asked:
        return "mutual" if choice else "asks"
    if choice is None:
        return ""
    return "silent" if closed else "waiting"


def _why(
    wish: Wish | None, pair: tuple[int, ...], own: list[Posting], brought: list[Posting]
) -> Why:
    """Name the pair of postings behind it, where this person may see both."""
    score = round(wish.score * 100) if wish else 0
    here = [posting for posting in own if posting.id in pair]
    there = [posting for posting in brought if posting.id in pair]
    if here and there:
        return Why(score, _common(here, there), here[0].title, there[0].title)
    return Why(score, _common(own, brought))


def _pairs(session: Session, wishes: Iterable[Wish]) -> dict[int, tuple[int, ...]]:
    """Return the pair of postings behind each wish, by the id of the match."""
    ids = [wish.match_id for wish in wishes if wish.match_id]
    statement = select(Match.id, Match.need_id, Match.achievement_id).where(Match.id.in_(ids))
    return {row[0]: tuple(row[1:]) for row in session.execute(statement)}


def _common(own: Iterable[Posting], brought: Iterable[Posting]) -> tuple[SchemeNode, ...]:
    """Return the entries of classifications that both sides have, the most specific ones."""
    ours = {row.node_id: row for posting in own for row in posting.nodes}
    theirs = {row.node_id: row for posting in brought for row in posting.nodes}
    shared = [ours[key] for key in sorted(ours.keys() & theirs.keys())]
    direct = [row for row in shared if row.direct and theirs[row.node_id].direct]
    return tuple(row.node for row in (direct or shared)[:2])


def _load(session: Session, ids: Iterable[int]) -> list[Team]:
    statement = select(Team).where(Team.id.in_(list(ids))).options(*_shown())
    found = {team.id: team for team in session.scalars(statement).unique()}
    return [found[key] for key in ids if key in found]


def _load_own(session: Session, team: Team) -> list[Posting]:
    statement = (
        select(Posting)
        .join(TeamPosting, TeamPosting.posting_id == Posting.id)
        .where(TeamPosting.team_id == team.id)
        .options(selectinload(Posting.nodes), defer(Posting.search_text))
    )
    return list(session.scalars(statement).unique())


def _shown() -> tuple[Any, ...]:
    """Load with teams what a row shows, without the long texts of what they bring."""
    posting = joinedload(TeamPosting.posting)
    return (
        joinedload(Team.event),
        selectinload(Team.members),
        selectinload(Team.posting_rows).options(
            posting.options(
                defer(Posting.search_text), defer(Posting.problem), selectinload(Posting.nodes)
            )
        ),
    )


def _open(session: Session, actor: User, ids: list[int]) -> set[int]:
    statement = catalogue.visible_to(actor).where(Posting.id.in_(ids))
    return set(session.scalars(statement.with_only_columns(Posting.id)))


def sizes(board: Board) -> dict[str, int]:
    """How many stand in each part."""
    return {name: len(board.parts[name]) for name in PARTS}
