"""Plays the demonstration data in through the services, so that it obeys the same rules.

Organisations and people are invented and marked 示范; `pairs-*.csv` holds hand-judged pairs that
serve as a floor for the engine in the tests.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config import Settings
from matchmaker import clock, jobs
from matchmaker.accounts import passwords
from matchmaker.accounts import service as accounts
from matchmaker.accounts.service import SignUp
from matchmaker.app import create_app
from matchmaker.catalogue import service as catalogue
from matchmaker.catalogue.index import index_of
from matchmaker.console import progress, say
from matchmaker.db import Database
from matchmaker.review import service as review
from matchmaker.review.card import card_of
from matchmaker.validators import organisation_check, uscc_check
from matchmaker.vocabulary import queries as vocabulary
from models import (
    EnterpriseSize,
    Job,
    JobStatus,
    Mail,
    Match,
    Membership,
    Organisation,
    OrganisationKind,
    PostingKind,
    Qualification,
    Region,
    Role,
    SchemeNode,
    User,
    Verification,
)
from seed.events import load_events

FOLDER = Path(__file__).parent
PASSWORD = "demo-chengyu"  # noqa: S105 - printed at the start, of invented people
ACCOUNTS = (
    ("组织方（重庆）", "organiser@example.org"),
    ("组织方（四川）", "organiser.sc@example.org"),
    ("科研人员", "researcher@example.org"),
    ("企业", "enterprise@example.org"),
    ("技术经理人", "manager@example.org"),
    ("系统管理员", "admin@example.org"),
)
UNIVERSITIES: dict[str, tuple[str, str]] = {
    "示范大学": ("university", "510107"),
    "示范理工大学": ("university", "510106"),
    "示范科技大学": ("university", "510704"),
    "示范医科大学": ("university", "510107"),
    "示范农业大学": ("university", "511802"),
    "示范工业大学": ("university", "500106"),
    "示范交通大学": ("university", "500108"),
    "示范师范大学": ("university", "500107"),
    "示范邮电大学": ("university", "500108"),
    "示范职业技术大学": ("university", "500118"),
    "示范科学院西南研究所": ("institute", "500109"),
    "示范材料研究院": ("institute", "510116"),
}
NAMES = (
    "许诺", "林泽", "韩静", "周岩", "郑浩", "罗兰", "邓超", "曾琪", "沈默", "唐宁", "贺兰", "蒋楠",
    "潘越", "魏晨",
)  # fmt: skip
"""Invented people of universities and agencies; the second is who opens the demonstration."""
LEGACY_REGIONS = ("500105", "500112")


@dataclass(slots=True)
class Loaded:
    """What the loader remembers: people by organisation, postings by reference."""

    password_hash: str = field(default_factory=lambda: passwords.hash_password(PASSWORD))
    people: dict[str, int] = field(default_factory=dict)
    postings: dict[str, int] = field(default_factory=dict)


def records(name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of `name-*.jsonl`, file by file."""
    for path in sorted(FOLDER.glob(f"{name}-*.jsonl")):
        with path.open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file if line.strip())


def judged_pairs() -> Iterator[dict[str, str]]:
    """Yield the hand-judged pairs: need_ref, achievement_ref, level 1 to 4, why."""
    for path in sorted(FOLDER.glob("pairs-*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)


def demonstration_accounts(database: Database) -> list[tuple[str, str, str]]:
    """Return (role, e-mail, password) of the demonstration accounts that exist here."""
    with database.reading() as session:
        known = set(
            session.scalars(
                select(User.email).join(Organisation, Organisation.id == User.organisation_id)
                .where(Organisation.demonstration)
            )
        )  # fmt: skip
    return [(role, email, PASSWORD) for role, email in ACCOUNTS if email in known]


def load_demonstration(settings: Settings) -> None:
    """Load everything into an empty database and compute the suggestions."""
    app = create_app(settings)
    database: Database = app.extensions["database"]
    database.send_job = lambda _job_id: None
    with app.app_context():
        loaded = Loaded()
        with database.transaction() as session:
            _load_people(session, loaded)
            _send_no_mail(session)
        with database.transaction() as session:
            with progress(say("条目", "Entries")) as tell:
                _load_postings(session, loaded, tell)
            _send_no_mail(session)
            _finish_single_refreshes(session)
            jobs.enqueue(session, "matching.refresh_all")
        with progress(say("推荐", "Suggestions")) as tell:
            jobs.run_due(database, tell)
        _decide_some(app, database)
        _announce(database)
        with progress(say("活动", "Events")) as tell:
            load_events(database, tell)
        with database.transaction() as session:
            _send_no_mail(session)


def _load_people(session: Session, loaded: Loaded) -> None:
    office = _office(session, "示范市科学技术局", "500000", "organiser@example.org", "陈敏")
    _office(session, "示范省科学技术厅", "510000", "organiser.sc@example.org", "何静")
    administrator = accounts.create_administrator(
        session, email="admin@example.org", name="周明", password=PASSWORD
    )
    administrator.organisation.demonstration = True
    for name, (kind, region) in UNIVERSITIES.items():
        first = name == "示范大学"
        email = "researcher@example.org" if first else None
        _organisation(session, loaded, office, name, kind, region, email=email)
    _organisation(
        session, loaded, office, "示范技术转移中心", "agency", "500103",
        email="manager@example.org", person="刘洋", role=Role.TRANSFER_MANAGER,
    )  # fmt: skip
    enterprises: dict[str, dict[str, Any]] = {}
    for need in records("needs"):
        enterprises.setdefault(need["organisation"], need)
    for number, (name, need) in enumerate(enterprises.items()):
        _organisation(
            session, loaded, office, name, "enterprise", _current_region(need["region_code"]),
            email="enterprise@example.org" if number == 0 else None, person=need["contact"],
            size=need["size"], sector=need["sector"],
        )  # fmt: skip
    _waiting_organisation(session)


def _current_region(code: str) -> str:
    """A district that ended still appears on old postings; its company moved to the successor."""
    return "500157" if code in LEGACY_REGIONS else code


def _office(session: Session, name: str, region: str, email: str, person: str) -> User:
    user = accounts.sign_up(
        session,
        SignUp(
            email=email, name=person, password=PASSWORD, role=Role.ORGANISER, organisation=name,
            kind=OrganisationKind.GOVERNMENT, region_code=region, position="科技成果处",
        ),
    )  # fmt: skip
    _verify_by_hand(user.organisation)
    return user


def _verify_by_hand(organisation: Organisation) -> None:
    """The first office has nobody who could verify it."""
    organisation.status = Verification.VERIFIED
    organisation.verified_at = clock.now()
    organisation.demonstration = True


def _organisation(
    session: Session, loaded: Loaded, office: User, name: str, kind: str, region: str, *,
    email: str | None = None, person: str = "", role: Role | None = None,
    size: str | None = None, sector: str | None = None,
) -> None:  # fmt: skip
    number = len(loaded.people) + 1
    roles = {"enterprise": Role.ENTERPRISE, "agency": Role.TRANSFER_MANAGER}
    user = accounts.sign_up(
        session,
        SignUp(
            email=email or f"person{number:03d}@example.org",
            name=person or NAMES[number % len(NAMES)],
            password=PASSWORD,
            role=role or roles.get(kind, Role.RESEARCHER),
            organisation=name,
            kind=OrganisationKind(kind),
            region_code=region,
            uscc=invented_uscc(number) if kind in {"enterprise", "agency"} else None,
            size=EnterpriseSize(size) if size else None,
            sector_code=sector,
            qualifications=[Qualification.HIGH_TECH]
            if kind == "enterprise" and number % 2
            else [],
            phone="023-60000000" if region.startswith("50") else "028-60000000",
        ),
        password_hash=loaded.password_hash,
    )
    organisation = user.organisation
    organisation.demonstration = True
    accounts.verify(session, office, organisation, version=organisation.version)
    user.membership = Membership.CONFIRMED
    loaded.people[name] = user.id


def invented_uscc(number: int) -> str:
    """Return a code with right check digits in a region (000000) that no real one has."""
    body = f"SF{number:06d}".replace("S", "X")
    code = "91000000" + body + organisation_check(body)
    return code + uscc_check(code)


def _waiting_organisation(session: Session) -> None:
    """One company waits for verification, so that an organiser has something to do."""
    user = accounts.sign_up(
        session,
        SignUp(
            email="waiting@example.org", name="赵磊", password=PASSWORD, role=Role.ENTERPRISE,
            organisation="示范待核验精密铸造有限公司", kind=OrganisationKind.ENTERPRISE,
            region_code="500116", uscc=invented_uscc(900), size=EnterpriseSize.SMALL,
            sector_code="C33",
        ),
    )  # fmt: skip
    user.organisation.demonstration = True


def _load_postings(session: Session, loaded: Loaded, tell: Callable[[float], None]) -> None:
    organiser = session.scalars(
        select(User).where(User.email == "organiser@example.org")
    ).unique().one()  # fmt: skip
    chains = {node.name: node.id for node in vocabulary.chains(session)}
    # held, so that the session finds them again instead of asking for each record
    held = [list(session.scalars(select(table)).unique()) for table in (SchemeNode, Region, User)]
    parts = (
        (PostingKind.ACHIEVEMENT, list(records("achievements")), achievement_values),
        (PostingKind.NEED, list(records("needs")), need_values),
    )
    total = sum(len(rows) for _kind, rows, _values in parts)
    for kind, rows, values_of in parts:
        for number, row in enumerate(rows):
            tell(len(loaded.postings) / total)
            owner = session.get_one(User, loaded.people[row["organisation"]])
            posting = catalogue.save_new(session, owner, kind, values_of(row, chains))
            loaded.postings[row["ref"]] = posting.id
            if row.get("region_code") in LEGACY_REGIONS:
                posting.region_code = row["region_code"]
            if number >= len(rows) - 2:  # two of each wait for the organiser
                catalogue.submit(session, owner, posting)
                continue
            catalogue.submit(session, owner, posting)
            catalogue.publish(session, organiser, posting)
    del held


def achievement_values(row: dict[str, Any], chains: dict[str, int]) -> dict[str, Any]:
    """Translate a record of the files into the values that the service takes."""
    price = row.get("price") or {"kind": "negotiable"}
    return {
        "title": row["title"],
        "summary": row["summary"],
        "problem": row["problem"],
        "approach": row["approach"],
        "application": row.get("application", ""),
        "innovations": row.get("innovations", []),
        "keywords": row["keywords"],
        "trl": row["trl"],
        "nodes": [chains[name] for name in row["chains"]],
        "modes": row["modes"],
        "price_kind": price["kind"],
        "price_from": yuan(price.get("from_wan")),
        "price_to": yuan(price.get("to_wan")),
        "indicators": [_indicator(item, "baseline") for item in row["indicators"]],
        "properties": row.get("ip", []),
        "ownership": row.get("ownership", "organisation"),
        "pilot": row.get("pilot"),
        "department": row.get("department", ""),
        "research_to": row.get("completed", ""),
        "contributors": [row["contributor"]] if row.get("contributor") else [],
        "contact_name": row.get("contributor", ""),
        "declared_open": True,
    }


def need_values(row: dict[str, Any], chains: dict[str, int]) -> dict[str, Any]:
    """Translate a record of the files into the values that the service takes."""
    return {
        "title": row["title"],
        "problem": row["problem"],
        "tried": row.get("tried", ""),
        "need_kind": row["kind"],
        "nodes": [chains[name] for name in row["chains"]],
        "keywords": row["keywords"],
        "trl": row.get("trl_min"),
        "modes": row["modes"],
        "budget": yuan(row.get("budget_wan")),
        "deadline": date.fromisoformat(row["deadline"]) if row.get("deadline") else None,
        "partner_requirements": row.get("partner_requirements", ""),
        "name_visibility": row.get("name_visibility", "everyone"),
        "indicators": [_indicator(item, "current") for item in row["indicators"]],
        "contact_name": row.get("contact", ""),
        "declared_open": True,
    }


def yuan(wan: float | None) -> int | None:
    return None if wan is None else round(wan * 10_000)


def _indicator(item: dict[str, Any], reference: str) -> dict[str, Any]:
    return {
        "name": item["name"],
        "comparator": item.get("comparator") or "eq",
        "value": item["value"],
        "value_to": item.get("value_to") or "",
        "unit": item.get("unit") or "",
        "reference": item.get(reference) or "",
        "method": item.get("method") or "",
    }


def _send_no_mail(session: Session) -> None:
    """Invented people get no mail; their inboxes tell the same."""
    session.info.pop("jobs", None)
    session.execute(delete(Job).where(Job.kind == "mail.send"))
    session.execute(delete(Mail))


def _finish_single_refreshes(session: Session) -> None:
    """One refresh of all follows; those of single records have nothing left to do."""
    session.info.pop("jobs", None)
    session.execute(
        update(Job)
        .where(Job.kind == "matching.refresh", Job.status == JobStatus.QUEUED)
        .values(status=JobStatus.DONE, progress=1.0, finished_at=clock.now())
    )


def _decide_some(app: Flask, database: Database) -> None:
    """Leave a desk in use: some pairs are accepted, some rejected with a reason, one deferred."""
    del app
    recommender = index_of(database).recommender()
    with database.transaction() as session:
        organiser = session.scalars(
            select(User).where(User.email == "organiser@example.org")
        ).unique().one()  # fmt: skip
        best = session.scalars(
            select(Match).where(Match.need_rank == 1).order_by(Match.score.desc()).limit(9)
        ).unique().all()  # fmt: skip
        for number, match in enumerate(best):
            explanation = card_of(recommender, match).stored()
            if number < 6:
                review.accept(
                    session, organiser, match, version=match.version, explanation=explanation
                )
            elif number < 8:
                review.reject(
                    session, organiser, match, version=match.version, reason="has_supplier",
                    remark="企业已和一家供应方签约，今年不再另找。", explanation=explanation,
                )  # fmt: skip
            else:
                review.defer(
                    session, organiser, match, version=match.version, remark="等企业补充样品数据。"
                )


def _announce(database: Database) -> None:
    """Tell the owners of accepted pairs at once; nobody will undo these."""
    with database.transaction() as session:
        announcing = Job.kind == "review.announce"
        session.execute(update(Job).where(announcing).values(run_after=clock.now()))
        ids = list(session.scalars(select(Job.id).where(announcing)))
    for job_id in ids:
        jobs.run(database, job_id)
