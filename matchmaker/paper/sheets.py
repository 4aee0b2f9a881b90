"""Workbooks: tables with heads, widths and real dates. What people wrote stays text.

A text that begins with = or looks like an address is neither a formula nor a link.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from matchmaker import clock

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL = 32_000
"""A cell holds 32,767 characters."""
A4 = 9
Column = tuple[str, int]
"""Head and width in characters."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a workbook."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]


def written(title: str, sheets: Iterable[Sheet], *, comments: str = "") -> bytes:
    """Return a workbook of some tables."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": title, "comments": comments})
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "valign": "top"}),
        date: book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"}),
        time: book.add_format({"num_format": "hh:mm", "valign": "top"}),
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"}),
        str: book.add_format({"text_wrap": True, "valign": "top"}),
    }
    for sheet in sheets:
        _write(book.add_worksheet(sheet.name), formats, sheet)
    book.close()
    return content.getvalue()


def local(moment: datetime) -> datetime:
    """Spreadsheets know no time zones."""
    return moment.astimezone(clock.LOCAL_ZONE).replace(tzinfo=None)


def _write(page: Any, formats: dict[Any, Any], sheet: Sheet) -> None:
    for number, (head, width) in enumerate(sheet.columns):
        page.set_column(number, number, width)
        page.write_string(0, number, head, formats["head"])
    line = 0
    for line, row in enumerate(sheet.rows, start=1):
        for number, value in enumerate(row):
            _write_cell(page, formats, line, number, value)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(line, 1), len(sheet.columns) - 1)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _write_cell(page: Any, formats: dict[Any, Any], line: int, number: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, (datetime, date, time)):
        page.write_datetime(line, number, value, formats[type(value)])
    elif isinstance(value, (int, float)):
        page.write_number(line, number, value)
    else:
        page.write_string(line, number, str(value)[:CELL], formats[str])
