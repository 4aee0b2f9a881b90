"""Pairs that an organiser puts on the review desk by hand."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.engine import MODEL, Suggestion
from matchmaker.errors import NotAllowedError, NotNowError
from matchmaker.matching import service
from models import (
    Achievement,
    Activity,
    Job,
    JobStatus,
    Match,
    MatchStatus,
    Need,
    PostingKind,
    PostingStatus,
    RejectReason,
    Role,
    User,
)
from tests import factories
from tests.conftest import SignedIn
from tests.matching.conftest import OFFERS, Scene
from tests.pages import hidden_fields, one, opened


def pairs(database: Database) -> dict[int, Match]:
    with database.reading() as session:
        return {match.achievement_id: match for match in session.scalars(select(Match))}


def refresh(app: Flask, database: Database, posting_id: int | None = None) -> None:
    """Work out the suggestions of one record, or of all, as the worker does."""
    kind = "matching.refresh" if posting_id else "matching.refresh_all"
    payload = {"posting_id": posting_id} if posting_id else {}
    with database.transaction() as session:
        jobs.enqueue(session, kind, payload)
    with app.app_context():
        jobs.run_due(database)
    with database.reading() as session:
        assert set(session.scalars(select(Job.status))) == {JobStatus.DONE}


def pick(browser: FlaskClient, scene: Scene, name: str, verb: str = "pick", **form: str) -> str:
    answer = browser.post(
        f"{scene.address}/{verb}/{scene.ids[name]}", data=form, follow_redirects=True
    )
    assert answer.status_code == 200
    return answer.text


def test_a_picked_pair_waits_on_the_desk_with_its_score_and_the_name_of_who_picked_it(
    browser: FlaskClient, scene: Scene, database: Database, organiser: User
) -> None:
    text = pick(browser, scene, "far")

    match = pairs(database)[scene.ids["far"]]
    assert match.status == MatchStatus.SUGGESTED
    assert (match.picked_by_id, match.need_rank) == (organiser.id, None)
    assert match.by_signal["chain"] is None
    assert match.by_signal["title"] is not None
    assert 0 < match.score < 1
    assert match.model.startswith(MODEL)
    assert "已经在审核台上" in text
    assert "由 何静 手动选取" in text
    desk = browser.get("/review").text
    assert OFFERS["far"] in desk
    assert "由 何静 手动选取" in desk
    assert "由 何静 手动选取" in browser.get(f"/pairings/{match.id}").text


def test_a_refresh_of_everything_leaves_a_picked_pair_until_it_is_taken_back(
    browser: FlaskClient, scene: Scene, app: Flask, database: Database
) -> None:
    with database.transaction() as session:  # many better ones, so that the engine has no room
        for n in range(60):
            factories.make_achievement(session, title=f"单晶高镍正极材料的低残锂制备{n}")
            factories.make_need(session, title=f"泡菜低盐发酵菌剂{n}")
    pick(browser, scene, "far")

    for _time in range(2):
        refresh(app, database)
    match = next(m for m in pairs_of(database, scene) if m.achievement_id == scene.ids["far"])
    assert (match.need_rank, match.achievement_rank) == (None, None)

    assert "已取回" in pick(browser, scene, "far", "take-back")
    assert scene.ids["far"] not in [m.achievement_id for m in pairs_of(database, scene)]


def pairs_of(database: Database, scene: Scene) -> list[Match]:
    with database.reading() as session:
        return list(session.scalars(select(Match).where(Match.need_id == scene.need_id)))


def test_picking_twice_changes_nothing(
    browser: FlaskClient, scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    pick(browser, scene, "far")
    before = pairs(database)[scene.ids["far"]]
    other = signed_in(factories.add_user(database, Role.ORGANISER))

    assert "已经在审核台上" in pick(other, scene, "far")

    after = pairs(database)
    assert list(after) == [scene.ids["far"]]
    assert (after[scene.ids["far"]].id, after[scene.ids["far"]].picked_by_id) == (
        before.id,
        before.picked_by_id,
    )


def test_a_decided_pair_says_so_and_stays(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    pick(browser, scene, "far")
    with database.transaction() as session:
        match = session.scalars(select(Match)).one()
        match.status, match.reason = MatchStatus.REJECTED, RejectReason.OTHER_PROBLEM
        match.decided_by_id, match.decided_at = match.picked_by_id, clock.now()

    for verb in ("pick", "take-back"):
        assert "这一对已经有决定：不接受" in pick(browser, scene, "far", verb)
    assert pairs(database)[scene.ids["far"]].status == MatchStatus.REJECTED
    page = opened(browser, scene.address)
    assert page.select('form[action*="/take-back/"]') == []


def test_what_the_engine_suggests_as_well_stays_when_it_is_taken_back(
    browser: FlaskClient, scene: Scene, app: Flask, database: Database
) -> None:
    pick(browser, scene, "near")
    refresh(app, database)
    assert pairs(database)[scene.ids["near"]].need_rank == 1

    pick(browser, scene, "near", "take-back")

    match = pairs(database)[scene.ids["near"]]
    assert (match.picked_by_id, match.need_rank) == (None, 1)
    assert "不是手动选取的" in pick(browser, scene, "near", "take-back")


def test_taking_back_what_is_gone_says_so(browser: FlaskClient, scene: Scene) -> None:
    assert "已经不在审核台上" in pick(browser, scene, "far", "take-back")


def test_filters_and_the_page_survive_a_pick(browser: FlaskClient, scene: Scene) -> None:
    page = opened(browser, scene.address, region="51", most="2", find="泡菜")
    form = one(page, f'.mm-ranked form[action$="/pick/{scene.ids["far"]}"]')

    answer = browser.post(str(form["action"]), data=hidden_fields(form))

    assert answer.headers["Location"] == (
        f"{scene.address}?region=51&most=2&find=泡菜#a{scene.ids['far']}"
    ) or answer.headers["Location"] == (
        f"{scene.address}?region=51&most=2&find=%E6%B3%A1%E8%8F%9C#a{scene.ids['far']}"
    )


def test_a_withdrawn_record_takes_its_picked_pair_along(
    browser: FlaskClient, scene: Scene, app: Flask, database: Database
) -> None:
    pick(browser, scene, "far")
    with database.transaction() as session:
        row = session.get_one(Achievement, scene.ids["far"])
        row.status, row.withdrawn_at = PostingStatus.WITHDRAWN, clock.now()
    refresh(app, database, scene.ids["far"])

    assert scene.ids["far"] not in pairs(database)


def test_what_is_not_published_is_not_put_on_the_desk(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Achievement, scene.ids["far"]).status = PostingStatus.WITHDRAWN

    assert "不能放到审核台" in pick(browser, scene, "far")
    assert pairs(database) == {}


def test_nobody_picks_a_pair_of_the_own_organisation(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        organisation = session.get_one(Achievement, scene.ids["far"]).organisation
        own = factories.make_user(session, Role.ORGANISER, organisation=organisation)
    browser = signed_in(own)

    page = opened(browser, scene.address)
    answer = browser.post(f"{scene.address}/pick/{scene.ids['far']}")

    assert answer.status_code == 403
    assert page.select(f'form[action$="/pick/{scene.ids["far"]}"]') == []
    assert page.select(f'form[action$="/pick/{scene.ids["near"]}"]') != []
    assert pairs(database) == {}


def test_picking_and_taking_back_are_told_in_the_history_of_offices(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    pick(browser, scene, "far")
    pick(browser, scene, "far", "take-back")

    text = browser.get("/activity").text
    assert "手动选取，放到审核台" in text
    assert "取回手动选取的一对" in text


# ---- on both databases


def rows(session: Session) -> tuple[User, Need, Achievement, Suggestion]:
    actor = factories.make_user(session, Role.ORGANISER)
    need, achievement = factories.make_need(session), factories.make_achievement(session)
    return actor, need, achievement, Suggestion(need.id, achievement.id, 0.25, {"title": 0.25})


def test_a_pair_is_picked_stays_through_a_refresh_and_is_taken_back(session: Session) -> None:
    actor, need, achievement, scored = rows(session)

    match = service.pick(session, actor, need, achievement, scored=scored)
    again = service.pick(session, actor, need, achievement, scored=scored)
    service.store(session, PostingKind.NEED, {need.id: []})
    service.store(session, PostingKind.ACHIEVEMENT, {achievement.id: []})

    assert again is match
    assert session.scalars(select(Match)).one().picked_by_id == actor.id
    service.take_back(session, actor, session.scalars(select(Match)).one())
    session.flush()
    assert session.scalars(select(Match)).all() == []
    actions = session.scalars(select(Activity.action).order_by(Activity.id)).all()
    assert actions == ["match.picked", "match.taken_back"]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ORGANISER])
def test_only_organisers_pick(session: Session, role: Role) -> None:
    _organiser, need, achievement, scored = rows(session)
    actor = factories.make_user(session, role)

    with pytest.raises(NotAllowedError):
        service.pick(session, actor, need, achievement, scored=scored)
    match = factories.make_match(session, need, achievement, picked_by_id=_organiser.id)
    with pytest.raises(NotAllowedError):
        service.take_back(session, actor, match)


def test_a_deferred_pair_is_decided_too(session: Session) -> None:
    actor, need, achievement, scored = rows(session)
    factories.make_match(session, need, achievement, status=MatchStatus.DEFERRED,
                         decided_by_id=actor.id, decided_at=clock.now())  # fmt: skip

    with pytest.raises(NotNowError):
        service.pick(session, actor, need, achievement, scored=scored)


def test_two_people_at_once_get_one_pair(own_database: Database) -> None:
    with own_database.transaction() as session:
        actor, need, achievement, scored = rows(session)
        other = factories.make_user(session, Role.ORGANISER)
        ids = (need.id, achievement.id)
        people = (actor.id, other.id)
    ready, found = threading.Barrier(2), []

    def work(user_id: int) -> None:
        ready.wait()
        with own_database.transaction() as session:
            match = service.pick(
                session, session.get_one(User, user_id), session.get_one(Need, ids[0]),
                session.get_one(Achievement, ids[1]), scored=scored,
            )  # fmt: skip
            found.append(match.id)

    threads = [threading.Thread(target=work, args=(user_id,)) for user_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with own_database.reading() as session:
        assert [match.id for match in session.scalars(select(Match))] == [found[0]]
    assert found[0] == found[1]


def test_what_the_engine_suggests_and_somebody_picks_stays_as_well(session: Session) -> None:
    actor, need, achievement, scored = rows(session)
    service.store(session, PostingKind.NEED, {need.id: [scored]})
    service.pick(session, actor, need, achievement, scored=scored)
    service.store(session, PostingKind.NEED, {need.id: []})

    assert session.scalars(select(Match)).one().picked_by_id == actor.id


def test_a_list_that_was_worked_out_before_a_withdrawal_does_not_bring_the_pair_back(
    session: Session,
) -> None:
    _actor, need, achievement, scored = rows(session)
    achievement.status = PostingStatus.WITHDRAWN
    session.flush()
    service.store(session, PostingKind.NEED, {need.id: [scored]})

    assert session.scalars(select(Match)).all() == []
