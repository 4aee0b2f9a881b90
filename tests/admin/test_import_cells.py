"""Cells are read as people write them; what cannot be used is named row by row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from matchmaker import clock
from matchmaker.db import Database
from models import (
    TEXT_LIMIT,
    Achievement,
    Activity,
    Mode,
    Need,
    Posting,
    PostingStatus,
    Revision,
)
from tests import factories
from tests.admin.importing import GOOD, take

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("need", {"title": "", "text": "  "}, "没有名称"),
    ("need", {"deadline": "明年"}, "不是日期"),
    ("need", {"deadline": "2020-01-01"}, "期限已经过去"),
    ("need", {"trl": 12}, "1 到 9 级"),
    ("need", {"trl": "很成熟"}, "“很成熟”看不出是几级"),
    ("need", {"trl": "6-7"}, "“6-7”看不出是几级"),
    ("need", {"trl": 6.5}, "“6.5”看不出是几级"),
    ("need", {"trl": "0"}, "1 到 9 级"),
    ("need", {"chains": "没有的链"}, "没有名为“没有的链”的产业链"),
    ("need", {"chains": ["甲", 7]}, "没有名为“甲”“7”的产业链"),
    (
        "need",
        {"chains": "甲", "trl": "乙"},
        "请按“产业链”页的名称填写，或留空。；trl: “乙”看不出是几级",
    ),
    ("need", {"trl": "乙", "chains": "甲"}, "请写 1 到 9 的整数。；chains: 没有名为“甲”的产业链"),
    ("need", {"modes": "偷"}, "请从列出的方式中选择"),
    ("need", {"modes": "技术许可、偷"}, "请从列出的方式中选择"),
    ("need", {"need_kind": "whatever"}, "不是可用的选项"),
    ("need", {"need_kind": ["retrofit"]}, "不是可用的选项"),
    ("need", {"summary": "长" * 201}, "多出 1 字"),
    ("need", {"region_code": "999999"}, "地区不存在"),
    ("need", {"budget_wan": "很多"}, "budget"),
    ("need", {"budget_wan": "NaN"}, "budget"),
    ("need", {"budget_wan": "1e400"}, "budget"),
    ("need", {"budget_wan": 10**30}, "budget"),
    ("need", {"budget_wan": -5}, "budget"),
    ("need", {"budget_wan": [1]}, "budget"),
    ("need", {"solver_share": "一半"}, "solver_share"),
    ("need", {"solver_share": 150}, "solver_share"),
    ("need", {"visit_welcome": "也许"}, "visit_welcome"),
    ("need", {"indicators": "残锂 ≤ 2000"}, "indicators"),
    ("need", {"indicators": [{"name": "残锂", "value": "很低"}]}, "只填数字"),
    ("need", {"indicators": ["残锂"]}, "indicators"),
    ("need", {"indicators": [{"name": "残\x00锂", "value": "1"}]}, "indicators"),
    ("need", {"title": "空\x00字符"}, "控制字符"),
    ("need", {"text": "铃\x07声"}, "控制字符"),
    ("need", {"text": "半个\ud83d字"}, "控制字符"),
    ("need", {"keywords": ["空\x00字符"]}, "控制字符"),
    ("need", {"id": "空\x00字符"}, "控制字符"),
    ("achievement", {"price_kind": "fixed", "price_from": "面议"}, "price_from"),
    ("achievement", {"price_kind": "range", "price_from": "5", "price_to": 3}, "前小后大"),
    ("achievement", {"properties": "两件专利"}, "properties"),
    ("achievement", {"properties": [{"kind": "magic"}]}, "列出的类型"),
    ("achievement", {"registration_number": "abc"}, "registration_number"),
    ("achievement", {"contributors": ["示范人"] * 31}, "最多 30 项"),
]


def test_bad_rows_are_named_one_by_one_and_leave_nothing_behind(
    own_database: Database, importer: int
) -> None:
    for kind in ("need", "achievement"):
        bad = [(change, words) for of, change, words in BAD if of == kind]
        rows = [row for change, _words in bad for row in ({**GOOD, **change}, GOOD)]

        result = take(own_database, importer, *rows, kind=kind)

        assert [number for number, _words in result.refused] == list(range(1, len(rows), 2))
        for (change, words), (_number, said) in zip(bad, result.refused, strict=True):
            assert words in said, (change, said)
        assert (result.created, result.total) == (len(bad), len(rows))
    with own_database.reading() as session:
        written = list(session.scalars(select(Posting)).unique())
        assert {row.title for row in written} == {"好的一行"}
        assert len(written) == len(BAD)
        assert session.scalar(select(func.count(Revision.id))) == len(BAD)
        drafted = session.scalars(select(Activity).where(Activity.action == "posting.drafted"))
        assert len(drafted.unique().all()) == len(BAD)


LEFT_OUT: list[dict[str, Any]] = [
    {"budget_wan": "", "trl": "", "deadline": "", "solver_share": "", "visit_welcome": ""},
    {"budget_wan": None, "keywords": None, "modes": None, "chains": None, "need_kind": None},
    {"created_at": "2020-01-01", "valid_until": "2020-01-01", "published_at": "x"},
    {"status": "archived", "owner_id": 999, "version": 9, "kind": "achievement", "id": ""},
    {"owner": "someone", "nodes": [1], "不认识的列": "值", "__class__": "x"},
]


def test_empty_cells_and_columns_that_are_ours_are_left_out(
    own_database: Database, importer: int
) -> None:
    result = take(own_database, importer, *({**GOOD, **change} for change in LEFT_OUT))

    assert result.refused == []
    with own_database.reading() as session:
        found = list(session.scalars(select(Need)))
    assert len(found) == len(LEFT_OUT)
    for need in found:
        assert (need.title, need.problem) == ("好的一行", "正文")
        assert (need.status, need.owner_id) == (PostingStatus.PUBLISHED, importer)
        assert (need.budget, need.trl, need.external_id) == (None, None, None)
        assert need.valid_until == clock.today() + timedelta(days=365)


def test_points_and_partners_keep_the_length_that_forms_allow(
    own_database: Database, importer: int
) -> None:
    row = {**GOOD, "effects": ["效" * 50], "partners": ["单" * 60], "keywords": "词" * 40}

    take(own_database, importer, row, kind="achievement")

    with own_database.reading() as session:
        achievement = session.scalars(select(Achievement)).one()
    assert (achievement.effects, achievement.partners) == (["效" * 50], ["单" * 60])
    assert achievement.keywords == ["词" * 30]


def test_of_many_keywords_the_first_three_are_kept(own_database: Database, importer: int) -> None:
    assert take(own_database, importer, {**GOOD, "关键词": "甲、乙、丙、丁"}).refused == []

    with own_database.reading() as session:
        assert session.scalars(select(Need)).one().keywords == ["甲", "乙", "丙"]


def test_a_name_that_is_too_long_is_cut_and_stands_whole_before_the_text(
    own_database: Database, importer: int
) -> None:
    title = "很长的名称" * 25

    assert take(own_database, importer, {"title": title, "text": "正文"}).refused == []

    with own_database.reading() as session:
        need = session.scalars(select(Need)).one()
    assert (need.title, need.problem) == (title[:120], f"{title}\n正文")


def test_a_name_of_two_lines_is_one_line(own_database: Database, importer: int) -> None:
    take(own_database, importer, {**GOOD, "title": "两\n行"})

    with own_database.reading() as session:
        assert session.scalars(select(Need.title)).one() == "两 行"


def test_a_row_without_a_name_is_named_by_the_beginning_of_its_text(
    own_database: Database, importer: int
) -> None:
    take(own_database, importer, {"title": "", "text": "正文" * 30})

    with own_database.reading() as session:
        need = session.scalars(select(Need)).one()
    assert (need.title, need.problem) == ("正文" * 20, "正文" * 30)


def test_the_budget_of_an_achievement_is_a_column_of_no_meaning(
    own_database: Database, importer: int
) -> None:
    result = take(own_database, importer, {**GOOD, "预算": "面议"}, kind="achievement")

    assert (result.created, result.refused) == (1, [])


def test_a_row_with_a_region_of_its_own_keeps_it(own_database: Database, importer: int) -> None:
    with own_database.transaction() as session:
        factories.make_region(session, "510104")

    take(own_database, importer, {**GOOD, "region_code": "510104"}, GOOD)

    with own_database.reading() as session:
        regions = list(session.scalars(select(Need.region_code).order_by(Need.id)))
    assert regions == ["510104", "500106"]


def test_numbers_and_yes_or_no_are_read_as_people_write_them(
    own_database: Database, importer: int
) -> None:
    row = {**GOOD, "budget_wan": "1,500", "solver_share": "40", "visit_welcome": "是", "trl": "７"}
    other = {**GOOD, "budget_wan": 0.5, "solver_share": 40.0, "visit_welcome": False}

    result = take(own_database, importer, row, other)

    assert result.refused == []
    with own_database.reading() as session:
        found = [
            (need.budget, need.solver_share, need.visit_welcome, need.trl)
            for need in session.scalars(select(Need).order_by(Need.id))
        ]
    assert found == [(15_000_000, 40, True, 7), (5000, 40, False, None)]


@pytest.mark.parametrize(
    "text", ["6", 6, 6.0, "6.0", "TRL 6", "trl6", "TRL-6", "6级", "第 6 级", "TRL６级", " ６ "]
)
def test_a_level_is_read_as_people_write_it(
    own_database: Database, importer: int, text: object
) -> None:
    assert take(own_database, importer, {**GOOD, "成熟度": text}).refused == []

    with own_database.reading() as session:
        assert session.scalars(select(Need.trl)).one() == 6


@pytest.mark.parametrize(
    ("kind", "column", "text", "modes"),
    [
        ("achievement", "转化方式", "技术许可、技术转让；作价投资", [Mode.LICENSE, Mode.TRANSFER, Mode.EQUITY]),
        ("achievement", "转化方式", "作价入股, 自行投资", [Mode.EQUITY, Mode.SELF_INVEST]),
        ("need", "合作方式", "合作开发 、委托开发", [Mode.JOINT, Mode.COMMISSIONED]),
        ("need", "modes", ["技术咨询", "service"], [Mode.CONSULTING, Mode.SERVICE]),
    ],
)  # fmt: skip
def test_ways_of_working_together_are_read_by_their_names(
    own_database: Database, importer: int, kind: str, column: str, text: object, modes: list[Mode]
) -> None:
    assert take(own_database, importer, {**GOOD, column: text}, kind=kind).refused == []

    with own_database.reading() as session:
        posting = session.scalars(select(Posting)).unique().one()
        assert set(posting.modes) == set(modes)


def test_chains_are_read_by_their_names_brackets_and_all(
    own_database: Database, importer: int
) -> None:
    names = ["动力电池", "合成材料（聚酰胺、聚氨酯）"]
    with own_database.transaction() as session:
        for name in names:
            factories.make_node(session, name)

    result = take(own_database, importer, {**GOOD, "产业链": "、".join(names)})

    assert result.refused == []
    with own_database.reading() as session:
        need = session.scalars(select(Need)).one()
        assert {node.name for node in need.chains} == set(names)


def test_a_text_of_ten_megabytes_is_cut_to_what_fits(
    own_database: Database, importer: int
) -> None:
    text = "很长的正文" * 2_000_000

    result = take(own_database, importer, {"title": "长", "text": text}, {"title": text})

    assert (result.created, result.refused) == (2, [])
    with own_database.reading() as session:
        first, second = session.scalars(select(Need).order_by(Need.id))
    assert first.problem == text[:TEXT_LIMIT]
    assert (second.title, len(second.problem)) == (text[:120], 360)


def test_emoji_stay_and_marks_that_turn_the_writing_go(
    own_database: Database, importer: int
) -> None:
    row = {
        "title": "🔋\u202e电池\u202c 👩‍🔬",
        "text": "\u200f第一行\r\n第二行\u2066",
        "keywords": "\u202a残锂\u202c、🔥",
        "summary": "\u202e反的",
    }

    take(own_database, importer, row)

    with own_database.reading() as session:
        need = session.scalars(select(Need)).one()
    assert need.title == "🔋电池 👩‍🔬"
    assert need.problem == "第一行\n第二行"
    assert need.keywords == ["残锂", "🔥"]
    assert need.summary == "反的"
