"""What the review pages ask of the database, and what they find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.accounts import queries as accounts
from matchmaker.db import Database
from matchmaker.review import desk, queries, service
from matchmaker.review.desk import QueueFilters
from models import MatchStatus, Mode, Need, Role, SchemeNode, User
from tests import factories
from tests.conftest import SignedIn
from tests.pages import statements

Count = Callable[[Callable[[], object]], int]


@pytest.fixture
def organiser(session: Session) -> User:
    return factories.make_user(session, Role.ORGANISER)


def accepted(session: Session, organiser: User, need: Need, **values: Any) -> None:
    match = factories.make_match(session, need, **values)
    service.accept(session, organiser, match, version=match.version)
    session.flush()


def test_the_best_pair_decides_which_need_comes_first(session: Session, organiser: User) -> None:
    needs = [factories.make_need(session) for _n in range(3)]
    for need, scores in zip(needs, ((0.2, 0.6), (0.5, 0.4), (0.9,)), strict=True):
        for score in scores:
            factories.make_match(session, need, score=score)

    order = list(desk.needs_in_queue(session, organiser, QueueFilters()))

    assert order == [needs[2].id, needs[0].id, needs[1].id]
    assert list(desk.needs_in_queue(session, organiser, QueueFilters(least=60))) == [
        needs[2].id, needs[0].id,
    ]  # fmt: skip
    found = desk.candidates(session, organiser, QueueFilters(), needs[0].id)
    assert [match.score for match in found] == [0.6, 0.2]


def test_the_counts_of_the_tabs_follow_the_facets(session: Session, organiser: User) -> None:
    chain = factories.make_node(session)
    inside = factories.make_need(session, nodes=[chain])
    factories.make_match(session, inside)
    accepted(session, organiser, inside)
    factories.make_match(session)

    both = desk.tab_counts(session, organiser, QueueFilters())
    one = desk.tab_counts(session, organiser, QueueFilters(chains=(chain.id,)))

    assert both == {"waiting": 2, "new": 2, "deferred": 0, "accepted": 1, "rejected": 0}
    assert one == {"waiting": 1, "new": 1, "deferred": 0, "accepted": 1, "rejected": 0}


def test_what_was_decided_today_still_counts_for_the_order(
    session: Session, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = [factories.make_need(session) for _n in range(2)]
    best = factories.make_match(session, needs[0], score=0.9)
    factories.make_match(session, needs[0], score=0.2)
    factories.make_match(session, needs[1], score=0.8)
    service.accept(session, organiser, best, version=best.version)
    session.flush()

    def order(tab: str = "waiting", least: int = 0) -> dict[int, float]:
        return desk.needs_in_queue(session, organiser, QueueFilters(tab, least=least))

    assert list(order().items()) == [(needs[0].id, 0.2), (needs[1].id, 0.8)]
    assert order(least=50) == {needs[1].id: 0.8}, "a need with nothing that waits is gone"
    assert order("accepted") == {needs[0].id: 0.9}
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert list(order()) == [needs[1].id, needs[0].id]


def test_facets_count_pairs_and_never_themselves(session: Session, organiser: User) -> None:
    chain = factories.make_node(session)
    need = factories.make_need(session, nodes=[chain], trl=6)
    for trl, score in ((7, 0.8), (3, 0.4)):
        achievement = factories.make_achievement(session, trl=trl, modes=[Mode.LICENSE])
        factories.make_match(session, need, achievement, score=score)
    other = factories.make_need(session, region_code=factories.make_region(session, "510104").code)
    factories.make_match(session, other, score=0.6)

    def counts(**values: Any) -> dict[str, dict[Any, int]]:
        return desk.facet_counts(session, organiser, QueueFilters(**values))

    assert counts()["chain"] == {chain.id: 2}
    assert counts()["region"] == {"50": 2, "51": 1}
    assert list(counts()["organisation"].items()) == [
        (need.organisation_id, 2), (other.organisation_id, 1),
    ]  # fmt: skip
    narrow = counts(least=50, regions=("50",), readiness=("met",), chains=(chain.id,))
    assert narrow["region"] == {"50": 1, "51": 0}
    assert (narrow["trl"]["met"], narrow["trl"]["short"]) == (1, 0)
    assert narrow["least"] == {30: 1, 50: 1, 70: 1}
    assert counts(organisations=(other.organisation_id,))["organisation"] == {
        need.organisation_id: 2, other.organisation_id: 1,
    }  # fmt: skip
    assert accounts.names_of(session, [other.organisation_id, 999_999]) == {
        other.organisation_id: other.organisation.name
    }


def test_what_was_put_aside_waits_again_on_its_day(
    session: Session, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = factories.make_match(session)
    service.defer(session, organiser, match, version=match.version)
    session.flush()
    today = clock.today()
    waiting = []
    for days in (0, 13, 14, 15):
        monkeypatch.setattr(clock, "today", lambda days=days: today + timedelta(days=days))
        waiting.append(desk.count_waiting(session, organiser))

    assert waiting == [0, 0, 1, 1]
    assert match.status == MatchStatus.DEFERRED


def test_a_visit_goes_on_for_half_an_hour_and_then_a_new_one_begins(
    session: Session, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now()
    seen = []
    for minutes in (0, 25, 50, 90):
        moment = start + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        desk.note_visit(organiser)
        seen.append(organiser.queue_seen_at)

    assert seen == [None, None, None, start + timedelta(minutes=50)]
    assert organiser.queue_visited_at == start + timedelta(minutes=90)


def test_pairs_of_a_posting_are_for_offices_and_accepted_ones_for_its_people(
    session: Session, organiser: User
) -> None:
    need = factories.make_need(session)
    factories.make_match(session, need, score=0.9)
    accepted(session, organiser, need, score=0.4)
    stranger = factories.make_user(session)

    def scores(actor: User) -> list[float]:
        return [match.score for match in queries.pairs_of(session, actor, need)]

    assert scores(organiser) == [0.4, 0.9], "accepted first"
    assert scores(need.owner) == [0.4]
    assert scores(stranger) == []


def test_only_what_was_decided_today_by_oneself_counts(
    session: Session, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = clock.now().astimezone(clock.LOCAL_ZONE).replace(hour=12)
    other = factories.make_user(session, Role.ORGANISER)
    for actor, moment in (
        (organiser, noon), (organiser, noon - timedelta(hours=13)), (other, noon),
    ):  # fmt: skip
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        match = factories.make_match(session)
        service.accept(session, actor, match, version=match.version)
    monkeypatch.setattr(clock, "now", lambda: noon)
    session.flush()

    assert queries.decided_today(session, organiser) == 1


def test_the_pages_of_a_pair_ask_as_often_for_eight_nodes_as_for_one(
    signed_in: SignedIn, database: Database
) -> None:
    browser = signed_in(factories.add_user(database, Role.ORGANISER))
    asked = []
    for n in (1, 8):
        with database.transaction() as session:
            nodes = [factories.make_node(session, f"环节{n}-{i}") for i in range(n)]
            need = factories.make_need(session, nodes=nodes)
            achievement = factories.make_achievement(session, nodes=nodes)
            match = factories.make_match(session, need, achievement)
        pages = (
            f"/review?need={need.id}&match={match.id}",
            f"/pairings/{match.id}",
            f"/matching/need/{need.id}/compare/{achievement.id}",
        )
        asked.append([statements(database, browser, address) for address in pages])

    assert asked[0] == asked[1]


def grow(session: Session, look: Callable[[], object], count: Count, more: Callable[[], object]) -> list[int]:  # fmt: skip
    """Count the statements with one row and with three."""
    found = []
    for rows in (1, 2):
        for _n in range(rows):
            more()
        session.expire_all()
        found.append(count(look))
    return found


def test_queue_pairings_and_history_ask_as_often_for_three_rows_as_for_one(
    session: Session, organiser: User, count_queries: Count
) -> None:
    need = factories.make_need(session, nodes=[factories.make_node(session)])
    owner = need.owner

    def queue() -> object:
        ids = list(desk.needs_in_queue(session, organiser, QueueFilters()))
        counts = desk.tab_counts(session, organiser, QueueFilters())
        facets = desk.facet_counts(session, organiser, QueueFilters())
        accounts.names_of(session, facets["organisation"])
        return counts, [
            (match.need.title, match.achievement.organisation.name, match.achievement.modes)
            for match in desk.candidates(session, organiser, QueueFilters(), ids[0])
        ]

    def pairings() -> object:
        return [
            (match.need.title, match.achievement.owner.name, match.achievement.region.name)
            for match in queries.accepted_of(session, owner)
        ]

    def history() -> object:
        queries.count_activity(session)
        return [
            (line.action, line.actor.name if line.actor else "")
            for line in queries.recent_activity(session)
        ]

    def more() -> None:
        factories.make_match(session, need)
        accepted(session, factories.make_user(session, Role.ORGANISER), need)

    for look in (queue, pairings, history):
        one, three = grow(session, look, count_queries, more)
        assert one == three, look.__name__


def test_the_pages_ask_as_often_for_three_rows_as_for_one(
    signed_in: SignedIn, database: Database
) -> None:
    with database.transaction() as session:
        organiser = factories.make_user(session, Role.ORGANISER)
        owner = factories.make_user(session, Role.ENTERPRISE)
        node = factories.make_node(session).id
    pages = {"/review": organiser, "/review?tab=accepted": organiser, "/activity": organiser,
             "/pairings": owner, "/": owner}  # fmt: skip
    for address, person in pages.items():
        browser = signed_in(person)
        numbers = []
        for rows in (1, 2):
            with database.transaction() as session:
                chain = session.get_one(SchemeNode, node)
                actor = session.get_one(User, organiser.id)
                need = session.query(Need).first() or factories.make_need(
                    session, session.get_one(User, owner.id), nodes=[chain]
                )
                for _n in range(rows):
                    for _kind in range(2):
                        achievement = factories.make_achievement(session, nodes=[chain])
                        match = factories.make_match(session, need, achievement)
                    service.accept(session, actor, match, version=match.version)
                    service.note(session, actor, match, "备注")
            numbers.append(statements(database, browser, address))
        assert numbers[0] == numbers[1], address
