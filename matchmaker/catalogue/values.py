"""What may stand in a posting: the rules that forms, imports and seeds share.

`checked(...)` takes plain values by field name and returns them ready to store, or says where and
why they cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Boolean, Enum, Integer, String

from matchmaker import clock, validators
from matchmaker.errors import InvalidError
from matchmaker.text import FORBIDDEN, plain_number
from models import (
    ACHIEVEMENT_MODES,
    AMOUNT_LIMIT,
    COUNT_LIMIT,
    NEED_MODES,
    Achievement,
    Comparator,
    Mode,
    Need,
    PostingKind,
    PriceKind,
    PropertyKind,
    PropertyStatus,
)

MAX_KEYWORDS, KEYWORD_LIMIT = 3, 30
MAX_POINTS, POINT_LIMIT = 3, 50
MAX_PEOPLE = 30
MAX_INDICATORS = 20
MAX_PROPERTIES = 20
MAX_CHAINS = 5
LONGEST_NEED = timedelta(days=365 * 3 + 31)
"""Calls for needs ask for at most three years; a month of grace for the months of reviewing."""
FLAGS = {
    "true": True, "1": True, "yes": True, "y": True, "是": True,
    "false": False, "0": False, "no": False, "n": False, "否": False,
}  # fmt: skip
MONTH = re.compile(r"(?:19|20)\d{2}-(?:0[1-9]|1[0-2])")
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,10})?")
LISTS: dict[str, tuple[int, int]] = {
    "keywords": (MAX_KEYWORDS, KEYWORD_LIMIT),
    "innovations": (MAX_POINTS, POINT_LIMIT),
    "effects": (MAX_POINTS, POINT_LIMIT),
    "contributors": (MAX_PEOPLE, 30),
    "partners": (10, 120),
}
CHECKED_ELSEWHERE = frozenset(
    {"id", "kind", "status", "owner_id", "organisation_id", "search_text", "created_at",
     "updated_at", "submitted_at", "published_at", "withdrawn_at", "archived_at", "version",
     "returned_reason", "valid_until"}
)  # fmt: skip
PARTS = frozenset({"nodes", "modes", "indicators", "properties"})
Errors = dict[str, Any]


def checked(
    kind: PostingKind, values: Mapping[str, Any], *, is_new_deadline: bool = True
) -> dict[str, Any]:
    """Return the values ready to store.

    Raises:
        InvalidError: with a sentence for every field that cannot be used.
        KeyError: a field that postings of this kind do not have.

    """
    table = Achievement if kind == PostingKind.ACHIEVEMENT else Need
    columns: Any = table.__mapper__.columns
    errors: Errors = {}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name in PARTS:
            continue
        if name not in columns or name in CHECKED_ELSEWHERE:
            raise KeyError(name)
        stored = _column_value(name, columns[name].type, value, errors)
        if stored is not None or columns[name].nullable:  # left open: the default stays
            found[name] = stored
    _check_fields(kind, found, errors, is_new_deadline=is_new_deadline)
    for name, check in (
        ("modes", _modes),
        ("indicators", _indicators),
        ("properties", _properties),
    ):
        if name in values and (name == "modes" or _are_rows(name, values[name], errors)):
            found[name] = check(kind, values[name] or [], errors)
    if "nodes" in values:
        found["nodes"] = list(dict.fromkeys(int(node) for node in values["nodes"]))
        if len(found["nodes"]) > MAX_CHAINS:
            errors["nodes"] = _("最多选 %(n)d 条产业链。", n=MAX_CHAINS)
    if errors:
        raise InvalidError(errors)
    return found


def _column_value(name: str, column_type: Any, value: Any, errors: Errors) -> Any:
    if isinstance(column_type, Enum):
        return _enum(name, column_type.enum_class, value, errors)
    if isinstance(column_type, String):
        return _text(name, value, column_type.length, errors)
    if name in LISTS:
        return _list(name, value or [], errors)
    if isinstance(column_type, Boolean):
        return _flag(name, value, errors)
    if isinstance(column_type, Integer):
        value = _whole(name, value, errors)
    if name == "trl" and value is not None and value not in range(1, 10):
        errors[name] = _("技术成熟度是 1 到 9 级。")
    return value


def _enum(name: str, kind: Any, value: Any, errors: Errors) -> StrEnum | None:
    if value is None or value == "":
        return None
    try:
        member: StrEnum = kind(value)
    except ValueError:
        errors[name] = _("“%(value)s”不是可用的选项。", value=str(value)[:40])
        return None
    return member


def _flag(name: str, value: Any, errors: Errors) -> bool | None:
    """Yes or no, as files write it."""
    if value is None or value == "":
        return None
    found = FLAGS.get(str(value).strip().lower())
    if found is None:
        errors[name] = _("“%(value)s”不是可用的选项。", value=str(value)[:40])
    return found


def _whole(name: str, value: Any, errors: Errors) -> int | None:
    """A whole number, as files write it: 1500, "1,500", 40.0."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(plain_number(str(value)))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not -AMOUNT_LIMIT <= number <= AMOUNT_LIMIT or number % 1:
        errors[name] = _("请只填数字，例如 150。")
        return None
    return int(number)


def _text(name: str, value: Any, limit: int | None, errors: Errors) -> str | None:
    if value is None:
        return None
    text = str(value)
    if FORBIDDEN.search(text):
        errors[name] = _("这里有无法保存的控制字符，请删去后重新输入。")
    elif limit and len(text) > limit:
        errors[name] = _(
            "最多 %(limit)d 字，现在多出 %(over)d 字。", limit=limit, over=len(text) - limit
        )
    return text


def _list(name: str, value: Any, errors: Errors) -> list[str]:
    most, limit = LISTS[name]
    items = [str(item).strip() for item in value if str(item).strip()]
    if any(FORBIDDEN.search(item) for item in items):
        errors[name] = _("这里有无法保存的控制字符，请删去后重新输入。")
    if len(items) > most:
        errors[name] = _("最多 %(most)d 项。", most=most)
    if any(len(item) > limit for item in items):
        errors[name] = _("每项最多 %(limit)d 字。", limit=limit)
    return items


def _check_fields(
    kind: PostingKind, found: dict[str, Any], errors: Errors, *, is_new_deadline: bool
) -> None:
    if "title" in found and not (found["title"] or "").strip():
        errors["title"] = _("请先写下名称，其余可以以后再补。")
    if kind == PostingKind.NEED:
        _check_need(found, errors, is_new_deadline=is_new_deadline)
    else:
        _check_achievement(found, errors)


def _check_need(found: dict[str, Any], errors: Errors, *, is_new_deadline: bool) -> None:
    deadline: date | None = found.get("deadline")
    if deadline and is_new_deadline:
        if deadline <= clock.today():
            errors["deadline"] = _("期限已经过去，请填今天以后的日期。")
        elif deadline > clock.today() + LONGEST_NEED:
            errors["deadline"] = _("期限一般不超过 3 年。")
    if (found.get("budget") or 0) < 0:
        errors["budget"] = _("预算不能是负数。")
    if not 0 <= (found.get("solver_share") or 0) <= 100:
        errors["solver_share"] = _("请只填 %(low)d 到 %(high)d 之间的整数。", low=0, high=100)


def _check_achievement(found: dict[str, Any], errors: Errors) -> None:
    price = found.get("price_kind")
    low, high = found.get("price_from"), found.get("price_to")
    errors |= price_errors(price, low, high)
    if price == PriceKind.NEGOTIABLE:
        found["price_from"] = found["price_to"] = None
    if price == PriceKind.FIXED:
        found["price_to"] = None
    for name in ("research_from", "research_to"):
        if found.get(name) and not MONTH.fullmatch(found[name]):
            errors[name] = _("请写成年-月，例如 2025-06。")
    if found.get("registration_number"):
        found["registration_number"] = _parsed(
            "registration_number", found["registration_number"],
            validators.parse_registration_number, errors,
        )  # fmt: skip
    elif "registration_number" in found:
        found["registration_number"] = None


def price_errors(kind: PriceKind | None, low: int | None, high: int | None) -> Errors:
    """Say what is wrong with a price; a negotiable one has no amounts, a fixed one has one."""
    if kind == PriceKind.NEGOTIABLE:
        return {}
    if kind == PriceKind.FIXED:
        high = None
    if min(low or 0, high or 0) < 0:
        return {"price_from": _("价格不能是负数。")}
    ascends = low is None or high is None or low <= high
    if not ascends or (kind == PriceKind.RANGE and (low is None or high is None)):
        return {"price_from": _("价格区间请填两个数，前小后大。")}
    if kind == PriceKind.FIXED and low is None:
        return {"price_from": _("请填写价格，或改选面议。")}
    return {}


def _parsed(name: str, text: str, parse: Any, errors: Errors) -> str:
    try:
        return str(parse(text))
    except ValueError as error:
        errors[name] = str(error)
        return text


def _modes(kind: PostingKind, value: Any, errors: Errors) -> list[Mode]:
    allowed = ACHIEVEMENT_MODES if kind == PostingKind.ACHIEVEMENT else NEED_MODES
    try:
        modes = list(dict.fromkeys(Mode(mode) for mode in value))
    except ValueError:
        modes = []
        errors["modes"] = _("请从列出的方式中选择。")
    if not set(modes) <= set(allowed):
        errors["modes"] = _("请从列出的方式中选择。")
    return modes


def _are_rows(name: str, value: Any, errors: Errors) -> bool:
    if not value or (
        isinstance(value, list | tuple) and all(isinstance(row, Mapping) for row in value)
    ):
        return True
    errors[name] = _("“%(value)s”不是可用的选项。", value=str(value)[:40])
    return False


def _indicators(kind: PostingKind, value: Any, errors: Errors) -> list[dict[str, Any]]:
    del kind
    rows = [
        row for row in value if any(str(row.get(name) or "").strip() for name in ("name", "value"))
    ]
    if len(rows) > MAX_INDICATORS:
        errors["indicators"] = _("最多 %(n)d 行指标。", n=MAX_INDICATORS)
    return [_indicator(number, row, errors) for number, row in enumerate(rows, start=1)]


def _indicator(number: int, row: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: str(row.get(name) or "").strip() for name in ("name", "unit", "reference", "method")
    }
    key = f"indicators.{number}"
    if not found["name"]:
        errors[key] = _("第 %(n)d 行没有写指标名称。", n=number)
    for name, limit in (("name", 60), ("unit", 30), ("reference", 60), ("method", 120)):
        if len(found[name]) > limit:
            errors[key] = _("第 %(n)d 行有一格太长，最多 %(limit)d 字。", n=number, limit=limit)
    if any(FORBIDDEN.search(text) for text in found.values()):
        errors[key] = _("这里有无法保存的控制字符，请删去后重新输入。")
    found["comparator"] = str(row.get("comparator") or Comparator.GE)
    if found["comparator"] not in set(Comparator):
        errors[key] = _("第 %(n)d 行请选择要求。", n=number)
    for name in ("value", "value_to"):
        found[name] = plain_number(str(row.get(name) or ""))
        if found[name] and not NUMBER.fullmatch(found[name]):
            errors[key] = _("第 %(n)d 行的数值请只填数字，例如 3.5。", n=number)
    if not found["value"]:
        errors.setdefault(key, _("第 %(n)d 行没有写数值。", n=number))
    if found["comparator"] == Comparator.RANGE and not _ascends(found["value"], found["value_to"]):
        errors.setdefault(key, _("第 %(n)d 行的区间请填两个数，前小后大。", n=number))
    if found["comparator"] != Comparator.RANGE:
        found["value_to"] = ""
    if found["comparator"] in set(Comparator):
        found["comparator"] = Comparator(found["comparator"])
    return {**found, "ordinal": number}


def _ascends(low: str, high: str) -> bool:
    try:
        return Decimal(low) <= Decimal(high)
    except InvalidOperation:
        return False


def _properties(kind: PostingKind, value: Any, errors: Errors) -> list[dict[str, Any]]:
    del kind
    rows = [row for row in value if row.get("kind")]
    if len(rows) > MAX_PROPERTIES:
        errors["properties"] = _("最多 %(n)d 行知识产权。", n=MAX_PROPERTIES)
    return [_property(number, row, errors) for number, row in enumerate(rows, start=1)]


def _property(number: int, row: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
    key = f"properties.{number}"
    kind, status = str(row["kind"]), str(row.get("status") or PropertyStatus.GRANTED)
    if kind in set(PropertyKind) and status in set(PropertyStatus):
        kind, status = PropertyKind(kind), PropertyStatus(status)
    else:
        errors[key] = _("第 %(n)d 行请从列出的类型和状态中选择。", n=number)
    count = plain_number(str(row.get("count") or "1"))
    if not count.isdecimal() or not 1 <= int(count[:6]) <= COUNT_LIMIT:
        errors[key] = _("第 %(n)d 行的件数请填整数。", n=number)
        count = "1"
    text = str(row.get("number") or "").strip()[:60]
    if text and kind in {"invention_patent", "utility_model", "design_patent"}:
        text = _parsed(key, text, validators.parse_patent, errors)
    elif text and kind == "software_copyright":
        text = _parsed(key, text, validators.parse_software_registration, errors)
    holder = str(row.get("holder") or "").strip()[:120]
    if FORBIDDEN.search(text + holder):
        errors[key] = _("这里有无法保存的控制字符，请删去后重新输入。")
    return {
        "kind": kind,
        "status": status,
        "number": text[:40],
        "holder": holder,
        "count": int(count),
    }
