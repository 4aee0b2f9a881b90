"""Every string has an English translation, with the same placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from config import ROOT

METHODS = [("matchmaker/**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def used() -> Iterator[str]:
    for _file, _line, message, _comments, _context in extract_from_dir(
        str(ROOT), METHODS, {}, KEYWORDS
    ):
        yield message if isinstance(message, str) else message[0]


def test_no_string_is_left_untranslated() -> None:
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    english = {str(message.id): str(message.string) for message in catalogue if message.id}

    missing = sorted({text for text in used() if not english.get(text)})
    assert missing == []
    for chinese, words in english.items():
        assert sorted(PLACEHOLDER.findall(chinese)) == sorted(PLACEHOLDER.findall(words)), chinese
        assert not re.search(r"[\u4e00-\u9fff]", words), words


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/about", "/reset"])
def test_the_switch_shows_english(client: FlaskClient, path: str) -> None:
    client.post("/preferences/locale", data={"locale": "en", "next": path})

    page = client.get(path).get_data(as_text=True)

    assert '<html lang="en"' in page
    visible = re.sub(r"<(script|style|option)[^>]*>.*?</\1>|<[^>]+>", "", page, flags=re.DOTALL)
    assert set(re.findall(r"[\u4e00-\u9fff]+", visible)) <= {"中文", "成渝科技成果对接平台"}
