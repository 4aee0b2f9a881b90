"""Text as people type or paste it: made clean, split, and refused where it cannot be kept."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import gettext as _

SEPARATORS = re.compile(r"[\n;；,，、]+")
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
UNREAD = "\ufffd"
"""What stands where a program could not read the encoding of a text."""
BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f]")


def tidy(text: str) -> str:
    """Trim, make line ends alike and drop marks that turn the direction of writing."""
    return BIDI.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def unusable(text: str, *, multiline: bool = True) -> str:
    """Say why a text cannot be kept; empty when it can."""
    if UNREAD in text:
        return str(_("文字编码无法识别：请把显示为“%(mark)s”的字改成原来的字。", mark=UNREAD))
    if FORBIDDEN.search(text) or (not multiline and "\n" in text):
        return str(_("这里有无法保存的控制字符，请删去后重新输入。"))
    return ""


def plain_number(text: str) -> str:
    """Fold full-width digits and drop thousands separators and spaces."""
    return re.sub(r"[\s,，\u00a0]", "", unicodedata.normalize("NFKC", text or ""))
