"""From an event to a draft: what the planner reads, and what is kept of what it finds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.errors import InvalidError, NotAllowedError, NotNowError
from matchmaker.timetables import queries, service
from matchmaker.timetables.instances import content_of, name
from models import (
    EventStatus,
    EventTable,
    Exclusion,
    ExclusionReason,
    Job,
    JobStatus,
    MeetingStatus,
    Notification,
    Participant,
    Role,
    Side,
    TableClosure,
    Talk,
    Team,
    TeamStatus,
    Timetable,
    TimetableStatus,
    Unavailability,
    UnscheduledReason,
    User,
    Wish,
    WishChoice,
)
from tests import factories
from tests.events.making import make_event, make_team
from tests.timetables.scene import make_scene


def test_everybody_who_wants_to_meets_where_there_is_room(session: Session) -> None:
    scene = make_scene(session, needs=3, achievements=3, slots=3, tables=3)

    draft = scene.plan()

    assert draft.figures["status"] == "optimal"
    assert len(scene.placements(draft)) == 9
    assert queries.unscheduled(session, draft) == []


def test_who_cannot_come_or_speaks_has_no_meeting_then(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1, slots=3, tables=1)
    need, achievement = scene.needs[0].members[0], scene.achievements[0].members[0]
    first, second, third = scene.slots
    session.add(Unavailability(participant_id=need.id, slot_id=first.id))
    session.add(
        Talk(
            event_id=scene.event_id, team_id=scene.achievements[0].id, speaker_id=achievement.id,
            title="示范发布", starts_at=second.starts_at + timedelta(minutes=5),
            ends_at=second.ends_at - timedelta(minutes=5),
        )
    )  # fmt: skip
    session.flush()

    (place,) = scene.placements(scene.plan()).values()

    assert place.slot_id == third.id


@pytest.mark.parametrize(
    ("need", "achievement", "opted_in", "answer"),
    [
        (WishChoice.MEET, WishChoice.MUST, False, "accepted"),
        (WishChoice.MEET, WishChoice.NO, True, "declined"),
        (WishChoice.MEET, None, False, "none"),
        (WishChoice.MEET, None, True, "accepted"),
    ],
)
def test_a_wish_is_planned_when_both_sides_take_it(
    session: Session, need: WishChoice, achievement: WishChoice | None, opted_in: bool, answer: str
) -> None:
    scene = make_scene(session, needs=1, achievements=1)
    scene.achievements[0].opted_in = opted_in
    wish = scene.wishes[0]
    wish.need_choice, wish.achievement_choice = need, achievement
    wish.achievement_chosen_at = clock.now() if achievement else None
    session.flush()

    (read,) = content_of(session, scene.event)["wishes"]

    assert read["answer"] == answer


def test_pairs_that_must_not_meet_are_left_out_with_that_reason(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1)
    session.add(
        Exclusion(
            event_id=scene.event_id, need_team_id=scene.needs[0].id,
            achievement_team_id=scene.achievements[0].id, reason=ExclusionReason.CONFLICT,
            declared_by_id=scene.organiser.id, at=clock.now(),
        )
    )  # fmt: skip
    session.flush()

    draft = scene.plan()

    assert scene.placements(draft) == {}
    assert [row.reason for row in queries.unscheduled(session, draft)] == ["excluded"]


def test_teams_that_do_not_come_and_closed_places_are_no_part(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=1, slots=2, tables=2)
    scene.needs[1].status = TeamStatus.WITHDRAWN
    scene.slots[1].open = False
    scene.tables[1].closed = True
    session.flush()

    read = content_of(session, scene.event)

    assert [entry["id"] for entry in read["slots"]] == [name("s", scene.slots[0].id)]
    assert [entry["id"] for entry in read["tables"]] == [name("t", scene.tables[0].id)]
    assert name("team", scene.needs[1].id) not in [entry["id"] for entry in read["teams"]]
    assert len(read["wishes"]) == 1


def test_limits_of_teams_and_people_go_before_those_of_the_event(session: Session) -> None:
    scene = make_scene(
        session, needs=2, achievements=1, team_least=2, team_most=5, person_most=4, most_in_a_row=3
    )
    scene.needs[0].least, scene.needs[0].most = 0, 1
    scene.needs[0].members[0].most = 2
    session.flush()

    read = content_of(session, scene.event)

    own, usual = read["teams"][:2]
    assert (own["min"], own["max"], usual["min"], usual["max"]) == (0, 1, 2, 5)
    assert [person["max"] for person in read["people"]] == [2, 4, 4]
    assert {person["max_in_a_row"] for person in read["people"]} == {3}


def test_what_is_left_out_says_why_and_what_would_help(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=1, slots=2, tables=1)
    closed = scene.slots[1]
    person = scene.achievements[0].members[0]
    session.add(Unavailability(participant_id=person.id, slot_id=closed.id))
    session.flush()

    draft = scene.plan()

    (row,) = queries.unscheduled(session, draft)
    assert row.reason == UnscheduledReason.B_FULL
    assert row.fits_if == {"participant": person.id, "slot": closed.id}


@pytest.mark.parametrize("kind", ["slot", "table", "team", "person", "row"])
def test_the_one_change_that_is_named_lets_the_wish_in(session: Session, kind: str) -> None:
    scene = make_scene(session, needs=2, achievements=1, slots=2, tables=1)
    person = scene.achievements[0].members[0]
    event, slot = scene.event, scene.slots[1]
    if kind == "slot":
        session.add(Unavailability(participant_id=person.id, slot_id=slot.id))
    elif kind == "table":
        session.add(TableClosure(table_id=scene.tables[0].id, slot_id=slot.id))
    elif kind == "team":
        scene.achievements[0].most = 1
    elif kind == "person":
        person.most = 1
    else:
        event.most_in_a_row = 1
    session.flush()
    draft = scene.plan()
    (row,) = queries.unscheduled(session, draft)

    service.apply(session, scene.organiser, draft, row.wish_id)

    assert len(scene.placements(draft)) == 2
    assert queries.unscheduled(session, draft) == []


def test_a_person_hears_that_a_slot_was_opened_for_them(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=1, slots=2, tables=1)
    person = scene.achievements[0].members[0]
    session.add(Unavailability(participant_id=person.id, slot_id=scene.slots[1].id))
    session.flush()
    draft = scene.plan()

    service.apply(session, scene.organiser, draft, queries.unscheduled(session, draft)[0].wish_id)

    lines = session.query(Notification).filter_by(user_id=person.user_id).all()
    assert [line.kind for line in lines] == ["availability.changed"]


def test_a_new_draft_takes_the_place_of_the_old_one(session: Session) -> None:
    scene = make_scene(session)
    first = scene.plan()

    second = scene.plan()

    session.refresh(first)
    assert first.status == TimetableStatus.DISCARDED
    found = queries.draft(session, scene.event)
    assert found is not None
    assert found.id == second.id


def test_a_locked_meeting_stands_when_all_is_planned_anew(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=2, slots=4, tables=2)
    draft = scene.plan()
    place = scene.placements(draft)[scene.wish(0, 0).id]
    free = next(
        spot
        for spot, why in _places(session, draft, scene.wish(0, 0)).items()
        if not why and spot != (place.slot_id, place.table_id)
    )
    service.move(session, scene.organiser, draft, scene.wish(0, 0).id, *free)
    service.lock(session, scene.organiser, draft, scene.wish(0, 0).id)

    again = scene.plan()

    moved = scene.placements(again)[scene.wish(0, 0).id]
    assert (moved.slot_id, moved.table_id, moved.locked) == (*free, True)


def _places(session: Session, draft: Timetable, wish: Wish) -> dict[tuple[int, int], list[str]]:
    from matchmaker.timetables import conflicts

    return conflicts.places(session, draft, wish.id)


def test_a_lock_that_cannot_stand_any_more_is_given_up(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1, slots=2, tables=1)
    draft = scene.plan()
    wish = scene.wishes[0]
    service.lock(session, scene.organiser, draft, wish.id)
    place = scene.placements(draft)[wish.id]
    session.add(Unavailability(participant_id=scene.needs[0].members[0].id, slot_id=place.slot_id))
    session.flush()

    again = scene.plan()

    assert scene.placements(again)[wish.id].slot_id != place.slot_id


def test_only_organisers_plan_and_only_once_at_a_time(session: Session) -> None:
    scene = make_scene(session)
    stranger = factories.make_user(session, Role.ENTERPRISE)
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    for actor in (stranger, administrator):
        with pytest.raises(NotAllowedError):
            service.start(session, actor, scene.event)
    service.start(session, scene.organiser, scene.event)
    with pytest.raises(NotNowError):
        service.start(session, scene.organiser, scene.event)


def test_what_cannot_be_planned_is_refused_with_a_sentence(session: Session) -> None:
    scene = make_scene(session)
    bare = make_event(session, scene.organiser, slots=0, tables=0)
    salon = make_event(session, scene.organiser, kind="salon")
    over = make_event(session, scene.organiser, status=EventStatus.CLOSED)

    with pytest.raises(NotNowError, match="时段"):
        service.start(session, scene.organiser, bare)
    with pytest.raises(NotNowError, match="不用排期"):
        service.start(session, scene.organiser, salon)
    with pytest.raises(NotAllowedError):
        service.start(session, scene.organiser, over)
    with pytest.raises(InvalidError):
        service.start(session, scene.organiser, scene.event, time_limit=7)


def test_a_version_whose_job_is_gone_does_not_stand_in_the_way(session: Session) -> None:
    scene = make_scene(session)
    lost = service.start(session, scene.organiser, scene.event)
    job = session.get_one(Job, lost.job_id)
    job.status, job.finished_at = JobStatus.CANCELLED, clock.now()
    job.cancel_requested_at = clock.now()

    service.start(session, scene.organiser, scene.event)

    assert lost.status == TimetableStatus.FAILED
    assert "再排一次" in str(queries.failure(lost))


# ---- the job, with real commits and its own process


def _planning(database: Database, **values: object) -> tuple[int, int]:
    with database.transaction() as session:
        scene = make_scene(session, needs=2, achievements=2)
        for wish in scene.wishes:
            for key, value in values.items():
                setattr(wish, key, value)
        made = service.start(session, scene.organiser, scene.event, time_limit=30)
        return made.id, made.event_id


def test_the_job_makes_a_draft_and_tells_who_asked(own_database: Database) -> None:
    timetable_id, _event_id = _planning(own_database)

    jobs.run_due(own_database)

    with own_database.reading() as session:
        made = session.get_one(Timetable, timetable_id)
        assert (made.status, made.figures["meetings"]) == (TimetableStatus.DRAFT, 4)
        kinds = [n.kind for n in session.query(Notification).filter_by(user_id=made.made_by_id)]
        assert kinds == ["timetable.ready"]
        assert made.job_id is not None
        assert session.get_one(Job, made.job_id).status == JobStatus.DONE


def test_a_job_that_is_stopped_leaves_no_draft(own_database: Database) -> None:
    timetable_id, _event_id = _planning(own_database)
    with own_database.transaction() as session:
        made = session.get_one(Timetable, timetable_id)
        service.stop(session, session.get_one(User, made.made_by_id), made)

    jobs.run_due(own_database)

    with own_database.reading() as session:
        made = session.get_one(Timetable, timetable_id)
        assert made.status == TimetableStatus.DISCARDED
        assert queries.placements(session, made) == []


def test_a_job_that_runs_again_plans_once(own_database: Database) -> None:
    timetable_id, _event_id = _planning(own_database)
    jobs.run_due(own_database)
    with own_database.transaction() as session:
        made = session.get_one(Timetable, timetable_id)
        job = session.get_one(Job, made.job_id)
        job.status, job.lease_until = JobStatus.RUNNING, clock.now() - timedelta(minutes=1)

    jobs.run_due(own_database)

    with own_database.reading() as session:
        made = session.get_one(Timetable, timetable_id)
        assert len(queries.placements(session, made)) == 4


def test_locks_that_contradict_each_other_are_told_in_a_sentence(own_database: Database) -> None:
    with own_database.transaction() as session:
        scene = make_scene(session, needs=2, achievements=1, slots=2, tables=2)
        draft = scene.plan()
        for wish in scene.wishes:
            service.lock(session, scene.organiser, draft, wish.id)
        scene.achievements[0].most = 1
        session.flush()
        made = service.start(session, scene.organiser, scene.event)
        timetable_id = made.id

    jobs.run_due(own_database)

    with own_database.reading() as session:
        made = session.get_one(Timetable, timetable_id)
        assert made.status == TimetableStatus.FAILED
        assert "解除一些锁定" in str(queries.failure(made))
        lines = session.query(Notification).filter_by(kind="timetable.failed").all()
        assert "解除一些锁定" in lines[0].values["reason"]


def test_a_meeting_that_was_missed_is_not_planned_again(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1)
    scene.publish()
    (meeting,) = scene.meetings()
    meeting.was = {"slot": meeting.slot_id, "table": meeting.table_id}
    meeting.slot_id = meeting.table_id = None
    meeting.status, meeting.missed_by = MeetingStatus.MISSED, Side.NEED
    session.flush()

    assert content_of(session, scene.event)["wishes"] == []


def test_reading_an_event_asks_as_often_for_many_teams_as_for_few(
    session: Session, count_queries: object
) -> None:
    few, many = make_scene(session), make_scene(session, needs=5, achievements=5)
    counts = []
    for scene in (few, many):
        event = scene.event
        counts.append(count_queries(lambda event=event: content_of(session, event)))  # type: ignore[operator]

    assert counts[0] == counts[1]


def test_who_comes_for_a_team_knows_what_is_asked_for(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1, people=2)
    expert: Participant = scene.achievements[0].members[1]
    expert.expertise = ["电驱动"]
    scene.wishes[0].achievement_expertise = "电驱动"
    session.flush()

    (place,) = scene.placements(scene.plan()).values()

    assert place.achievement_person_id == expert.id


def test_a_team_sits_at_its_own_booth(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=2, slots=2, tables=2)
    booth: EventTable = scene.tables[1]
    booth.fixed_for_id = scene.needs[0].id
    session.flush()

    places = scene.placements(scene.plan()).values()

    assert {place.table_id for place in places} == {booth.id}


def test_a_team_that_was_added_later_is_planned_too(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=1)
    scene.publish()
    late: Team = make_team(session, scene.event, Side.ACHIEVEMENT)
    from tests.events.making import make_wish

    make_wish(session, scene.needs[0], late)

    draft = scene.plan()

    assert len(scene.placements(draft)) == 2
