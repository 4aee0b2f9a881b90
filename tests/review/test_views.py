"""The desk of the organisers, and what owners see of it: nothing, until a pair is accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.engine import Recommender
from models import (
    Activity,
    Job,
    Match,
    MatchNote,
    MatchStatus,
    Mode,
    NameVisibility,
    Notification,
    PostingStatus,
    RejectReason,
    Role,
    User,
    Verification,
)
from tests import factories
from tests.conftest import SignedIn

NEED = "单晶高镍正极材料的低残锂制备"
ACHIEVEMENT = "单晶高镍三元材料残锂原位转化"


def make(database: Database, role: Role = Role.ORGANISER, **values: Any) -> User:
    with database.transaction() as session:
        return factories.make_user(session, role, **values)


@pytest.fixture
def organiser(database: Database) -> User:
    return make(database, name="何静")


@pytest.fixture
def browser(signed_in: SignedIn, organiser: User) -> FlaskClient:
    return signed_in(organiser)


def make_match(
    database: Database, need: dict[str, Any] | None = None, achievement: dict[str, Any] | None = None,
    **values: Any,
) -> Match:  # fmt: skip
    with database.transaction() as session:
        return factories.make_match(
            session,
            factories.make_need(session, **{"title": NEED, **(need or {})}),
            factories.make_achievement(session, **{"title": ACHIEVEMENT, **(achievement or {})}),
            **values,
        )


def match_of(database: Database, match_id: int) -> Match:
    with database.reading() as session:
        return session.get_one(Match, match_id)


def soup(browser: FlaskClient, address: str) -> BeautifulSoup:
    answer = browser.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def tabs(page: BeautifulSoup) -> list[int]:
    """Return the numbers of the tabs: waiting, new, deferred, accepted, rejected."""
    return [int(part.get_text()) for part in page.select(".mm-review-bar .mm-seg .num")]


def candidates(page: BeautifulSoup) -> list[str]:
    return [part.get_text() for part in page.select(".mm-cands .ti")]


def note(answer: Any, browser: FlaskClient) -> str:
    """Follow a redirect and return what the page says on top."""
    page = soup(browser, answer.location)
    return " ".join(
        part.get_text(" ", strip=True) for part in page.select("[role=alert], [role=status]")
    )


def decide(browser: FlaskClient, verb: str, match: Match, **values: Any) -> Any:
    data = {"version": str(match.version), **values}
    return browser.post(f"/review/{match.id}/{verb}", data=data)


def test_the_desk_shows_the_need_its_candidates_and_why(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        need = factories.make_need(session, title=NEED, budget=1_500_000)
        best, other = (
            factories.make_achievement(session, title=title) for title in (ACHIEVEMENT, "泡菜菌剂")
        )
        factories.make_match(session, need, other, score=0.3)
        factories.make_match(session, need, best, score=0.8)

    page = soup(browser, "/review")

    assert candidates(page) == [ACHIEVEMENT, "泡菜菌剂"]
    chosen = page.select_one("[data-candidate][aria-current=true] .ti")
    assert chosen is not None
    assert chosen.get_text() == ACHIEVEMENT
    marks = page.select("#h-need mark")
    assert {str(mark.find(string=True)) for mark in marks} >= {"残锂"}, "the reasons are marked"
    for number in page.select("sup"):
        number.decompose()
    assert [part.get_text(strip=True) for part in page.select("#h-need")] == [NEED]
    assert "不超过 150 万元" in page.get_text()
    assert len(page.select("table.mm-contrib tbody tr")) >= 6
    assert {form["action"].rpartition("/")[2] for form in page.select("[data-decide] form")} == {
        "accept", "reject", "defer",
    }  # fmt: skip


def test_an_empty_desk_says_so(browser: FlaskClient) -> None:
    for address in ("/review", "/review?tab=accepted", "/review?least=70"):
        assert len(soup(browser, address).select("main .mm-state")) == 1, address


def test_what_people_wrote_is_shown_as_text(browser: FlaskClient, database: Database) -> None:
    evil = "<script>alert(1)</script>"
    match = make_match(
        database, {"title": evil, "problem": evil}, {"title": evil, "problem": evil}
    )
    browser.post(f"/review/{match.id}/note", data={"text": evil})

    for address in ("/review", f"/pairings/{match.id}", "/activity"):
        page = browser.get(address).text
        assert "alert" in page
        assert evil not in page


def test_every_tab_holds_its_own_pairs_and_counts_them(
    browser: FlaskClient, database: Database, organiser: User
) -> None:
    decided: dict[str, Any] = {"decided_by_id": organiser.id, "decided_at": clock.now()}
    make_match(database, achievement={"title": "待审的"})
    make_match(
        database, achievement={"title": "暂缓的"}, status=MatchStatus.DEFERRED,
        defer_until=clock.today() + timedelta(days=3), **decided,
    )  # fmt: skip
    make_match(
        database, achievement={"title": "到期的"}, status=MatchStatus.DEFERRED,
        defer_until=clock.today(), score=0.4, **decided,
    )  # fmt: skip
    make_match(database, achievement={"title": "接受的"}, status=MatchStatus.ACCEPTED, **decided)
    make_match(
        database, achievement={"title": "拒绝的"}, status=MatchStatus.REJECTED,
        reason=RejectReason.PRICE, **decided,
    )  # fmt: skip

    assert tabs(soup(browser, "/review")) == [2, 2, 1, 1, 1]
    for tab, titles in (
        ("waiting", ["待审的"]), ("deferred", ["暂缓的"]), ("accepted", ["接受的"]),
        ("rejected", ["拒绝的"]), ("nonsense", ["待审的"]),
    ):  # fmt: skip
        assert candidates(soup(browser, f"/review?tab={tab}")) == titles
    assert "价格或预算相差太大" in browser.get("/review?tab=rejected").text


def test_pairs_whose_sides_are_not_public_wait_in_no_tab(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        pending = factories.make_user(
            session, organisation=factories.make_organisation(session, status=Verification.PENDING)
        )
        factories.make_match(session, achievement=factories.make_achievement(session, pending))
    make_match(database, {"status": PostingStatus.WITHDRAWN})
    make_match(database, achievement={"status": PostingStatus.ARCHIVED})

    assert tabs(soup(browser, "/review")) == [0, 0, 0, 0, 0]


def test_new_is_what_came_since_the_last_visit(
    browser: FlaskClient,
    signed_in: SignedIn,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_match(database, achievement={"title": "旧的"})
    assert tabs(soup(browser, "/review"))[:2] == [1, 1], "at the first visit everything is new"
    start = clock.now()

    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=20))
    assert tabs(soup(browser, "/review"))[:2] == [1, 1], "the same visit goes on"
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=55))
    make_match(database, achievement={"title": "新的"})
    page = soup(browser, "/review?tab=new")

    assert tabs(page)[:2] == [2, 1]
    assert candidates(page) == ["新的"]
    assert "新" in [part.get_text(strip=True) for part in page.select(".mm-cands .st span")]
    other = signed_in(make(database))
    assert tabs(soup(other, "/review"))[:2] == [2, 2], "everybody has a visit of their own"


def test_facets_narrow_the_queue_and_its_counts(browser: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        chain = factories.make_node(session, "动力电池")
        chain_id = chain.id
        need = factories.make_need(session, title="电池", nodes=[chain])
        factories.make_match(
            session, need, factories.make_achievement(session, title="甲"), score=0.9
        )
        factories.make_region(session, "510104")
        factories.make_match(
            session, factories.make_need(session, region_code="510104"),
            factories.make_achievement(session, title="乙"), score=0.4,
        )  # fmt: skip

    for query, titles, waiting in (
        ("", ["甲"], 2),
        (f"chain={chain_id}", ["甲"], 1),
        ("region=51", ["乙"], 1),
        ("region=50", ["甲"], 1),
        ("region=50&region=51", ["甲"], 2),
        ("least=50", ["甲"], 1),
        ("least=95", [], 0),
        (f"chain={chain_id}&region=51", [], 0),
        ("chain=x&region=99&least=-1", ["甲"], 2),
    ):
        page = soup(browser, f"/review?{query}")
        assert (candidates(page), tabs(page)[0]) == (titles, waiting), query


def test_one_goes_from_need_to_need(browser: FlaskClient, database: Database) -> None:
    first = make_match(database, {"title": "甲需求"}, score=0.9)
    second = make_match(database, {"title": "乙需求"}, score=0.5)

    page = soup(browser, "/review?least=10")
    following = page.select_one("[data-act=after]")

    assert following is not None
    assert page.select("[data-act=before]") == []
    page = soup(browser, str(following["href"]))
    assert "需求 2 / 2" in page.get_text(" ", strip=True)
    assert page.select(f'form[action="/review/{second.id}/accept"]')
    back = page.select_one("[data-act=before]")
    assert back is not None
    assert soup(browser, str(back["href"])).select(f'form[action="/review/{first.id}/accept"]')


def make_row(database: Database, scores: tuple[float, ...], **need: Any) -> list[Match]:
    """Make one need with a pair of each score."""
    with database.transaction() as session:
        posting = factories.make_need(session, **need)
        return [factories.make_match(session, posting, score=score) for score in scores]


FACETS: dict[str, list[str]] = {
    "chain": ["1", "2"], "region": ["51"], "mode": ["license"], "trl": ["met", "unknown"],
    "organisation": ["7"], "least": ["50"],
}  # fmt: skip


def asked(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def test_every_way_on_keeps_the_filters(browser: FlaskClient, database: Database) -> None:
    first, second = make_row(database, (0.9, 0.8))
    place = {"need": [str(first.need_id)], "match": [str(first.id)]}
    done = {**place, "match": [str(second.id)], "done": [str(first.id)]}

    def go(path: str, **values: Any) -> dict[str, list[str]]:
        version = str(match_of(database, first.id).version)
        answer = browser.post(path, data={"tab": "new", **FACETS, "version": version, **values})
        return asked(answer.location)

    for path, values, tab, rest in (
        ("accept", {}, "new", {"done": done["done"]}),
        ("accept", {}, "accepted", place),
        ("undo", {}, "new", place),
        ("reject", {}, "new", place),
        ("note", {"text": "备注"}, "new", place),
        ("note", {"text": ""}, "new", place),
    ):
        assert go(f"/review/{first.id}/{path}", **values) == {"tab": [tab], **FACETS, **rest}, path
    assert go("/review/bulk", act="defer", **place) == {"tab": ["new"], **FACETS, **place}
    chosen = f"{first.id}:{match_of(database, first.id).version}"
    assert go("/review/bulk", act="defer", chosen=chosen) == {
        "tab": ["new"], **FACETS, "done": [str(first.id)],
    }  # fmt: skip


def test_every_form_and_link_of_the_desk_carries_the_filters(
    browser: FlaskClient, database: Database
) -> None:
    matches = make_row(database, (0.9, 0.8), title="甲")
    make_row(database, (0.7,), title="乙")
    decide(browser, "defer", matches[1])

    page = soup(browser, f"/review?region=50&region=51&least=50&done={matches[1].id}")

    kept = {"tab": ["waiting"], "region": ["50", "51"], "least": ["50"]}
    forms = page.select("main form[method=post]")
    assert {str(form["action"]).rpartition("/")[2] for form in forms} == {
        "accept", "reject", "defer", "note", "bulk", "undo",
    }  # fmt: skip
    for form in forms:
        fields: dict[str, list[str]] = {}
        for field in form.select("[type=hidden]"):
            fields.setdefault(str(field["name"]), []).append(str(field["value"]))
        assert fields.items() >= kept.items(), form["action"]
    links = page.select("[data-candidate], [data-act=after], [data-act=clear], .mm-seg a")
    assert len(links) == 8
    for link in links:
        words = asked(str(link["href"]))
        assert {**words, "tab": ["waiting"]}.items() >= kept.items(), link["href"]
    assert [asked(str(link["href"]))["tab"] for link in page.select(".mm-seg a")] == [
        ["waiting"], ["new"], ["deferred"], ["accepted"], ["rejected"],
    ]  # fmt: skip


def test_the_facets_of_the_desk_count_what_each_of_them_would_leave(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        need = factories.make_need(session, title="甲", trl=6, modes=[Mode.JOINT])
        for title, trl, mode in (("熟", 7, Mode.LICENSE), ("生", 4, Mode.TRANSFER)):
            achievement = factories.make_achievement(session, title=title, trl=trl, modes=[mode])
            factories.make_match(session, need, achievement, score=0.8 if trl == 7 else 0.4)
        factories.make_match(
            session, factories.make_need(session, title="乙", trl=None), score=0.2
        )
        organisation = need.organisation

    def facet(page: BeautifulSoup, name: str) -> dict[str, str]:
        options = page.select(f"select[name={name}] option")[1:]
        return {str(part["value"]): part.get_text().partition("（")[2][:-1] for part in options}

    page = soup(browser, "/review")
    assert facet(page, "trl") == {"met": "1", "short": "1", "unknown": "1"}
    assert facet(page, "least") == {"30": "2", "50": "1", "70": "1"}
    assert facet(page, "organisation")[str(organisation.id)] == "2"
    page = soup(browser, f"/review?trl=met&organisation={organisation.id}")
    assert candidates(page) == ["熟"]
    assert facet(page, "trl") == {"met": "1", "short": "1", "unknown": "0"}
    assert {mode: facet(page, "mode")[mode] for mode in ("license",)} == {"license": "1"}
    chosen = [part["value"] for part in page.select(".mm-queuefilter option[selected]")]
    assert chosen == ["met", str(organisation.id)]
    for query, titles in (
        ("mode=transfer", ["生"]), ("trl=short", ["生"]), ("trl=short&mode=license", []),
        ("trl=x&mode=consulting&organisation=x", ["熟", "生"]),
    ):  # fmt: skip
        assert candidates(soup(browser, f"/review?{query}")) == titles, query


def test_the_place_of_a_need_stays_while_its_pairs_are_decided(
    browser: FlaskClient, database: Database
) -> None:
    best, rest = make_row(database, (0.9, 0.2))
    second = make_row(database, (0.8,))[0]
    third = make_row(database, (0.7,))[0]

    def place(page: BeautifulSoup) -> str:
        return page.select_one(".mm-review-bar .soft").get_text(" ", strip=True)  # type: ignore[union-attr]

    answer = decide(browser, "accept", best)
    assert place(soup(browser, answer.location)) == "需求 1 / 3"
    opened = soup(browser, "/review")
    assert place(opened) == "需求 2 / 3", "the desk opens on the best pair that waits"
    assert opened.select(f'form[action="/review/{second.id}/accept"]')

    answer = decide(browser, "reject", rest, reason="price")
    assert asked(answer.location)["need"] == [str(second.need_id)], "the next one in the order"
    answer = decide(browser, "defer", second)
    assert asked(answer.location)["need"] == [str(third.need_id)]


def test_keys_reach_every_reason_and_are_written_beside_it(
    browser: FlaskClient, database: Database
) -> None:
    make_match(database)

    page = soup(browser, "/review")

    for box in ("[data-decide]", "[data-bulk]"):
        keys = [part.get_text() for part in page.select(f"{box} .mm-opt kbd")]
        assert keys == [*"1234567890-"], box
        assert len(keys) == len(RejectReason)
    assert "1–9、0 或 -" in page.select_one("[data-keyhelp]").get_text()  # type: ignore[union-attr]


def test_an_address_that_makes_no_sense_is_the_desk_all_the_same(
    browser: FlaskClient, database: Database
) -> None:
    make_match(database)

    for query in (
        "need=999999", "need=" + "9" * 5000, "need=-1", "need=%00", "match=999999", "match=x",
        "done=" + "9" * 5000, "done=999999", "chain=" + "9" * 30, "least=" + "9" * 30,
    ):  # fmt: skip
        assert candidates(soup(browser, f"/review?{query}")) == [ACHIEVEMENT], query[:20]


def test_accepting_keeps_who_when_why_and_goes_on_to_the_next(
    browser: FlaskClient, database: Database, organiser: User
) -> None:
    with database.transaction() as session:
        need = factories.make_need(session, title=NEED)
        match = factories.make_match(
            session, need, factories.make_achievement(session, title=ACHIEVEMENT), score=0.8
        )
        following = factories.make_match(session, need, score=0.4)

    answer = decide(browser, "accept", match, remark=" 技术路线一致 ")

    assert answer.location == (
        f"/review?tab=waiting&need={need.id}&match={following.id}&done={match.id}"
    )
    row = match_of(database, match.id)
    assert (row.status, row.decided_by_id, row.remark) == (
        MatchStatus.ACCEPTED, organiser.id, "技术路线一致",
    )  # fmt: skip
    assert row.explanation is not None
    assert row.explanation["model"] == Recommender().model_id
    assert 0 < row.explanation["score"] <= 1
    assert any(word in str(row.explanation["bars"]) for word in ("单晶", "高镍", "残锂"))
    with database.reading() as session:
        job = session.scalars(select(Job)).one()
        assert session.scalars(select(Activity.action)).one() == "match.accepted"
        assert session.scalar(select(func.count(Notification.id))) == 0
    assert job.kind == "review.announce"
    assert (job.run_after - job.created_at).total_seconds() == 60


def test_a_minute_later_both_owners_find_a_line_that_leads_to_the_pair(
    app: Flask, browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    decide(browser, "accept", match)
    with database.transaction() as session:
        session.scalars(select(Job)).one().run_after = clock.now()
    with app.app_context():
        jobs.run_due(database)

    for owner in (match.need.owner, match.achievement.owner):
        with database.reading() as session:
            line = session.scalars(
                select(Notification).where(Notification.user_id == owner.id)
            ).one()
        assert signed_in(owner).get(f"/notifications/{line.id}").location == (
            f"/pairings/{match.id}"
        )


def test_a_rejection_keeps_its_reason(browser: FlaskClient, database: Database) -> None:
    match = make_match(database)

    answer = decide(browser, "reject", match, reason="too_early", remark="还在实验室")

    assert answer.location == f"/review?tab=waiting&done={match.id}"
    row = match_of(database, match.id)
    assert (row.status, row.reason, row.remark) == (
        MatchStatus.REJECTED, RejectReason.TOO_EARLY, "还在实验室",
    )  # fmt: skip


NO_REASONS: list[tuple[dict[str, str], str]] = [
    ({}, "请选择一个原因。"),
    ({"reason": "because"}, "请选择一个原因。"),
    ({"reason": "other"}, "选择“其他原因”时，请写一句说明。"),
    ({"reason": "other", "remark": "  "}, "选择“其他原因”时，请写一句说明。"),
    ({"reason": "price", "remark": "长" * 501}, "说明最多 500 字。"),
]


def test_a_rejection_without_a_reason_is_a_clear_sentence_and_changes_nothing(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)

    for values, sentence in NO_REASONS:
        answer = decide(browser, "reject", match, **values)
        assert sentence in note(answer, browser), values

    row = match_of(database, match.id)
    assert (row.status, row.version) == (MatchStatus.SUGGESTED, match.version)


def test_a_refused_rejection_gives_back_what_was_typed_once_and_on_its_own_pair(
    browser: FlaskClient, database: Database
) -> None:
    match, other = make_match(database), make_match(database)
    typed = '<b>已经谈过"两次"</b>'
    answer = decide(browser, "reject", match, reason="nonsense", remark=typed)

    page = soup(browser, answer.location)

    (form,) = page.select("form[action$='/reject']")
    assert form.select("details[open]")
    (remark,) = form.select("[name=remark]")
    assert remark["value"] == typed
    assert typed not in str(form)
    again = soup(browser, answer.location).select_one("[name=remark]")
    assert again is not None
    assert again["value"] == ""
    decide(browser, "reject", match, remark=typed)
    elsewhere = soup(browser, f"/review?need={other.need_id}&match={other.id}")
    assert typed not in [part.get("value") for part in elsewhere.select("input")]


def test_a_refused_rejection_gives_back_the_reason_too(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)
    answer = decide(browser, "reject", match, reason="other")

    chosen = soup(browser, answer.location).select("[name=reason][checked]")

    assert [part["value"] for part in chosen] == ["other"]


def test_what_is_given_back_fits_into_a_cookie(browser: FlaskClient, database: Database) -> None:
    match = make_match(database)
    remark = "".join(chr(0x20000 + 7 * n) for n in range(4000))

    answer = decide(browser, "reject", match, reason="r" * 4000, remark=remark)

    assert max(len(line) for line in answer.headers.getlist("Set-Cookie")) < 4093
    kept = soup(browser, answer.location).select_one("[name=remark]")
    assert kept is not None
    assert kept["value"] == remark[:500]


def test_deferring_puts_a_pair_aside_for_two_weeks(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)

    decide(browser, "defer", match)

    row = match_of(database, match.id)
    assert (row.status, row.defer_until) == (
        MatchStatus.DEFERRED, clock.today() + timedelta(days=14),
    )  # fmt: skip
    assert tabs(soup(browser, "/review")) == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("verb", ["accept", "defer", "reject"])
def test_a_decision_is_taken_back_from_the_page_that_follows(
    app: Flask, browser: FlaskClient, database: Database, verb: str
) -> None:
    match = make_match(database)
    answer = decide(browser, verb, match, reason="price", remark="说明")
    toast = soup(browser, answer.location).select_one("[data-toast] form")
    assert toast is not None
    version = toast.select_one("[name=version]")
    assert version is not None

    back = browser.post(str(toast["action"]), data={"version": version["value"]})

    assert back.location == f"/review?tab=waiting&need={match.need_id}&match={match.id}"
    row = match_of(database, match.id)
    assert row.status == MatchStatus.SUGGESTED
    assert (row.decided_by_id, row.decided_at, row.reason, row.remark) == (None, None, None, "")
    assert (row.defer_until, row.explanation) == (None, None)
    with database.transaction() as session:
        for job in session.scalars(select(Job)):
            job.run_after = clock.now()
    with app.app_context():
        jobs.run_due(database)
    with database.reading() as session:
        assert session.scalar(select(func.count(Notification.id))) == 0
        assert list(session.scalars(select(Activity.action).order_by(Activity.id)))[1:] == [
            "match.reopened"
        ]


def test_the_toast_of_an_undo_is_for_the_one_who_decided(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    address = decide(browser, "accept", match).location

    assert soup(signed_in(make(database)), address).select("[data-toast]") == []


@pytest.mark.parametrize("verb", ["accept", "reject", "defer", "undo"])
def test_the_second_organiser_sees_who_was_faster_and_nothing_is_overwritten(
    browser: FlaskClient, signed_in: SignedIn, database: Database, organiser: User, verb: str
) -> None:
    match = make_match(database)
    slower = signed_in(make(database, name="后来的人"))
    decide(browser, "accept", match, remark="何静的理由")
    before = match_of(database, match.id)

    answer = decide(slower, verb, match, reason="price", remark="后来的理由")

    said = note(answer, slower)
    assert "何静已经作出决定：已接受" in said
    assert "没有保存" in said
    assert answer.location == f"/review?tab=accepted&need={match.need_id}&match={match.id}"
    row = match_of(database, match.id)
    assert (row.status, row.decided_by_id, row.remark, row.version) == (
        MatchStatus.ACCEPTED, organiser.id, "何静的理由", before.version,
    )  # fmt: skip
    with database.reading() as session:
        assert list(session.scalars(select(Activity.action))) == ["match.accepted"]


def test_a_decision_without_the_version_that_was_seen_is_not_taken(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)

    for version in ("", "x", "-1", "9" * 30, "2"):
        answer = decide(browser, "accept", match, version=version)
        assert "刚刚被改动过" in note(answer, browser), version

    assert match_of(database, match.id).status == MatchStatus.SUGGESTED


def test_a_side_that_was_withdrawn_meanwhile_cannot_be_accepted(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database, achievement={"status": PostingStatus.WITHDRAWN})

    answer = decide(browser, "accept", match)

    assert "其中一方已经撤回或归档" in note(answer, browser)
    assert match_of(database, match.id).status == MatchStatus.SUGGESTED


def test_a_pair_of_the_own_organisation_is_shown_and_not_decided(
    signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    inside = signed_in(make(database, organisation=match.need.organisation))

    assert soup(inside, "/review").select("[data-decide]") == []
    assert decide(inside, "accept", match).status_code == 403
    assert inside.post(f"/review/{match.id}/note", data={"text": "x"}).status_code == 403

    assert match_of(database, match.id).status == MatchStatus.SUGGESTED


def test_an_administrator_reads_the_desk_and_decides_nothing(
    signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    admin = signed_in(make(database, Role.ADMINISTRATOR))

    page = soup(admin, "/review")

    assert candidates(page) == [ACHIEVEMENT]
    assert page.select("form[action$='/accept'], form[action$='/note'], [name=chosen]") == []
    for verb in ("accept", "reject", "defer", "undo", "note"):
        assert decide(admin, verb, match).status_code == 404
    assert admin.post("/review/bulk", data={"act": "accept"}).status_code == 404


def test_a_note_is_read_by_the_other_organisers_and_by_nobody_else(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)

    browser.post(f"/review/{match.id}/note", data={"text": " 已电话核实 "})
    decide(browser, "accept", match)

    other = soup(signed_in(make(database)), f"/review?tab=accepted&match={match.id}")
    lines = [part.get_text(" ", strip=True) for part in other.select(".mm-need .mm-log li span")]
    assert lines == ["何静 ：已电话核实"]
    owner = signed_in(match.need.owner)
    for address in (f"/pairings/{match.id}", f"/needs/{match.need_id}", "/pairings", "/"):
        assert "已电话核实" not in owner.get(address).text
    with database.reading() as session:
        assert session.scalars(select(MatchNote.text)).one() == "已电话核实"


def test_a_note_that_cannot_be_kept_is_a_clear_sentence(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)

    for text, sentence in ((" ", "请写下备注内容。"), ("长" * 1001, "备注最多 1,000 字。")):
        answer = browser.post(f"/review/{match.id}/note", data={"text": text})
        assert sentence in note(answer, browser)

    with database.reading() as session:
        assert session.scalar(select(func.count(MatchNote.id))) == 0


def bulk(browser: FlaskClient, act: str, matches: list[Match], **values: Any) -> Any:
    chosen = [f"{match.id}:{match.version}" for match in matches]
    return browser.post("/review/bulk", data={"act": act, "chosen": chosen, **values})


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("accept", MatchStatus.ACCEPTED),
        ("defer", MatchStatus.DEFERRED),
        ("reject", MatchStatus.REJECTED),
    ],
)
def test_several_pairs_are_decided_at_once(
    browser: FlaskClient, database: Database, act: str, status: MatchStatus
) -> None:
    matches = [make_match(database) for _n in range(3)]

    answer = bulk(browser, act, matches[:2], reason="price")

    assert "2 对 撤销" in note(answer, browser)
    assert [match_of(database, match.id).status for match in matches] == [
        status, status, MatchStatus.SUGGESTED,
    ]  # fmt: skip


def test_several_at_once_leave_out_what_somebody_else_decided(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    matches = [make_match(database) for _n in range(2)]
    slower = signed_in(make(database))
    decide(browser, "accept", matches[0])

    answer = bulk(slower, "reject", matches, reason="price")

    said = note(answer, slower)
    assert f"不接受：{ACHIEVEMENT}" in said
    assert "1 对已被别人抢先处理" in said
    assert [match_of(database, match.id).status for match in matches] == [
        MatchStatus.ACCEPTED, MatchStatus.REJECTED,
    ]  # fmt: skip


@pytest.mark.parametrize(("act", "keeps"), [("accept", True), ("reject", True), ("defer", False)])
def test_each_of_several_pairs_keeps_the_card_that_was_shown(
    browser: FlaskClient, database: Database, act: str, keeps: bool
) -> None:
    matches = [make_match(database) for _n in range(2)]

    bulk(browser, act, matches, reason="price")

    for match in matches:
        card = match_of(database, match.id).explanation
        assert (card is not None) == keeps
        if card is not None:
            assert card["model"] == Recommender().model_id
            assert any(word in str(card["bars"]) for word in ("单晶", "高镍", "残锂"))


def test_a_pair_of_the_own_organisation_is_left_out_of_a_decision_on_several(
    signed_in: SignedIn, database: Database
) -> None:
    own, other = make_match(database), make_match(database)
    with database.transaction() as session:
        need, achievement = session.merge(own.need), session.merge(other.achievement)
        mixed = factories.make_match(session, need, achievement)
    inside = signed_in(make(database, organisation=own.achievement.organisation))

    page = soup(inside, f"/review?need={own.need_id}")
    assert [box["value"] for box in page.select("[name=chosen]")] == [f"{mixed.id}:1"]
    answer = bulk(inside, "accept", [own, mixed, other])

    said = note(answer, inside)
    assert "已接受：2 对" in said
    assert "1 对有本单位参与，不能由您决定，没有改动。" in said
    assert [match_of(database, match.id).status for match in (own, mixed, other)] == [
        MatchStatus.SUGGESTED, MatchStatus.ACCEPTED, MatchStatus.ACCEPTED,
    ]  # fmt: skip


def test_nothing_is_said_to_be_decided_when_every_pair_is_of_the_own_organisation(
    signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    inside = signed_in(make(database, organisation=match.need.organisation))

    assert soup(inside, "/review").select("[name=chosen], [name=act]") == []
    assert "撤销" not in note(bulk(inside, "defer", [match]), inside)


def test_a_decision_on_several_goes_on_at_the_same_need_and_is_taken_back_whole(
    browser: FlaskClient, database: Database
) -> None:
    first, second, third = make_row(database, (0.9, 0.8, 0.3))
    chosen = f"&done={first.id}&done={second.id}"

    answer = bulk(browser, "accept", [first, second], region="50", need=str(first.need_id))

    assert answer.location == (
        f"/review?tab=waiting&region=50&need={first.need_id}&match={third.id}{chosen}"
    )
    (form,) = soup(browser, answer.location).select("[data-toast] form")
    data: dict[str, list[str]] = {}
    for field in form.select("[type=hidden]"):
        data.setdefault(str(field["name"]), []).append(str(field["value"]))
    back = browser.post(str(form["action"]), data=data)

    assert back.location == (
        f"/review?tab=waiting&region=50&need={first.need_id}&match={first.id}"
    )
    assert "已撤销，2 对又回到待审。" in note(back, browser)
    for match in (first, second):
        row = match_of(database, match.id)
        assert (row.status, row.decided_by_id) == (MatchStatus.SUGGESTED, None)
    with database.reading() as session:
        reopened = select(func.count(Activity.id)).where(Activity.action == "match.reopened")
        assert session.scalar(reopened) == 2


def test_taking_several_back_leaves_out_what_was_decided_again(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    first, second = make_row(database, (0.9, 0.8))
    bulk(browser, "defer", [first, second])
    seen = [match_of(database, match.id) for match in (first, second)]
    decide(signed_in(make(database)), "accept", seen[1])

    answer = bulk(browser, "undo", seen)

    words = note(answer, browser)
    assert "已撤销，1 对又回到待审。" in words
    assert "1 对已被别人抢先处理" in words
    assert match_of(database, second.id).status == MatchStatus.ACCEPTED


def test_a_refused_decision_on_several_gives_back_the_choice_and_what_was_typed(
    browser: FlaskClient, database: Database
) -> None:
    first, second, _third = make_row(database, (0.9, 0.8, 0.3))
    place = {"need": str(first.need_id), "match": str(second.id)}

    answer = bulk(browser, "reject", [first, second], reason="other", remark=" ", **place)

    page = soup(browser, answer.location)
    assert [box["value"] for box in page.select("[name=chosen][checked]")] == [
        f"{first.id}:1", f"{second.id}:1",
    ]  # fmt: skip
    assert [part["value"] for part in page.select("[data-bulk] [name=reason][checked]")] == [
        "other"
    ]
    assert page.select("[data-bulk] details[open]")
    assert not page.select("[data-decide] details[open]")
    bulk(browser, "reject", [first, second], reason="other", remark="已经谈过", **place)
    assert {match_of(database, match.id).remark for match in (first, second)} == {"已经谈过"}


NO_CHOICES: list[dict[str, Any]] = [
    {},
    {"act": "accept"},
    {"act": "steal", "chosen": "1:1"},
    {"act": "accept", "chosen": "x:y"},
    {"act": "accept", "chosen": "1"},
    {"act": "accept", "chosen": ["9" * 30 + ":1", "1:" + "9" * 5000]},
]


def test_a_bulk_without_a_choice_asks_for_one(browser: FlaskClient, database: Database) -> None:
    match = make_match(database)

    for data in NO_CHOICES:
        answer = browser.post("/review/bulk", data=data)
        assert "请先选中几对" in note(answer, browser), data

    assert match_of(database, match.id).status == MatchStatus.SUGGESTED


def test_several_are_not_rejected_without_a_reason(
    browser: FlaskClient, database: Database
) -> None:
    matches = [make_match(database) for _n in range(2)]

    answer = bulk(browser, "reject", matches, reason="")

    assert "请选择一个原因。" in note(answer, browser)
    assert {match_of(database, match.id).status for match in matches} == {MatchStatus.SUGGESTED}


CONTACT = {
    "contact_name": "联系人王",
    "contact_phone": "023-6789",
    "contact_email": "w@example.org",
}


def test_owners_see_nothing_of_a_pair_before_it_is_accepted(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(
        database, {"title": "暗号需求", **CONTACT}, {"title": "暗号成果", **CONTACT}
    )
    rejected = make_match(database, {"title": "暗号需求二"}, {"title": "暗号成果二"})
    decide(browser, "reject", rejected, reason="price", remark="暗号说明")

    for pair in (match, rejected):
        for owner, other in (
            (pair.need.owner, pair.achievement),
            (pair.achievement.owner, pair.need),
        ):
            own = signed_in(owner)
            assert own.get(f"/pairings/{pair.id}").status_code == 404
            for address in ("/pairings", "/", f"/{other.kind.value}s/{other.id}"):
                page = own.get(address).text
                assert f"/pairings/{pair.id}" not in page
                assert "联系人王" not in page
                assert "暗号说明" not in page
            assert other.title not in own.get("/pairings").text


@pytest.mark.parametrize("side", ["need", "achievement"])
def test_both_owners_see_an_accepted_pair_with_its_reasons_and_the_contact_of_the_other(
    browser: FlaskClient, signed_in: SignedIn, database: Database, side: str
) -> None:
    match = make_match(
        database, {**CONTACT, "name_visibility": NameVisibility.AFTER_ACCEPTANCE}, CONTACT
    )
    decide(browser, "accept", match, remark="只给组织方的话")
    own = match.need if side == "need" else match.achievement
    other = match.achievement if side == "need" else match.need
    owner = signed_in(own.owner)

    listed, page = soup(owner, "/pairings"), soup(owner, f"/pairings/{match.id}")

    assert [a["href"] for a in listed.select(".mm-todo__t a")] == [f"/pairings/{match.id}"]
    assert other.organisation.name in listed.select_one(".mm-todo__d").get_text()  # type: ignore[union-attr]
    words = page.select_one("main").get_text(" ", strip=True)  # type: ignore[union-attr]
    assert other.organisation.name in words
    assert words.count("联系人王") == 2
    assert words.count("023-6789") == 2
    assert len(page.select("table.mm-contrib tbody tr")) >= 6
    assert "只给组织方的话" not in words
    assert "何静" not in words, "who decided is for the offices"
    assert owner.get(f"/{other.kind.value}s/{other.id}").status_code == 200


def test_an_accepted_pair_is_nobody_elses(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    decide(browser, "accept", match)

    for role in (Role.RESEARCHER, Role.ENTERPRISE, Role.TRANSFER_MANAGER):
        stranger = signed_in(make(database, role))
        assert stranger.get(f"/pairings/{match.id}").status_code == 404
        assert ACHIEVEMENT not in stranger.get("/pairings").text


def test_a_pair_taken_back_is_gone_for_its_owners(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database, achievement=CONTACT)
    decide(browser, "accept", match)
    owner = signed_in(match.need.owner)
    assert owner.get(f"/pairings/{match.id}").status_code == 200

    decide(browser, "undo", match_of(database, match.id))

    assert owner.get(f"/pairings/{match.id}").status_code == 404
    assert "联系人王" not in owner.get(f"/achievements/{match.achievement_id}").text


def test_a_pair_that_does_not_exist_is_not_found(browser: FlaskClient) -> None:
    for number in ("999999", "9" * 30):
        assert browser.get(f"/pairings/{number}").status_code == 404
        assert browser.post(f"/review/{number}/accept", data={"version": "1"}).status_code == 404


def test_the_history_tells_offices_who_decided_what(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    decide(browser, "accept", make_match(database))

    page = soup(browser, "/activity")

    (line,) = [part.get_text(" ", strip=True) for part in page.select(".mm-log li span")]
    assert line == f"何静 接受对接：{NEED} ↔ {ACHIEVEMENT}"
    assert signed_in(make(database, Role.ENTERPRISE)).get("/activity").status_code == 404


def test_a_target_that_is_missed_speaks_against_the_pair(
    database: Database, signed_in: SignedIn
) -> None:
    from models import Comparator, Indicator

    with database.transaction() as session:
        match = factories.make_match(session, factories.make_need(session))
        for posting, comparator, value in (
            (match.need, Comparator.GE, "1500"),
            (match.achievement, Comparator.EQ, "1200"),
        ):
            posting.indicators = [
                Indicator(
                    ordinal=0, name="循环寿命", comparator=comparator, value=value, unit="次"
                )
            ]
        organiser = factories.make_user(session, Role.ORGANISER)

    page = signed_in(organiser).get(f"/pairings/{match.id}").get_data(as_text=True)

    assert "循环寿命没有达到，差 300 次" in page
