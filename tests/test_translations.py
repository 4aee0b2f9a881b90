"""Every string has an English translation, with the same placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from config import ROOT
from matchmaker.i18n import counted

METHODS = [("matchmaker/**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {
    "_": None, "_l": None, "gettext": None, "lazy_gettext": None, "counted": (1, 1),
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def used() -> Iterator[tuple[str, int]]:
    """Yield every source string and how many English forms it needs."""
    for _file, _line, message, _comments, _context in extract_from_dir(
        str(ROOT), METHODS, {}, KEYWORDS
    ):
        yield (message, 1) if isinstance(message, str) else (message[0], len(message))


def translated() -> dict[str, list[str]]:
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    return {
        message.id if isinstance(message.id, str) else message.id[0]: forms_of(message.string)
        for message in catalogue
        if message.id
    }


def forms_of(words: str | tuple[str, ...]) -> list[str]:
    return [form for form in ([words] if isinstance(words, str) else words) if form]


def test_no_string_is_left_untranslated() -> None:
    english = translated()

    missing = sorted({text for text, forms in used() if len(english.get(text, [])) != forms})
    assert missing == []
    for chinese, forms in english.items():
        for words in forms:
            assert sorted(PLACEHOLDER.findall(chinese)) == sorted(PLACEHOLDER.findall(words))
            assert not re.search(r"[\u4e00-\u9fff]", words), words


def test_one_thing_is_not_called_several(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert counted("家单位待核验", n=1) == "organisation to verify"
        assert counted("%(n)d 项成果", n=1) == "1 achievement"
        assert counted("%(n)d 项成果", n=0) == "0 achievements"
    with app.test_request_context("/", headers={"Accept-Language": "zh"}):
        assert [counted("%(n)d 项成果", n=n) for n in (1, 2)] == ["1 项成果", "2 项成果"]


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/about", "/reset"])
def test_the_switch_shows_english(client: FlaskClient, path: str) -> None:
    client.post("/preferences/locale", data={"locale": "en", "next": path})

    page = client.get(path).get_data(as_text=True)

    assert '<html lang="en"' in page
    visible = re.sub(r"<(script|style|option)[^>]*>.*?</\1>|<[^>]+>", "", page, flags=re.DOTALL)
    assert set(re.findall(r"[\u4e00-\u9fff]+", visible)) <= {"中文", "成渝科技成果对接平台"}
