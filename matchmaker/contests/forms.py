"""What teams, organisers and jurors type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from matchmaker.contests.kinds import MOST_CRITERIA
from matchmaker.contests.service import Asked
from matchmaker.forms import Choice, Form, LongText, Number, Text
from matchmaker.text import plain_number
from models import Criterion

DEFAULT_MOST = 10
FEWEST_ROWS, SPARE_ROWS = 5, 2


class EntryForm(Form):
    posting_id = Choice(
        _l("对应的需求或成果"), optional=True,
        help=_l("从团队带来的条目中选。评委在匿名评审中看不到它。"),
    )  # fmt: skip
    title = Text(_l("项目名称"), limit=120)
    summary = LongText(
        _l("项目简介"), limit=3000, rows=12,
        help=_l("评委主要看这里：解决什么问题、做到了什么程度、比现有办法好在哪里。"),
    )  # fmt: skip

    def offer(self, postings: Sequence[Any]) -> None:
        self.posting_id.choices = [(str(posting.id), posting.title) for posting in postings]

    def values(self) -> dict[str, Any]:
        """Return what was typed, with a number for the posting."""
        chosen = self.posting_id.data
        return {**self.clean(), "posting_id": int(chosen) if chosen else None}


class Points(Number):
    """Points from 0, in steps of a half: 7, 7.5."""

    def __init__(self, label: Any, *, most: int, **kwargs: Any) -> None:
        super().__init__(label, low=0, high=most, unit=f"/ {most}", optional=False, **kwargs)

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else f"{self.data:g}"

    def pre_validate(self, form: Any) -> None:
        text = plain_number(self._value())
        if not text:
            if not getattr(form, "draft", False):
                raise StopValidation(_("请给“%(name)s”打分。", name=self.label.text))
            self.data = None
            return
        try:
            value = Decimal(text) if len(text) < 9 else Decimal("NaN")
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or not 0 <= value <= self.high or value * 2 % 1:
            raise StopValidation(
                _("请填 0 到 %(most)d 分，可以有半分，例如 7.5。", most=self.high)
            )
        self.data = float(value)


class BallotForm(Form):
    """The points of one ballot; `ballot_form` adds a field for every criterion."""

    remark = LongText(
        _l("给组织方的评语"), limit=1000, rows=4, optional=True,
        help=_l("只有组织方看得到。"),
    )  # fmt: skip
    criteria: Sequence[Criterion] = ()

    def fields(self) -> list[Any]:
        """Return the fields of the points, in the order of the criteria."""
        return [self[f"points_{criterion.id}"] for criterion in self.criteria]

    def points(self) -> dict[int, float]:
        """Return the points that were typed, by id of criterion."""
        found = {c.id: self[f"points_{c.id}"].data for c in self.criteria}
        return {name: points for name, points in found.items() if points is not None}


def ballot_form(
    criteria: Sequence[Criterion], formdata: Any, points: Mapping[int, float], remark: str
) -> BallotForm:
    """Build the form for these criteria; what the ballot has is shown until something is sent."""
    fields: dict[str, Any] = {
        f"points_{c.id}": Points(c.name, most=c.most, help=_("权重 %(n)d", n=c.weight))
        for c in criteria
    }
    made = type("BallotFormOfEvent", (BallotForm,), {**fields, "criteria": criteria})
    data = {f"points_{name}": value for name, value in points.items()}
    form: BallotForm = made(formdata, data={**data, "remark": remark})
    return form


class Id(wtforms.HiddenField):
    """The id of a row that is there already; empty for a new one."""

    data: Any

    def pre_validate(self, form: Any) -> None:
        del form
        text = str(self.data or "")
        self.data = int(text) if text.isdecimal() and len(text) < 10 else None


class CriteriaForm(Form):
    """All criteria at once, with empty rows; a row without a name is left out."""

    def rows(self) -> list[tuple[Any, Any, Any, Any]]:
        return [
            (self[f"id_{n}"], self[f"name_{n}"], self[f"weight_{n}"], self[f"most_{n}"])
            for n in range(MOST_CRITERIA)
        ]

    def shown(self) -> list[tuple[Any, Any, Any, Any]]:
        """Return the rows that are filled in, and a few more."""
        rows = self.rows()
        used = [n for n, row in enumerate(rows) if any(field._value() for field in row[1:])]  # noqa: SLF001 - WTForms' own name for it
        return rows[: max(FEWEST_ROWS, max(used, default=-1) + 1 + SPARE_ROWS)]

    def asked(self) -> list[Asked]:
        """Return the rows that have a name."""
        return [
            Asked(row_id.data, name.data, weight.data, most.data or DEFAULT_MOST)
            for row_id, name, weight, most in self.rows()
            if name.data
        ]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = bool(super().validate(*args, **kwargs))
        for _id, name, weight, _most in self.rows():
            if name.data and weight.data is None and not weight.errors:
                weight.errors = [*weight.errors, _("请填写“%(name)s”的权重。", name=name.data)]
                fine = False
        return fine


def _criteria_fields() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for n in range(MOST_CRITERIA):
        fields[f"id_{n}"] = Id()
        fields[f"name_{n}"] = Text(_l("评分项"), limit=60, optional=True)
        fields[f"weight_{n}"] = Number(_l("权重"), low=1, high=100)
        fields[f"most_{n}"] = Number(_l("满分"), low=1, high=100)
    return fields


for _name, _field in _criteria_fields().items():
    setattr(CriteriaForm, _name, _field)


def criteria_form(criteria: Sequence[Criterion], formdata: Any) -> CriteriaForm:
    """Show the criteria that are there, then empty rows."""
    data: dict[str, Any] = {}
    for n, criterion in enumerate(criteria):
        data |= {
            f"id_{n}": str(criterion.id), f"name_{n}": criterion.name,
            f"weight_{n}": criterion.weight, f"most_{n}": criterion.most,
        }  # fmt: skip
    return CriteriaForm(formdata, data=data)
