"""What people type, and its shape: the fields that every form of the platform is made of.

A field keeps what was typed, word for word, so that a refusal loses nothing; its error is a plain
sentence that says what to do. CSRF is checked before any form is read (`guard`).
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from matchmaker.errors import InvalidError, sentences
from matchmaker.text import SEPARATORS, plain_number, tidy, unusable

Sentence = Any
"""A lazy translation."""


class Form(wtforms.Form):
    """A form whose errors can also come from a service.

    A draft may lack what is required; everything that is there must still be usable.
    """

    draft = False

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """Fill the fields; where nothing was sent, the object's own values are shown."""
        super().process(formdata or None, *args, **kwargs)

    def show(self, error: InvalidError) -> None:
        """Put the sentences of a refusal at their fields; what belongs to none goes on top."""
        for name, words in error.fields.items():
            sentence = str(words)  # a lazy one would be listed letter by letter
            field = self._fields.get(name.split(".")[0])
            if field is None:
                self.form_errors.append(sentence)
            else:
                field.errors = [*field.errors, sentence]
        if not error.fields:
            self.form_errors.append(error.message)

    def clean(self) -> dict[str, Any]:
        """Return the values of all fields."""
        return {name: field.data for name, field in self._fields.items()}

    @property
    def failures(self) -> list[tuple[Any, str]]:
        """Return (field or None, sentence) in the order of the form, for the list on top."""
        found = [(None, str(sentence)) for sentence in self.form_errors]
        for field in self:
            found += [(field, sentence) for sentence in sentences(field.errors)]
        return found


def _is_required(field: Any, form: Any) -> bool:
    return not field.optional and not getattr(form, "draft", False)


class Text(wtforms.StringField):
    """One line, of limited length."""

    multiline = False

    def __init__(
        self,
        label: Sentence,
        *,
        limit: int = 200,
        optional: bool = False,
        help: Sentence = "",  # noqa: A002 - the word for it
        example: Sentence = "",
        check: Callable[[str], str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.limit = limit
        self.optional = optional
        self.help = help
        self.example = example
        self.check = check

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = valuelist[0] if valuelist and isinstance(valuelist[0], str) else ""

    def pre_validate(self, form: Any) -> None:
        text = tidy(self.data or "")
        if problem := unusable(text, multiline=self.multiline):
            raise StopValidation(problem)
        text = unicodedata.normalize("NFC", text)
        if not text and _is_required(self, form):
            raise StopValidation(_("请填写“%(label)s”。", label=self.label.text))
        if len(text) > self.limit:
            over = len(text) - self.limit
            raise StopValidation(
                _("最多 %(limit)d 字，现在多出 %(over)d 字。", limit=self.limit, over=over)
            )
        if text and self.check is not None:
            try:
                text = self.check(text)
            except ValueError as error:
                raise StopValidation(str(error)) from error
        self.data = text


class LongText(Text):
    """Several lines."""

    multiline = True

    def __init__(self, label: Sentence, *, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.rows = rows


class Password(Text):
    """A password: never trimmed, never shown again."""

    def pre_validate(self, form: Any) -> None:
        del form
        if not self.data:
            raise StopValidation(_("请填写“%(label)s”。", label=self.label.text))
        if len(self.data) > self.limit:
            raise StopValidation(_("最多 %(limit)d 个字符。", limit=self.limit))


class Number(wtforms.Field):
    """A whole number within bounds."""

    data: Any

    def __init__(
        self,
        label: Sentence,
        *,
        low: int,
        high: int,
        optional: bool = True,
        unit: Sentence = "",
        help: Sentence = "",  # noqa: A002 - the word for it
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.low, self.high, self.optional = low, high, optional
        self.unit, self.help = unit, help
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.typed = str(valuelist[0]) if valuelist else ""
        self.data = None

    def pre_validate(self, form: Any) -> None:
        text = plain_number(self._value())
        if not text:
            if _is_required(self, form):
                raise StopValidation(_("请填写“%(label)s”。", label=self.label.text))
            return
        if not text.isdigit() or not self.low <= int(text[:12]) <= self.high:
            raise StopValidation(
                _("请只填 %(low)d 到 %(high)d 之间的整数。", low=self.low, high=self.high)
            )
        self.data = int(text)


class Wan(Number):
    """An amount in 万元, kept in yuan."""

    def __init__(self, label: Sentence, **kwargs: Any) -> None:
        super().__init__(label, low=0, high=200_000, unit=_l("万元"), **kwargs)

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else f"{Decimal(self.data) / 10_000:f}"

    def pre_validate(self, form: Any) -> None:
        text = plain_number(self._value())
        if not text:
            if _is_required(self, form):
                raise StopValidation(_("请填写“%(label)s”。", label=self.label.text))
            return
        try:
            yuan = Decimal(text) * 10_000
        except InvalidOperation:
            raise StopValidation(_("请只填数字，例如 150。")) from None
        if not yuan.is_finite() or yuan < 0 or yuan > self.high * 10_000:
            raise StopValidation(_("请填 0 到 %(high)d 万元之间的数字。", high=self.high))
        if yuan != yuan.to_integral_value():
            raise StopValidation(_("最多保留四位小数。"))
        self.data = int(yuan)


class Typed(wtforms.Field, ABC):
    """One line that is read into a value; what was typed stays."""

    data: Any
    limit = 0

    def __init__(
        self,
        label: Sentence,
        *,
        optional: bool = True,
        help: Sentence = "",  # noqa: A002 - the word for it
        example: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.optional, self.help, self.example = optional, help, example
        self.typed: str | None = None

    @abstractmethod
    def read(self, text: str) -> Any:
        """Return the value; ValueError where there is none."""

    @abstractmethod
    def written(self) -> str:
        """Return the value as one would type it."""

    @abstractmethod
    def advice(self) -> str:
        """Say how it is to be typed."""

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return self.written() if self.data else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.typed = str(valuelist[0]) if valuelist else ""
        self.data = None

    def pre_validate(self, form: Any) -> None:
        text = unicodedata.normalize("NFKC", self._value()).strip()
        if not text:
            if _is_required(self, form):
                raise StopValidation(_("请填写“%(label)s”。", label=self.label.text))
            return
        try:
            self.data = self.read(text)
        except ValueError:
            raise StopValidation(self.advice()) from None


class Day(Typed):
    """A date: 2027-06-30, 2027/6/30, 2027年6月30日."""

    pattern = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")

    def read(self, text: str) -> date:
        match = self.pattern.fullmatch(text)
        if match is None:
            raise ValueError
        return date(int(match[1]), int(match[2]), int(match[3]))

    def written(self) -> str:
        return str(self.data.isoformat())

    def advice(self) -> str:
        return str(_("请写成年-月-日，例如 2027-06-30。"))


class Choice(wtforms.Field):
    """One of several codes, as a select or as radio buttons."""

    data: Any

    def __init__(
        self,
        label: Sentence,
        *,
        choices: Sequence[tuple[str, Any]] = (),
        optional: bool = False,
        kind: type[StrEnum] | None = None,
        help: Sentence = "",  # noqa: A002 - the word for it
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.choices = list(choices)
        self.optional, self.kind, self.help = optional, kind, help

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = str(valuelist[0]) if valuelist else None

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            self.data = None
            if _is_required(self, form):
                raise StopValidation(_("请选择“%(label)s”。", label=self.label.text))
            return
        if str(self.data) not in {str(value) for value, _words in self.choices}:
            self.data = None
            raise StopValidation(_("请从列出的选项中选择“%(label)s”。", label=self.label.text))
        if self.kind is not None:
            self.data = self.kind(self.data)


class Choices(Choice):
    """Any number of several codes."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = [str(value) for value in valuelist if value]

    def pre_validate(self, form: Any) -> None:
        self.data = [str(value) for value in self.data or []]
        known = {str(value) for value, _words in self.choices}
        if not set(self.data) <= known:
            raise StopValidation(_("请从列出的选项中选择“%(label)s”。", label=self.label.text))
        if not self.data and _is_required(self, form):
            raise StopValidation(_("请至少选择一项“%(label)s”。", label=self.label.text))
        if self.kind is not None:
            self.data = [self.kind(value) for value in self.data]


class Check(wtforms.BooleanField):
    """A box to tick."""

    def __init__(
        self,
        label: Sentence,
        *,
        help: Sentence = "",  # noqa: A002 - the word for it
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.help = help
        self.optional = True


class Items(wtforms.Field):
    """A short list, typed into one field: separated by 、 ； or line ends."""

    data: Any

    def __init__(
        self,
        label: Sentence,
        *,
        most: int,
        limit: int,
        optional: bool = True,
        multiline: bool = False,
        help: Sentence = "",  # noqa: A002 - the word for it
        example: Sentence = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.most, self.item_limit, self.optional = most, limit, optional
        self.help, self.example, self.multiline = help, example, multiline
        self.limit, self.rows = most * (limit + 1), most
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return ("\n" if self.multiline else "、").join(self.data or [])

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.typed = str(valuelist[0]) if valuelist else ""
        self.data = []

    def pre_validate(self, form: Any) -> None:
        text = tidy(self._value())
        if problem := unusable(text):
            raise StopValidation(problem)
        parts = text.split("\n") if self.multiline else SEPARATORS.split(text)
        items = [part.strip() for part in parts if part.strip()]
        if len(items) > self.most:
            raise StopValidation(_("最多 %(most)d 项。", most=self.most))
        if any(len(item) > self.item_limit for item in items):
            raise StopValidation(_("每项最多 %(limit)d 字。", limit=self.item_limit))
        if not items and _is_required(self, form):
            raise StopValidation(_("请填写“%(label)s”。", label=self.label.text))
        self.data = items
