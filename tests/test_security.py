"""What a hostile reader tried, and what has to hold against it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from matchmaker import mail
from matchmaker.catalogue import policy as catalogue_policy
from matchmaker.catalogue import queries as catalogue
from matchmaker.catalogue import service as postings
from matchmaker.catalogue.revisions import text_difference
from matchmaker.db import Database
from matchmaker.review import queries as review
from matchmaker.review import service as decisions
from models import Mail, Membership, PostingKind, PostingStatus, Role, Visibility
from tests import factories
from tests.conftest import SignedIn

SECRET = "不公开的电池需求"


def test_owners_read_nothing_of_pairs_that_were_not_accepted(session: Session) -> None:
    organiser = factories.make_user(session, Role.ORGANISER)
    need = factories.make_need(session, title=SECRET, visibility=Visibility.TARGETED)
    match = factories.make_match(session, need)
    decisions.reject(session, organiser, match, version=match.version, reason="too_early")
    achievement = match.achievement

    own = review.activity_of(session, achievement.owner, achievement)
    assert SECRET not in str([line.values for line in own])
    office = review.activity_of(session, organiser, achievement)
    assert {line.action for line in office} == {"match.rejected"}
    assert SECRET in str([line.values for line in office]), "there was something to leak"


def test_owners_read_of_pairs_that_were_accepted(session: Session) -> None:
    organiser = factories.make_user(session, Role.ORGANISER)
    match = factories.make_match(session)
    decisions.accept(session, organiser, match, version=match.version)
    lines = review.activity_of(session, match.achievement.owner, match.achievement)
    assert [line.action for line in lines] == ["match.accepted"]


def test_offices_read_nothing_of_drafts(session: Session) -> None:
    researcher = factories.make_user(session)
    draft = postings.save_new(session, researcher, PostingKind.ACHIEVEMENT, {"title": SECRET})
    assert all(line.posting_id != draft.id for line in review.recent_activity(session))
    assert review.count_activity(session) == 0


@pytest.mark.parametrize("status", list(PostingStatus))
def test_who_is_not_of_the_organisation_has_no_power_over_its_postings(
    session: Session, status: PostingStatus
) -> None:
    person = factories.make_user(session)
    posting = factories.make_achievement(session, person, status=status)
    assert catalogue_policy.is_own(person, posting)
    person.membership = Membership.REFUSED
    session.flush()
    for may in (
        catalogue_policy.is_own, catalogue_policy.can_edit, catalogue_policy.can_withdraw,
        catalogue_policy.can_archive, catalogue_policy.can_submit, catalogue_policy.can_renew,
        catalogue_policy.can_see_contact,
    ):  # fmt: skip
        assert not may(person, posting)
    mine = set(session.scalars(catalogue.visible_to(person)).unique())
    assert (posting in mine) == (status == PostingStatus.PUBLISHED)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_from_another_site_does_nothing_and_sets_nothing(
    client: FlaskClient, database: Database, signed_in: SignedIn, headers: dict[str, str]
) -> None:
    person = factories.add_user(database)
    carried = {"draft_key": "achievement:new", "title": "别人写的"}
    for browser in (client, signed_in(person)):
        for address in ("/achievements/new", "/sign-in", "/preferences/theme", "/sign-out"):
            answer = browser.post(address, data=carried, headers=headers)
            assert answer.status_code == 400
            assert "Set-Cookie" not in answer.headers
            assert "别人写的" not in answer.get_data(as_text=True)


def test_a_form_of_our_own_site_passes(client: FlaskClient) -> None:
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}):
        data = {"theme": "dark"}
        assert client.post("/preferences/theme", data=data, headers=headers).status_code < 400


def test_a_subject_of_several_lines_becomes_one(session: Session) -> None:
    from config import Settings

    letter = Mail(
        id=1, recipient="a@example.org", subject="第一行\n第二行\u2028三\x85四", body="x"
    )
    settings = Settings.for_tests(Path("/nowhere"))
    assert mail._message(settings, letter)["Subject"] == "第一行 第二行 三 四"


@given(st.text(alphabet="甲乙ab \n", max_size=200), st.text(alphabet="甲乙ab \n", max_size=200))
def test_a_difference_holds_both_texts(before: str, after: str) -> None:
    pieces = text_difference(before, after)
    assert "".join(text for act, text in pieces if act != "ins") == before
    assert "".join(text for act, text in pieces if act != "del") == after


def test_a_difference_of_texts_made_to_be_slow_comes_all_the_same() -> None:
    pieces = text_difference("a" * 6000, "ab" * 3000)
    assert "".join(text for act, text in pieces if act != "del") == "ab" * 3000
