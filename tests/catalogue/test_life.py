"""The life of a posting: who moves it where, what is kept, who sees it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.catalogue import queries, revisions, service
from matchmaker.catalogue.shown import shown
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from models import (
    Activity,
    Job,
    Membership,
    NameVisibility,
    Posting,
    PostingKind,
    PostingStatus,
    Role,
    User,
    Verification,
    Visibility,
)
from tests import factories

WHOLE: dict[str, Any] = {
    "title": "单晶高镍正极材料的低残锂制备",
    "problem": "现有产线残锂偏高。",
    "modes": ["license"],
    "declared_open": True,
    "indicators": [{"name": "残锂", "comparator": "le", "value": "2000", "unit": "ppm"}],
}


@pytest.fixture
def enterprise(session: Session) -> User:
    return factories.make_user(session, Role.ENTERPRISE)


@pytest.fixture
def organiser(session: Session) -> User:
    return factories.make_user(session, Role.ORGANISER)


def draft(session: Session, owner: User, **values: Any) -> Posting:
    node = factories.make_node(session)
    return service.save_new(
        session, owner, PostingKind.NEED, {**WHOLE, "nodes": [node.id], **values}
    )


def test_a_need_goes_from_draft_to_the_catalogue(
    session: Session, enterprise: User, organiser: User
) -> None:
    need = draft(session, enterprise)
    service.submit(session, enterprise, need)
    service.publish(session, organiser, need)

    assert need.status == PostingStatus.PUBLISHED
    assert need.valid_until is not None
    assert [row.number for row in queries.revisions(session, need)] == [1]
    assert session.scalars(select(Job.kind).where(Job.kind == "matching.refresh")).all()
    assert {line.action for line in session.scalars(select(Activity)).unique()} >= {
        "posting.drafted", "posting.submitted", "posting.published",
    }  # fmt: skip


def test_a_draft_needs_a_title_and_nothing_else(session: Session, enterprise: User) -> None:
    need = service.save_new(session, enterprise, PostingKind.NEED, {"title": "一句话"})
    assert need.status == PostingStatus.DRAFT
    with pytest.raises(InvalidError) as problem:
        service.save_new(session, enterprise, PostingKind.NEED, {"title": " "})
    assert set(problem.value.fields) == {"title"}


def test_submitting_says_everything_that_is_missing_at_once(
    session: Session, enterprise: User
) -> None:
    need = service.save_new(session, enterprise, PostingKind.NEED, {"title": "一句话"})

    with pytest.raises(InvalidError) as problem:
        service.submit(session, enterprise, need)

    assert set(problem.value.fields) == {
        "problem",
        "declared_open",
        "chain",
        "modes",
        "indicators",
    }
    assert need.status == PostingStatus.DRAFT


def test_only_an_organiser_of_another_organisation_publishes(
    session: Session, enterprise: User
) -> None:
    need = draft(session, enterprise)
    service.submit(session, enterprise, need)
    inside = factories.make_user(session, Role.ORGANISER, organisation=enterprise.organisation)

    for actor in (enterprise, inside, factories.make_user(session, Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowedError):
            service.publish(session, actor, need)


def test_nothing_of_an_unverified_organisation_is_published(
    session: Session, organiser: User
) -> None:
    waiting = factories.make_organisation(session, status=Verification.PENDING)
    owner = factories.make_user(session, Role.ENTERPRISE, organisation=waiting)
    need = draft(session, owner)
    service.submit(session, owner, need)

    with pytest.raises(NotAllowedError):
        service.publish(session, organiser, need)


def test_sent_back_with_a_reason_it_is_a_draft_again(
    session: Session, enterprise: User, organiser: User
) -> None:
    need = draft(session, enterprise)
    service.submit(session, enterprise, need)
    with pytest.raises(InvalidError):
        service.send_back(session, organiser, need, " ")

    service.send_back(session, organiser, need, "请写明测试方法")

    assert (need.status, need.returned_reason) == (PostingStatus.DRAFT, "请写明测试方法")


def test_withdrawn_and_published_again_but_never_out_of_the_archive(
    session: Session, enterprise: User
) -> None:
    need = factories.make_need(session, enterprise)
    service.withdraw(session, enterprise, need)
    service.republish(session, enterprise, need)
    service.archive(session, enterprise, need)

    with pytest.raises(NotAllowedError):
        service.republish(session, enterprise, need)
    with pytest.raises(NotAllowedError):
        service.save(session, enterprise, need, {"title": "新"}, version=need.version)


def test_an_edit_of_a_published_record_is_a_version_with_what_changed(
    session: Session, enterprise: User, organiser: User
) -> None:
    need = draft(session, enterprise)
    service.submit(session, enterprise, need)
    service.publish(session, organiser, need)

    service.save(session, enterprise, need, {"title": "单晶高镍正极材料"}, version=need.version)
    service.save(session, enterprise, need, {"title": "单晶高镍正极材料"}, version=need.version)

    last, first = queries.revisions(session, need)
    assert last.changed == ["title"]
    ((name, pieces),) = revisions.differences(first.snapshot, last.snapshot)
    assert name == "title"
    assert ("del", "的低残锂制备") in pieces


def test_who_saves_over_a_newer_version_is_told_and_changes_nothing(
    session: Session, enterprise: User
) -> None:
    need = factories.make_need(session, enterprise, title="原名")
    old = need.version
    service.save(session, enterprise, need, {"title": "同事改的"}, version=old)

    with pytest.raises(NotNowError):
        service.save(session, enterprise, need, {"title": "我改的"}, version=old)
    assert need.title == "同事改的"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "长" * 121}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"problem": "长" * 5001}, "problem"),
        ({"keywords": ["一", "二", "三", "四"]}, "keywords"),
        ({"trl": 10}, "trl"),
        ({"modes": ["self_invest"]}, "modes"),
        ({"modes": ["不存在"]}, "modes"),
        ({"deadline": __import__("datetime").date(2001, 1, 1)}, "deadline"),
        ({"indicators": [{"name": "残锂", "value": "很低"}]}, "indicators.1"),
        ({"indicators": [{"name": "", "value": "3"}]}, "indicators.1"),
        ({"indicators": [{"name": "x", "comparator": "range", "value": "5", "value_to": "3"}]},
         "indicators.1"),
        ({"nodes": [999_999]}, "chain"),
        ({"region_code": "999999"}, "region_code"),
        ({"need_kind": "wish"}, "need_kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_gets_a_sentence_at_its_field(
    session: Session, enterprise: User, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as problem:
        service.save_new(session, enterprise, PostingKind.NEED, {"title": "好", **values})
    assert field in problem.value.fields
    assert str(problem.value.fields[field])


def test_a_patent_number_with_a_wrong_check_digit_is_refused(session: Session) -> None:
    owner = factories.make_user(session, Role.RESEARCHER)
    rights = [{"kind": "invention_patent", "status": "granted", "number": "201710601862.4"}]

    with pytest.raises(InvalidError):
        service.save_new(
            session, owner, PostingKind.ACHIEVEMENT, {"title": "好", "properties": rights}
        )


def test_emoji_html_and_right_to_left_text_are_kept_as_they_are(
    session: Session, enterprise: User
) -> None:
    text = "<script>alert(1)</script> 😀 שלום"
    need = service.save_new(session, enterprise, PostingKind.NEED, {"title": text[:120]})
    session.expire_all()
    assert session.get_one(Posting, need.id).title == text


VISIBLE = [
    ("published", {}, {"own", "organiser", "other"}),
    ("draft", {}, {"own"}),
    ("submitted", {}, {"own", "organiser"}),
    ("withdrawn", {}, {"own", "organiser"}),
    ("archived", {}, {"own", "organiser"}),
    ("published", {"visibility": Visibility.TARGETED}, {"own", "organiser"}),
]


@pytest.mark.parametrize(("status", "values", "seers"), VISIBLE)
def test_who_sees_a_posting_depends_on_its_state(
    session: Session, enterprise: User, organiser: User, status: str, values: dict[str, Any],
    seers: set[str],
) -> None:  # fmt: skip
    need = factories.make_need(session, enterprise, status=PostingStatus(status), **values)
    stranger = factories.make_user(session, Role.RESEARCHER)
    newcomer = factories.make_user(
        session,
        Role.ENTERPRISE,
        organisation=enterprise.organisation,
        membership=Membership.PENDING,
    )
    people = {"own": enterprise, "organiser": organiser, "other": stranger}

    found = {name for name, actor in people.items() if can_see(session, actor, need)}

    assert found == seers
    assert can_see(session, newcomer, need) == ("other" in seers)


def can_see(session: Session, actor: User, posting: Posting) -> bool:
    try:
        queries.one(session, actor, posting.id)
    except NotFoundError:
        return False
    return True


def test_an_unverified_organisation_is_invisible_to_others(session: Session) -> None:
    waiting = factories.make_organisation(session, status=Verification.PENDING)
    owner = factories.make_user(session, Role.ENTERPRISE, organisation=waiting)
    need = factories.make_need(session, owner)

    assert not can_see(session, factories.make_user(session, Role.RESEARCHER), need)
    assert can_see(session, owner, need)


def test_a_hidden_name_shows_after_acceptance_and_the_contact_with_it(session: Session) -> None:
    node = factories.make_node(session, "汽车制造业", scheme="gbt4754", code="C36")
    company = factories.make_organisation(session, name="示范秘密公司", sector_code=node.code)
    owner = factories.make_user(session, Role.ENTERPRISE, organisation=company)
    need = factories.make_need(session, owner, name_visibility=NameVisibility.AFTER_ACCEPTANCE)
    researcher = factories.make_user(session, Role.RESEARCHER)
    achievement = factories.make_achievement(session, researcher)

    before = shown(session, researcher, need)
    assert before.organisation == "汽车制造业企业，重庆"
    assert (before.organisation_id, before.contact) == (None, False)

    from matchmaker import clock
    from models import MatchStatus

    factories.make_match(
        session, need, achievement, status=MatchStatus.ACCEPTED, decided_by_id=owner.id,
        decided_at=clock.now(),
    )  # fmt: skip
    after = shown(session, researcher, need)
    assert "示范秘密公司" in after.organisation
    assert after.contact
