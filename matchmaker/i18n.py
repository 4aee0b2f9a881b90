"""Languages: Chinese is the source, English the translation; how dates and numbers read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, format_date, format_datetime, format_decimal, get_locale, ngettext
from flask_babel import gettext as _

from config import ROOT
from matchmaker import clock

LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
LOCALE_COOKIE = "locale"
babel = Babel()


def init_app(app: Flask) -> None:
    """Choose the language of each request; register the filters for dates and numbers."""
    app.config["BABEL_DEFAULT_LOCALE"] = LOCALES["zh"]
    app.config["BABEL_DEFAULT_TIMEZONE"] = str(clock.LOCAL_ZONE)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "translations")
    babel.init_app(app, locale_selector=lambda: LOCALES[language()])
    for filter_ in (
        date_text,
        datetime_text,
        time_text,
        ago,
        number,
        day,
        wan,
        listed,
        grouped,
        named,
    ):
        app.add_template_filter(filter_)
    app.jinja_env.globals["counted"] = counted
    app.jinja_env.filters |= {"date": date_text, "datetime": datetime_text, "time": time_text}


def language() -> str:
    """Return "zh" or "en": the cookie decides, then the person's choice, then the browser."""
    if not has_request_context():
        return "zh"
    chosen = request.cookies.get(LOCALE_COOKIE, "")
    if chosen in LOCALES:
        return chosen
    user = g.get("user")
    if user is not None and user.locale in LOCALES:
        return str(user.locale)
    return request.accept_languages.best_match(list(LOCALES), default="zh") or "zh"


def is_english() -> bool:
    """Tell whether the reader reads English (also inside `force_locale`)."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def counted(text: str, n: int, **values: Any) -> str:
    """Translate a sentence with a count: Chinese has one form, English has "1 pair" and "2 pairs"."""
    return str(ngettext(text, text, n, n=n, **values))


def date_text(value: date | None) -> str:
    """2026年11月23日 周一 / 23 Nov 2026."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = value.astimezone(clock.LOCAL_ZONE).date()
    return str(format_date(value, "d MMM y" if is_english() else "y年M月d日 EEE"))


def day(value: date | None) -> str:
    """11月23日 / 23 Nov; with the year when it is not this year's."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = value.astimezone(clock.LOCAL_ZONE).date()
    same_year = value.year == clock.today().year
    if is_english():
        return str(format_date(value, "d MMM" if same_year else "d MMM y"))
    return str(format_date(value, "M月d日" if same_year else "y年M月d日"))


def datetime_text(value: datetime | None) -> str:
    """2026年11月23日 周一 14:05."""
    if value is None:
        return "—"
    return str(format_datetime(value, "d MMM y HH:mm" if is_english() else "y年M月d日 EEE HH:mm"))


def time_text(value: datetime | None) -> str:
    """14:05."""
    return "—" if value is None else str(format_datetime(value, "HH:mm"))


def ago(value: datetime | None) -> str:
    """刚刚, 5 分钟前, 3 小时前, then the day."""
    if value is None:
        return "—"
    passed = clock.now() - value
    if passed < timedelta(minutes=1):
        return str(_("刚刚"))
    if passed < timedelta(hours=1):
        return str(_("%(n)d 分钟前", n=passed.seconds // 60))
    if passed < timedelta(hours=24):
        return str(_("%(n)d 小时前", n=passed.seconds // 3600))
    return day(value)


def number(value: float | None) -> str:
    """1,800."""
    return "—" if value is None else str(format_decimal(value))


def wan(yuan: int | None) -> str:
    """Yuan as 万元, without the unit: 2600000 → 260, 35500 → 3.55; in English 2,600,000."""
    if yuan is None:
        return "—"
    if is_english():
        return str(format_decimal(yuan))
    return str(format_decimal(yuan / 10_000, "#,##0.####"))


def listed(words: Iterable[Any]) -> str:
    """甲、乙 / A, B."""
    return (", " if is_english() else "、").join(str(word) for word in words)


def grouped(text: str | None) -> str:
    """Thousands as people read them: "4600" → "4,600"; anything but one number stays."""
    if not text or not re.fullmatch(r"[-\u2212]?\d{4,}(\.\d+)?", text):
        return text or ""
    whole, dot, rest = text.partition(".")
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole) + dot + rest


def named(node: Any) -> str:
    """The name of a classification's entry; the English one for readers of English."""
    return str(node.name_en if is_english() and node.name_en else node.name)
