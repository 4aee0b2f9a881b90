"""Work by hand on a draft: what breaks a rule is refused with a sentence and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError, NotAllowedError, NotNowError
from matchmaker.timetables import conflicts, queries, service
from models import (
    Activity,
    Exclusion,
    ExclusionReason,
    Role,
    TableClosure,
    Timetable,
    Unavailability,
    UnscheduledReason,
    Wish,
)
from tests import factories
from tests.events.making import make_placement, make_timetable
from tests.timetables.scene import Scene, make_scene


def drafted(session: Session, scene: Scene, *places: tuple[Wish, int, int]) -> Timetable:
    """Make a draft that puts wishes into slots and at tables, both counted from 0."""
    draft = make_timetable(session, scene.event)
    event = scene.event
    for wish, slot, table in places:
        make_placement(session, draft, wish, event.slots[slot], event.tables[table])
    return draft


def spot(scene: Scene, slot: int, table: int) -> tuple[int, int]:
    event = scene.event
    return event.slots[slot].id, event.tables[table].id


def stands(scene: Scene, draft: Timetable, wish: Wish) -> tuple[int, int]:
    row = scene.placements(draft)[wish.id]
    return row.slot_id, row.table_id


def test_a_meeting_moves_to_a_free_place(session: Session) -> None:
    scene = make_scene(session)
    wish = scene.wish(0, 0)
    draft = drafted(session, scene, (wish, 0, 0))

    service.move(session, scene.organiser, draft, wish.id, *spot(scene, 2, 1))

    assert stands(scene, draft, wish) == spot(scene, 2, 1)
    assert draft.edited
    (line,) = session.query(Activity).filter_by(action="meeting.moved").all()
    assert line.values["pair"] == (
        f"{scene.needs[0].full_name} × {scene.achievements[0].full_name}"
    )


def test_two_meetings_change_places(session: Session) -> None:
    scene = make_scene(session)
    one, other = scene.wish(0, 0), scene.wish(1, 1)
    draft = drafted(session, scene, (one, 0, 0), (other, 2, 1))

    service.swap(session, scene.organiser, draft, one.id, other.id)

    assert stands(scene, draft, one) == spot(scene, 2, 1)
    assert stands(scene, draft, other) == spot(scene, 0, 0)


def test_meetings_of_one_person_can_change_places(session: Session) -> None:
    scene = make_scene(session)
    one, other = scene.wish(0, 0), scene.wish(0, 1)
    draft = drafted(session, scene, (one, 0, 0), (other, 1, 0))

    service.swap(session, scene.organiser, draft, one.id, other.id)

    assert stands(scene, draft, one) == spot(scene, 1, 0)


Prepare = Callable[[Session, Scene], None]


def busy(session: Session, scene: Scene) -> None:
    del session, scene  # the draft below has the other meeting of the same team there


def away(session: Session, scene: Scene) -> None:
    person = scene.needs[0].members[0]
    session.add(Unavailability(participant_id=person.id, slot_id=scene.slots[2].id))


def closed(session: Session, scene: Scene) -> None:
    session.add(TableClosure(table_id=scene.tables[1].id, slot_id=scene.slots[2].id))


def out_of_use(session: Session, scene: Scene) -> None:
    del session
    scene.tables[1].closed = True


def reserve(session: Session, scene: Scene) -> None:
    del session
    scene.slots[2].open = False


def booth_of_another(session: Session, scene: Scene) -> None:
    del session
    scene.tables[1].fixed_for_id = scene.needs[1].id


def own_booth_elsewhere(session: Session, scene: Scene) -> None:
    del session
    scene.tables[0].fixed_for_id = scene.needs[0].id


def declined(session: Session, scene: Scene) -> None:
    session.add(
        Exclusion(
            event_id=scene.event_id, need_team_id=scene.needs[0].id,
            achievement_team_id=scene.achievements[0].id, reason=ExclusionReason.ORGANISER,
            declared_by_id=scene.organiser.id, at=clock.now(),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (away, "不能来"), (closed, "停用"), (out_of_use, "停用"), (reserve, "没有开放"),
        (booth_of_another, "展位"), (own_booth_elsewhere, "自己的展位"), (declined, "不安排见面"),
    ],
)  # fmt: skip
def test_a_place_that_breaks_a_rule_is_refused_and_said_why(
    session: Session, prepare: Prepare, words: str
) -> None:
    scene = make_scene(session)
    wish = scene.wish(0, 0)
    draft = drafted(session, scene, (wish, 0, 0))
    prepare(session, scene)
    session.flush()

    with pytest.raises(NotNowError, match=words):
        service.move(session, scene.organiser, draft, wish.id, *spot(scene, 2, 1))

    assert stands(scene, draft, wish) == spot(scene, 0, 0)


def test_nobody_is_in_two_meetings_and_no_table_holds_two(session: Session) -> None:
    scene = make_scene(session)
    wish, same_team, others = scene.wish(0, 0), scene.wish(0, 1), scene.wish(1, 1)
    draft = drafted(session, scene, (wish, 0, 0), (same_team, 2, 0), (others, 3, 1))

    with pytest.raises(NotNowError, match="已有一场"):
        service.move(session, scene.organiser, draft, wish.id, *spot(scene, 2, 1))
    with pytest.raises(NotNowError, match="这时已有"):
        service.move(session, scene.organiser, draft, wish.id, *spot(scene, 3, 1))


@pytest.mark.parametrize("limit", ["team", "person", "row"])
def test_limits_hold_for_work_by_hand_too(session: Session, limit: str) -> None:
    scene = make_scene(session)
    here, more = scene.wish(0, 0), scene.wish(0, 1)
    draft = drafted(session, scene, (here, 0, 0))
    if limit == "team":
        scene.needs[0].most = 1
    elif limit == "person":
        scene.needs[0].members[0].most = 1
    else:
        scene.event.most_in_a_row = 1
    session.flush()

    with pytest.raises(NotNowError, match="休息" if limit == "row" else "上限"):
        service.book(session, scene.organiser, draft, more.id, *spot(scene, 1, 0))


def test_every_place_says_at_once_whether_it_is_free(session: Session) -> None:
    scene = make_scene(session, slots=3)
    wish, other = scene.wish(0, 0), scene.wish(0, 1)
    draft = drafted(session, scene, (wish, 0, 0), (other, 1, 0))

    found = conflicts.places(session, draft, wish.id)

    free = {place for place, sentences in found.items() if not sentences}
    assert free == {spot(scene, slot, table) for slot in (0, 2) for table in (0, 1)}
    assert found[spot(scene, 1, 0)]


def test_what_is_taken_out_is_among_the_unscheduled_and_can_come_back(session: Session) -> None:
    scene = make_scene(session)
    wish = scene.wish(0, 0)
    draft = drafted(session, scene, (wish, 0, 0))

    service.unbook(session, scene.organiser, draft, wish.id)

    (row,) = queries.unscheduled(session, draft)
    assert (row.wish_id, row.reason) == (wish.id, UnscheduledReason.UNBOOKED)
    service.book(session, scene.organiser, draft, wish.id, *spot(scene, 1, 1))
    assert queries.unscheduled(session, draft) == []
    assert stands(scene, draft, wish) == spot(scene, 1, 1)


def test_a_wish_is_booked_once(session: Session) -> None:
    scene = make_scene(session)
    wish = scene.wish(0, 0)
    draft = drafted(session, scene, (wish, 0, 0))

    with pytest.raises(NotNowError):
        service.book(session, scene.organiser, draft, wish.id, *spot(scene, 1, 1))


def test_what_was_published_is_changed_through_a_draft_only(session: Session) -> None:
    scene = make_scene(session)
    published = scene.publish()
    wish = scene.wish(0, 0)

    with pytest.raises(NotNowError, match="人工调整"):
        service.lock(session, scene.organiser, published, wish.id)
    draft = service.edit(session, scene.organiser, scene.event)
    assert service.edit(session, scene.organiser, scene.event).id == draft.id
    assert len(scene.placements(draft)) == 4


def test_nobody_else_works_on_a_draft(session: Session) -> None:
    scene = make_scene(session)
    wish = scene.wish(0, 0)
    draft = drafted(session, scene, (wish, 0, 0))
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    with pytest.raises(NotAllowedError):
        service.unbook(session, administrator, draft, wish.id)


def test_a_wish_of_another_event_is_no_part_of_the_draft(session: Session) -> None:
    scene, elsewhere = make_scene(session), make_scene(session)
    draft = drafted(session, scene)

    with pytest.raises(NotNowError):
        service.book(session, scene.organiser, draft, elsewhere.wish(0, 0).id, *spot(scene, 0, 0))
    with pytest.raises(NotNowError):
        service.book(session, scene.organiser, draft, scene.wish(0, 0).id, *spot(elsewhere, 0, 0))
    with pytest.raises((NotNowError, InvalidError)):
        service.swap(session, scene.organiser, draft, scene.wish(0, 0).id, elsewhere.wish(0, 0).id)
