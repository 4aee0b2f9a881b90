"""A draft becomes the timetable that holds; only those whose agenda changes are told."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import NotNowError
from matchmaker.timetables import changes, queries, service
from models import (
    MeetingStatus,
    Notification,
    Side,
    TeamStatus,
    Timetable,
    TimetableStatus,
    Unavailability,
    WishChoice,
)
from tests.events.making import make_placement, make_team, make_timetable, make_wish
from tests.timetables.scene import Scene, make_scene


def told(session: Session, kind: str) -> set[int]:
    """Return who has a line of a kind in the inbox."""
    return {line.user_id for line in session.query(Notification).filter_by(kind=kind)}


def by_hand(session: Session, scene: Scene, *places: tuple[int, int, int, int]) -> Timetable:
    """Make a draft: need team, achievement team, slot, table, all counted from 0."""
    event = scene.event
    number = len(queries.versions(session, event)) + 1
    draft = make_timetable(session, event, number=number, based_on=event.meetings_version)
    for need, achievement, slot, table in places:
        wish = scene.wish(need, achievement)
        make_placement(session, draft, wish, event.slots[slot], event.tables[table])
    return draft


def test_the_first_version_is_told_to_everybody_in_it_once(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=1)

    scene.publish()

    people = [team.members[0].user_id for team in (*scene.needs, *scene.achievements)]
    assert told(session, "timetable.published") == set(people)
    lines = session.query(Notification).filter_by(user_id=people[2]).all()
    assert [(line.kind, line.values["n"]) for line in lines] == [("timetable.published", 2)]


def test_a_later_version_is_told_to_those_it_concerns_only(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=2)
    scene.publish(by_hand(session, scene, (0, 0, 0, 0), (1, 1, 0, 1)))

    scene.publish(by_hand(session, scene, (0, 0, 2, 0), (1, 1, 0, 1)))

    concerned = {scene.needs[0].members[0].user_id, scene.achievements[0].members[0].user_id}
    assert told(session, "timetable.changed") == concerned


def test_the_difference_counts_what_is_kept_moved_cancelled_and_new(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=2)
    scene.publish(by_hand(session, scene, (0, 0, 0, 0), (1, 1, 0, 1), (0, 1, 1, 0)))
    draft = by_hand(session, scene, (0, 0, 0, 0), (1, 1, 2, 1), (1, 0, 1, 0))

    found = changes.of(session, draft)

    assert found.kept == 1
    assert [change.wish.id for change in found.moved] == [scene.wish(1, 1).id]
    assert [change.wish.id for change in found.cancelled] == [scene.wish(0, 1).id]
    assert [change.wish.id for change in found.new] == [scene.wish(1, 0).id]
    assert found.people == 4


def test_calendars_hear_of_every_change_of_a_meeting(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1)
    wish = scene.wish(0, 0)
    first = scene.publish(by_hand(session, scene, (0, 0, 0, 0)))
    (meeting,) = scene.meetings()
    made, place = meeting.id, (meeting.slot_id, meeting.table_id)
    seen = [(meeting.sequence, meeting.status)]

    for places in ([(0, 0, 1, 0)], [], [(0, 0, 2, 1)]):
        scene.publish(by_hand(session, scene, *places))
        (meeting,) = scene.meetings()
        seen.append((meeting.sequence, meeting.status))

    assert meeting.id == made
    assert seen == [
        (0, MeetingStatus.PLANNED), (1, MeetingStatus.PLANNED), (2, MeetingStatus.CANCELLED),
        (3, MeetingStatus.PLANNED),
    ]  # fmt: skip
    session.refresh(first)
    assert first.status == TimetableStatus.SUPERSEDED
    assert (wish.id, place) == (meeting.wish_id, (scene.slots[0].id, scene.tables[0].id))


def test_a_version_that_changes_nothing_leaves_calendars_alone(session: Session) -> None:
    scene = make_scene(session)
    scene.publish()
    before = {meeting.id: meeting.sequence for meeting in scene.meetings()}

    again = scene.publish()

    assert {meeting.id: meeting.sequence for meeting in scene.meetings()} == before
    assert again.changes["kept"] == 4
    assert told(session, "timetable.changed") == set()


def test_meetings_may_exchange_their_places(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=2)
    scene.publish(by_hand(session, scene, (0, 0, 0, 0), (1, 1, 0, 1), (0, 1, 1, 0)))

    scene.publish(by_hand(session, scene, (1, 1, 0, 0), (0, 0, 0, 1), (0, 1, 1, 1)))

    places = {meeting.wish_id: (meeting.slot_id, meeting.table_id) for meeting in scene.meetings()}
    assert places[scene.wish(1, 1).id] == (scene.slots[0].id, scene.tables[0].id)
    assert places[scene.wish(0, 0).id] == (scene.slots[0].id, scene.tables[1].id)


def test_a_draft_made_before_a_change_by_hand_is_not_published(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=2)
    scene.publish(by_hand(session, scene, (0, 0, 0, 0)))
    draft = scene.plan()
    service.book_meeting(
        session, scene.organiser, scene.event, scene.wish(1, 1), scene.slots[3], scene.tables[1]
    )

    with pytest.raises(NotNowError, match="重新排期"):
        service.publish(session, scene.organiser, draft, version=draft.version)
    scene.publish()


def test_a_draft_that_somebody_else_changed_is_not_published_unseen(session: Session) -> None:
    scene = make_scene(session)
    draft = scene.plan()
    seen = draft.version
    service.unbook(session, scene.organiser, draft, scene.wish(0, 0).id)

    with pytest.raises(NotNowError):
        service.publish(session, scene.organiser, draft, version=seen)


def test_what_cannot_stand_any_more_is_not_published(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1)
    draft = scene.plan()
    (place,) = scene.placements(draft).values()
    person = scene.needs[0].members[0]
    session.add(Unavailability(participant_id=person.id, slot_id=place.slot_id))
    session.flush()

    with pytest.raises(NotNowError, match="不能来"):
        service.publish(session, scene.organiser, draft, version=draft.version)
    assert scene.meetings() == []


def test_who_withdrew_is_told_nothing_of_new_meetings_and_the_others_hear_of_it(
    session: Session,
) -> None:
    scene = make_scene(session, needs=2, achievements=1, slots=2, tables=1)
    scene.publish()
    scene.needs[0].status = TeamStatus.WITHDRAWN
    session.flush()

    scene.publish()

    cancelled = [m for m in scene.meetings() if m.status == MeetingStatus.CANCELLED]
    assert [m.wish_id for m in cancelled] == [scene.wish(0, 0).id]
    assert scene.achievements[0].members[0].user_id in told(session, "timetable.changed")


def test_replanning_moves_no_more_than_it_must(session: Session) -> None:
    scene = make_scene(session, needs=4, achievements=4, slots=6, tables=4)
    scene.publish()
    before = {m.wish_id: m.slot_id for m in scene.meetings()}
    late = make_team(session, scene.event, Side.ACHIEVEMENT)
    new = make_wish(session, scene.needs[0], late)

    scene.publish()

    after = {m.wish_id: m.slot_id for m in scene.meetings()}
    assert new.id in after
    assert {w: s for w, s in after.items() if w != new.id} == before


def test_what_has_begun_or_begins_next_stays(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene(session, needs=1, achievements=1, slots=4, tables=1)
    day = scene.event.days[0].day
    scene.publish(by_hand(session, scene, (0, 0, 1, 0)))
    begin = datetime.combine(day, time(9, 10), clock.LOCAL_ZONE)
    monkeypatch.setattr(clock, "now", lambda: begin)
    draft = service.edit(session, scene.organiser, scene.event)

    with pytest.raises(NotNowError, match="马上开始"):
        service.move(
            session, scene.organiser, draft, scene.wish(0, 0).id, scene.slots[3].id,
            scene.tables[0].id,
        )  # fmt: skip
    monkeypatch.setattr(clock, "now", lambda: begin - timedelta(days=1))
    service.move(
        session, scene.organiser, draft, scene.wish(0, 0).id, scene.slots[3].id,
        scene.tables[0].id,
    )  # fmt: skip


def test_a_decline_after_publication_cancels_with_the_next_version(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1)
    scene.publish()
    scene.wish(0, 0).need_choice = WishChoice.NO
    session.flush()

    scene.publish()

    assert [m.status for m in scene.meetings()] == [MeetingStatus.CANCELLED]


def test_later_features_hear_of_a_publication(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    monkeypatch.setattr(
        service, "AFTER_PUBLICATION", [lambda _s, _a, timetable: heard.append(timetable.number)]
    )
    scene = make_scene(session, needs=1, achievements=1)

    scene.publish()

    assert heard == [1]
