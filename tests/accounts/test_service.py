"""Accounts and organisations, through their services."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from matchmaker import clock, guard
from matchmaker.accounts import passwords, policy, queries, service
from matchmaker.accounts.service import SignUp
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from models import (
    Activity,
    LoginSession,
    Mail,
    Membership,
    Notification,
    Organisation,
    OrganisationKind,
    Role,
    User,
    Verification,
)
from tests import factories
from tests.factories import PASSWORD

USCC = "91350100M000100Y43"
SETTINGS = replace(Settings.for_tests(Path("/nowhere")), base_url="http://platform.test")
NEW_PASSWORD = "另一句示范口令-battery"


def given(session: Session, **values: Any) -> SignUp:
    factories.make_region(session)
    fields: dict[str, Any] = {
        "email": "lin@example.org",
        "name": "示范林工",
        "password": PASSWORD,
        "role": Role.ENTERPRISE,
        "organisation": "示范电池有限公司",
        "kind": OrganisationKind.ENTERPRISE,
        "uscc": USCC,
        "region_code": "500106",
    }
    return SignUp(**fields | values)


def with_password(session: Session, **values: Any) -> User:
    return factories.make_user(session, password_hash=passwords.hash_password(PASSWORD), **values)


def open_rows(session: Session, user: User) -> list[LoginSession]:
    session.flush()
    session.expire_all()
    return queries.open_logins(session, user)


def link_in(session: Session, key: str) -> str:
    body = session.scalars(
        select(Mail.body).where(Mail.key.startswith(key)).order_by(Mail.id.desc())
    ).first()
    assert body is not None
    return next(line for line in body.split("\n") if "http" in line).rsplit("/", 1)[1]


def test_the_first_person_of_a_new_organisation_is_confirmed_and_the_organisation_waits(
    session: Session,
) -> None:
    user = service.sign_up(session, given(session))

    assert user.membership == Membership.CONFIRMED
    assert user.organisation.status == Verification.PENDING
    assert user.organisation.uscc == USCC
    assert not guard.is_verified(user)


def test_organisers_are_told_of_a_new_organisation(session: Session) -> None:
    organiser = factories.make_user(session, Role.ORGANISER)

    service.sign_up(session, given(session))

    kinds = session.scalars(
        select(Notification.kind).where(Notification.user_id == organiser.id)
    ).all()
    assert kinds == ["organisation.waiting"]


@pytest.mark.parametrize("same", ["name", "uscc"])
def test_who_joins_a_known_organisation_waits_for_a_colleague(session: Session, same: str) -> None:
    first = service.sign_up(session, given(session))
    changes = {"uscc": None} if same == "name" else {"organisation": "示范电池"}

    second = service.sign_up(session, given(session, email="b@example.org", **changes))

    assert second.organisation_id == first.organisation_id
    assert second.membership == Membership.PENDING
    told = session.scalars(select(Notification.kind).where(Notification.user_id == first.id)).all()
    assert told == ["membership.requested"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": Role.ADMINISTRATOR}, "role"),
        ({"role": Role.ORGANISER}, "role"),
        ({"role": Role.RESEARCHER}, "role"),
        ({"uscc": None}, "uscc"),
        ({"kind": OrganisationKind.AGENCY, "role": Role.TRANSFER_MANAGER, "uscc": None}, "uscc"),
        ({"kind": None}, "kind"),
        ({"region_code": "999999"}, "region_code"),
        ({"email": "lin"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "1234567890"}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"password": "my-lin.wei-2026", "email": "lin.wei@example.org"}, "password"),
        ({"password": "示范林工的口令就是这句"}, "password"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refusal:
        service.sign_up(session, given(session, **changes))

    assert list(refusal.value.fields) == [field]


def test_a_university_needs_no_credit_code(session: Session) -> None:
    user = service.sign_up(
        session,
        given(
            session, role=Role.RESEARCHER, kind=OrganisationKind.UNIVERSITY, uscc=None,
            organisation="示范理工大学",
        ),
    )  # fmt: skip

    assert user.organisation.uscc is None


def test_an_address_is_taken_however_it_is_written(session: Session) -> None:
    service.sign_up(session, given(session))

    with pytest.raises(service.EmailTakenError):
        service.sign_up(session, given(session, email=" Lin@Example.ORG "))


def test_the_right_password_opens_a_session_row_without_its_token(session: Session) -> None:
    user = with_password(session)

    found, token = service.sign_in(session, SETTINGS, user.email.upper(), PASSWORD)

    assert found is user
    (row,) = open_rows(session, user)
    assert row.token_hash == guard.token_hash(token) != token


def test_wrong_password_unknown_person_and_closed_account_answer_in_the_same_words(
    session: Session,
) -> None:
    user = with_password(session)
    closed = with_password(session, active=False)
    tries = [(user.email, "wrong"), ("nobody@example.org", PASSWORD), (closed.email, PASSWORD)]

    refusals = []
    for email, password in tries:
        with pytest.raises(InvalidError) as refusal:
            service.sign_in(session, SETTINGS, email, password)
        refusals.append((str(refusal.value.message), refusal.value.fields))

    assert len({str(refusal) for refusal in refusals}) == 1


def test_an_unknown_address_costs_the_same_work_as_a_wrong_password(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    class Hasher:
        def verify(self, hashed: str, password: str) -> bool:
            seen.append(hashed.split("$")[3])
            return False

    user = with_password(session)
    monkeypatch.setattr(passwords, "_hasher", Hasher())
    for email in (user.email, "nobody@example.org"):
        with pytest.raises(InvalidError):
            service.sign_in(session, SETTINGS, email, "wrong")

    assert len(seen) == 2
    assert seen[0] == seen[1], "the same argon2 parameters"


def test_somebody_elses_session_cannot_be_ended(session: Session) -> None:
    mine, other = with_password(session), with_password(session)
    service.open_login(session, SETTINGS, other)
    (row,) = open_rows(session, other)

    with pytest.raises(NotFoundError):
        service.end_login(session, mine, row.id)


def test_a_reset_link_sets_the_password_once_and_ends_every_session(session: Session) -> None:
    user = with_password(session)
    service.open_login(session, SETTINGS, user)
    service.request_reset(session, SETTINGS, user.email)
    token = link_in(session, "reset:")

    service.reset_password(session, SETTINGS, token, NEW_PASSWORD)

    assert open_rows(session, user) == []
    assert service.sign_in(session, SETTINGS, user.email, NEW_PASSWORD)
    with pytest.raises(NotNowError):
        service.reset_password(session, SETTINGS, token, PASSWORD)


def test_a_reset_link_dies_of_age(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    user = with_password(session)
    service.request_reset(session, SETTINGS, user.email)
    token = link_in(session, "reset:")
    old = replace(SETTINGS, link_lifetime=timedelta(seconds=-1))

    assert service.user_of_link(session, SETTINGS, "reset", token) is user
    with pytest.raises(NotNowError):
        service.user_of_link(session, old, "reset", token)


def test_a_link_of_one_purpose_is_none_of_another(session: Session) -> None:
    user = with_password(session)
    service.request_reset(session, SETTINGS, user.email)

    with pytest.raises(NotNowError):
        service.confirm_email(session, SETTINGS, link_in(session, "reset:"))


def test_nobody_is_written_to_when_the_address_is_unknown(session: Session) -> None:
    service.request_reset(session, SETTINGS, "nobody@example.org")

    assert session.scalars(select(Mail)).all() == []


def test_changing_the_password_ends_the_other_sessions_only(session: Session) -> None:
    user = with_password(session)
    for _ in range(3):
        service.open_login(session, SETTINGS, user)
    keep = open_rows(session, user)[0]

    service.change_password(session, user, keep, PASSWORD, NEW_PASSWORD)

    assert [row.id for row in open_rows(session, user)] == [keep.id]


def test_the_password_is_not_changed_without_the_current_one(session: Session) -> None:
    user = with_password(session)
    service.open_login(session, SETTINGS, user)

    with pytest.raises(InvalidError) as refusal:
        service.change_password(session, user, open_rows(session, user)[0], "x", NEW_PASSWORD)

    assert "current" in refusal.value.fields
    assert passwords.matches(user, PASSWORD)


def test_a_new_address_counts_only_after_its_link_and_the_old_one_is_told(
    session: Session,
) -> None:
    user = with_password(session)
    before = user.email

    service.request_email_change(session, SETTINGS, user, "neu@example.org")
    assert user.email == before
    recipients = set(session.scalars(select(Mail.recipient)))
    service.confirm_email(session, SETTINGS, link_in(session, "email:"))

    assert recipients == {before, "neu@example.org"}
    assert user.email == "neu@example.org"
    assert user.email_confirmed_at is not None


def test_a_used_address_link_cannot_bring_an_old_address_back(session: Session) -> None:
    user = with_password(session)
    service.request_email_change(session, SETTINGS, user, "first@example.org")
    first = link_in(session, "email:")
    service.confirm_email(session, SETTINGS, first)

    with pytest.raises(NotNowError):
        service.confirm_email(session, SETTINGS, first)


def test_a_taken_address_gets_no_link_and_its_owner_keeps_it(session: Session) -> None:
    user, other = with_password(session), with_password(session)

    service.request_email_change(session, SETTINGS, user, other.email)

    assert session.scalars(select(Mail.recipient)).all() == [user.email]


def pending(session: Session, **values: Any) -> User:
    organisation = factories.make_organisation(session, status=Verification.PENDING, **values)
    return factories.make_user(session, Role.ENTERPRISE, organisation=organisation)


def test_a_verified_organisation_is_told_by_inbox_and_mail(session: Session) -> None:
    person = pending(session)
    organiser = factories.make_user(session, Role.ORGANISER)

    service.verify(session, organiser, person.organisation, version=1)

    assert guard.is_verified(person)
    assert person.organisation.verified_by_id == organiser.id
    kinds = session.scalars(
        select(Notification.kind).where(Notification.user_id == person.id)
    ).all()
    assert kinds == ["organisation.verified"]
    assert session.scalars(select(Mail.recipient)).all() == [person.email]
    assert "organisation.verified" in session.scalars(select(Activity.action)).all()


def test_a_refusal_needs_a_reason_which_its_people_read(session: Session) -> None:
    person = pending(session)
    organiser = factories.make_user(session, Role.ORGANISER)

    with pytest.raises(InvalidError):
        service.refuse(session, organiser, person.organisation, version=1, reason="  ")
    service.refuse(session, organiser, person.organisation, version=1, reason="代码与名称不符")

    assert person.organisation.status == Verification.REFUSED
    body = session.scalars(select(Mail.body)).one()
    assert "代码与名称不符" in body


def test_the_second_of_two_organisers_is_told_that_it_is_done(session: Session) -> None:
    person = pending(session)
    first, second = (factories.make_user(session, Role.ORGANISER) for _ in range(2))
    service.verify(session, first, person.organisation, version=1)

    with pytest.raises(NotNowError):
        service.refuse(session, second, person.organisation, version=1, reason="不对")

    assert person.organisation.status == Verification.VERIFIED
    assert person.organisation.refusal_reason == ""


def test_government_offices_are_verified_by_administrators_only(session: Session) -> None:
    office = factories.make_organisation(
        session, kind=OrganisationKind.GOVERNMENT, status=Verification.PENDING
    )
    organiser = factories.make_user(session, Role.ORGANISER)
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    with pytest.raises(NotAllowedError):
        service.verify(session, organiser, office, version=1)
    service.verify(session, administrator, office, version=1)

    assert office.status == Verification.VERIFIED


def test_nobody_verifies_the_own_organisation(session: Session) -> None:
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    assert not policy.can_verify(administrator, administrator.organisation)


def test_an_organiser_of_an_unverified_office_has_no_powers(session: Session) -> None:
    office = factories.make_organisation(
        session, kind=OrganisationKind.GOVERNMENT, status=Verification.PENDING
    )
    organiser = factories.make_user(session, Role.ORGANISER, organisation=office)

    with pytest.raises(NotAllowedError):
        service.verify(session, organiser, pending(session).organisation, version=1)


def test_a_colleague_confirms_a_colleague_but_not_an_organiser(session: Session) -> None:
    office = factories.make_organisation(session, kind=OrganisationKind.GOVERNMENT)
    colleague = factories.make_user(session, Role.ORGANISER, organisation=office)
    joining = factories.make_user(
        session, Role.ORGANISER, organisation=office, membership=Membership.PENDING
    )
    enterprise = factories.make_user(session, Role.ENTERPRISE)
    new = factories.make_user(
        session, Role.ENTERPRISE, organisation=enterprise.organisation,
        membership=Membership.PENDING,
    )  # fmt: skip

    with pytest.raises(NotAllowedError):
        service.confirm_member(session, colleague, joining)
    service.confirm_member(session, enterprise, new)

    assert new.membership == Membership.CONFIRMED
    assert joining.membership == Membership.PENDING


def test_nobody_confirms_themselves_or_people_elsewhere(session: Session) -> None:
    new = factories.make_user(session, Role.ENTERPRISE, membership=Membership.PENDING)
    stranger = factories.make_user(session, Role.ENTERPRISE)

    for actor in (new, stranger):
        with pytest.raises(NotAllowedError):
            service.confirm_member(session, actor, new)


def test_a_new_name_asks_for_verification_again_and_a_new_website_does_not(
    session: Session,
) -> None:
    person = factories.make_user(session, Role.RESEARCHER)
    organisation = person.organisation

    waits = service.update_organisation(
        session, person, organisation, {"website": "https://example.org"}, version=1
    )
    assert not waits
    waits = service.update_organisation(
        session, person, organisation, {"name": "示范新名大学"}, version=2
    )

    assert waits
    assert organisation.status == Verification.PENDING


def test_a_refused_organisation_asks_again_by_mending_its_data(session: Session) -> None:
    organisation = factories.make_organisation(
        session, status=Verification.REFUSED, kind=OrganisationKind.UNIVERSITY
    )
    person = factories.make_user(session, organisation=organisation)

    assert service.update_organisation(
        session, person, organisation, {"introduction": "示范简介"}, version=1
    )


def test_an_administrator_renames_the_own_office_without_locking_it_out(session: Session) -> None:
    administrator = factories.make_user(session, Role.ADMINISTRATOR)
    colleague = factories.make_user(
        session, Role.ORGANISER, organisation=administrator.organisation
    )
    office = administrator.organisation

    with pytest.raises(InvalidError):
        service.update_organisation(session, colleague, office, {"name": "示范甲局"}, version=1)
    service.update_organisation(session, administrator, office, {"name": "示范乙局"}, version=1)

    assert office.status == Verification.VERIFIED


def test_two_colleagues_do_not_overwrite_each_other(session: Session) -> None:
    person = factories.make_user(session)
    service.update_organisation(
        session, person, person.organisation, {"website": "https://a.example"}, version=1
    )

    with pytest.raises(NotNowError):
        service.update_organisation(
            session, person, person.organisation, {"website": "https://b.example"}, version=1
        )


def test_a_name_that_is_registered_already_is_refused_in_words(session: Session) -> None:
    person = factories.make_user(session)
    other = factories.make_organisation(session)

    with pytest.raises(InvalidError):
        service.update_organisation(
            session, person, person.organisation, {"name": other.name}, version=1
        )


def test_the_first_administrator_comes_with_an_office_in_force(session: Session) -> None:
    factories.make_region(session)

    user = service.create_administrator(
        session, email="Admin@example.org", name="示范管理员", password=PASSWORD
    )

    assert guard.effective_role(user) == Role.ADMINISTRATOR
    assert user.email == "admin@example.org"


def test_closing_an_account_ends_its_sessions(session: Session) -> None:
    administrator = factories.make_user(session, Role.ADMINISTRATOR)
    user = with_password(session)
    token = service.open_login(session, SETTINGS, user)
    session.flush()
    assert guard.find_login(session, token)

    service.set_active(session, administrator, user, active=False)
    session.flush()
    session.expire_all()

    assert guard.find_login(session, token) is None


def test_a_password_given_long_ago_is_not_fresh(session: Session) -> None:
    user = with_password(session)
    service.open_login(session, SETTINGS, user)
    (row,) = open_rows(session, user)
    assert service.is_fresh(row)

    row.authenticated_at = clock.now() - timedelta(minutes=16)
    assert not service.is_fresh(row)
    with pytest.raises(InvalidError):
        service.confirm_password(user, row, "wrong")
    assert not service.is_fresh(row)
    service.confirm_password(user, row, PASSWORD)

    assert service.is_fresh(row)


def test_what_is_registered_twice_at_once_gets_a_sentence(session: Session) -> None:
    factories.make_organisation(session, name="示范一", uscc=USCC)
    session.add(
        Organisation(
            name="示范二",
            uscc=USCC,
            kind=OrganisationKind.ENTERPRISE,
            region_code="500106",
            created_at=clock.now(),
        )
    )

    with pytest.raises(InvalidError):
        service.flush(session)
