"""Numbers with check digits: every known vector, and what must hold for any number."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker import validators

VECTORS = Path(__file__).parent / "data" / "number_vectors.csv"
PARSERS = {
    "uscc": validators.parse_uscc,
    "orgcode": validators.parse_organisation_code,
    "patent_app": validators.parse_patent,
    "mobile": validators.parse_phone,
    "landline": validators.parse_phone,
    "software_reg": validators.parse_software_registration,
}


def vectors() -> list[tuple[str, str, str]]:
    with VECTORS.open(encoding="utf-8") as file:
        return [(row["kind"], row["value"], row["expect"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(("kind", "value", "expect"), vectors())
def test_every_known_number_is_judged_rightly(kind: str, value: str, expect: str) -> None:
    if expect == "valid":
        assert PARSERS[kind](value)
    else:
        with pytest.raises(validators.NumberError):
            PARSERS[kind](value)


@given(
    st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=16, max_size=16),
    st.integers(0, 17),
    st.sampled_from(validators.USCC_CHARACTERS),
)
def test_any_single_wrong_character_of_a_credit_code_is_noticed(
    body: str, place: int, other: str
) -> None:
    with_organisation = body + validators.organisation_check(body[8:])
    code = with_organisation + validators.uscc_check(with_organisation)
    wrong = code[:place] + other + code[place + 1 :]

    if wrong == code:
        assert validators.parse_uscc(code) == code
    else:
        with pytest.raises(validators.NumberError):
            validators.parse_uscc(wrong)


@pytest.mark.parametrize(
    "typed",
    ["ZL 2017 1 0601862.3", "２０１７１０６０１８６２．３", "2017106018623", "cn201710601862.3"],
)
def test_patent_numbers_are_read_however_they_are_typed(typed: str) -> None:
    assert validators.parse_patent(typed) == "201710601862.3"
