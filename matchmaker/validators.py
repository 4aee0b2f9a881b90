"""Numbers with check digits, telephones, addresses: what has a form that can be checked. Pure functions.

Each `parse_…` returns the number in its normal form or raises ValueError with a sentence.
"""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l

USCC_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
PATENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
NEW_PATENT = re.compile(r"(?:19|20)\d{2}[12389]\d{7}[0-9X]", re.ASCII)
OLD_PATENT = re.compile(r"\d{2}[12389]\d{5}[0-9X]", re.ASCII)
MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}(?:-\d{1,6})?", re.ASCII)
SOFTWARE = re.compile(r"\d{4}SR\d{6,7}", re.ASCII)
REGISTRATION = re.compile(r"[0-9A-Z]{3}\d{4}Y\d{4}", re.ASCII)


class NumberError(ValueError):
    """The number cannot be right; the text is a sentence for the person."""

    def __str__(self) -> str:
        return str(self.args[0])


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


def parse_uscc(text: str) -> str:
    """统一社会信用代码, GB 32100-2015, with the embedded code of GB 11714-1997 checked as well.

    Raises:
        NumberError: wrong length, a character that does not occur, or a wrong check digit.

    """
    code = _plain(text)
    if len(code) != 18:
        raise NumberError(_l("统一社会信用代码是 18 位，现在是 %(n)d 位。", n=len(code)))
    if any(character not in USCC_CHARACTERS for character in code):
        raise NumberError(_l("统一社会信用代码里没有 I、O、S、V、Z 等字符，请对照营业执照。"))
    if uscc_check(code[:17]) != code[17] or organisation_check(code[8:16]) != code[16]:
        raise NumberError(_l("统一社会信用代码的校验位不对，请对照营业执照逐位核对。"))
    return code


def uscc_check(body: str) -> str:
    """Check character of the first 17 characters: (31 − Σ wᵢ·cᵢ mod 31) mod 31."""
    total = sum(
        weight * USCC_CHARACTERS.index(character)
        for weight, character in zip(USCC_WEIGHTS, body, strict=True)
    )
    return USCC_CHARACTERS[(31 - total % 31) % 31]


def organisation_check(body: str) -> str:
    """Check character of an organisation code (GB 11714): 11 − Σ mod 11; 10 is X, 11 is 0."""
    total = sum(
        weight * int(character, 36)
        for weight, character in zip(ORGANISATION_WEIGHTS, body, strict=True)
    )
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def parse_organisation_code(text: str) -> str:
    """组织机构代码 (GB 11714), normalised to XXXXXXXX-X."""
    code = _plain(text).replace("-", "")
    if len(code) != 9 or not code.isalnum() or not code.isascii():
        raise NumberError(_l("组织机构代码是 9 位数字或字母。"))
    if organisation_check(code[:8]) != code[8]:
        raise NumberError(_l("组织机构代码的校验位不对。"))
    return f"{code[:8]}-{code[8]}"


def parse_patent(text: str) -> str:
    """Patent or application number with its check digit, normalised to 201710601862.3.

    Accepts the form of today (year 4, kind 1, serial 7) and the old one (year 2, kind 1, serial
    5), a leading ZL or CN, spaces, full-width characters and a missing dot.
    """
    number = re.sub(r"^(ZL|CN)", "", _plain(text)).replace(".", "").replace("。", "")
    if not NEW_PATENT.fullmatch(number) and not OLD_PATENT.fullmatch(number):
        raise NumberError(_l("专利号或申请号应像 201710601862.3 这样，含小数点后的校验位。"))
    body, check = number[:-1], number[-1]
    if patent_check(body) != check:
        raise NumberError(_l("专利号的校验位不对，请核对小数点后的一位。"))
    return f"{body}.{check}"


def patent_check(body: str) -> str:
    """Check digit of an application number: Σ wᵢ·dᵢ mod 11, 10 is X."""
    total = sum(
        weight * int(digit)
        for weight, digit in zip(PATENT_WEIGHTS[: len(body)], body, strict=True)
    )
    return "X" if total % 11 == 10 else str(total % 11)


def parse_phone(text: str) -> str:
    """A mobile number of the mainland, or a landline with its area code."""
    number = _plain(text)
    if not MOBILE.fullmatch(number) and not LANDLINE.fullmatch(number):
        raise NumberError(_l("请填 11 位手机号，或带区号的座机，例如 023-63012345。"))
    return number


def parse_email(text: str) -> str:
    """An address in its normal form; whether it is reached is not asked."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise NumberError(_l("请填写邮箱，例如 name@example.com。")) from None
    return found.normalized.lower()


def parse_software_registration(text: str) -> str:
    """软件著作权登记号, e.g. 2020SR0123456."""
    number = _plain(text)
    if not SOFTWARE.fullmatch(number):
        raise NumberError(_l("软件著作权登记号应像 2020SR0123456 这样。"))
    return number


def parse_registration_number(text: str) -> str:
    """成果批准登记号: 3 characters of the office, 4 of the year, Y, 4 of the serial."""
    number = _plain(text)
    if not REGISTRATION.fullmatch(number):
        raise NumberError(
            _l("批准登记号是 12 位：部门代码 3 位、年份 4 位、字母 Y、流水号 4 位。")
        )
    return number
