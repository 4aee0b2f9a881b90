"""Units of indicators as people write them: 0.5 m is 500 毫米, and what is not sure is not said.

`units.txt` defines what is known; pint reads expressions of it and converts. pint takes a third of
a second to import, so that waits until two units differ in writing.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from contextlib import suppress
from functools import cache, lru_cache
from importlib.resources import files
from math import isclose, isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pint import UnitRegistry
    from pint.facets.plain import PlainUnit

KNOWN = 4096
"""So many units, and pairs of units, are remembered."""
READING = threading.Lock()
"""A registry learns units while it reads them."""
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SIGNS = str.maketrans({
    "·": "*", "⋅": "*", "•": "*", "∙": "*", "×": "*", "^": "", "−": "-", "–": "-", "每": "/",
})  # fmt: skip
WORDS = (
    ("°C", "degC"), ("°F", "degF"), ("°", "degree"), ("%", "percent"), ("‰", "permille"),
    ("¥", "yuan"),
)  # fmt: skip
HABITS = {"W/m*K": "W/(m*K)", "W/mK": "W/(m*K)", "W/m*degC": "W/(m*K)"}
"""Written everywhere, and meant otherwise than the signs say."""
PER_MINUTE = re.compile(r"/分(?!\w)")
"""A rate is per minute; 分 alone may be points of a score."""
CAPITAL = re.compile(r"(?<!\w)M(?=[^\W\d_])")
"""Mega, or milli typed in capitals."""
ALMOST = 1e-9
POWER = re.compile(r"(?<=[^\W\d_])(-?\d)(?!\w)|(?<=\))(-?\d)(?!\w)")
PLAIN_POWER = re.compile(r"\*\*-?\d(?!\w|\*\*)|^1(?=/)")
NUMBERS = re.compile(r"\d|\*\*|_")


def conversion(unit: str, other: str, *, differences: bool = False) -> tuple[float, float] | None:
    """Return (a, b) so that x in `unit` is a·x + b in `other`; None when that is not known.

    With `differences` a temperature is a difference of temperatures: 5 K are 5 ℃ then.
    """
    found = _conversion(spelled(unit), spelled(other))
    return (found[0], 0.0) if found and differences else found


@lru_cache(KNOWN)
def spelled(unit: str) -> str:
    """Return one spelling for what means the same: m², m^2 and ㎡ are m**2."""
    text = unicodedata.normalize("NFKC", unit.translate(SUPERSCRIPTS)).translate(SIGNS).strip()
    for word, spelling in WORDS:
        text = text.replace(word, spelling)
    text = re.sub(r"\s*([*/()])\s*", r"\1", text.replace("**", "*"))
    text = re.sub(r"\s+", "*", text)
    text = PER_MINUTE.sub("/min", HABITS.get(text, text))
    return POWER.sub(lambda found: f"**{found[1] or found[2]}", text)


@lru_cache(KNOWN)
def _conversion(unit: str, other: str) -> tuple[float, float] | None:
    if unit == other:
        return 1.0, 0.0
    found = _read(unit, other)
    return None if found is None or _is_doubtful(unit, other, found[0]) else found


def _is_doubtful(unit: str, other: str, scale: float) -> bool:
    """Whether a capital M alone stands between two units: ML, as typed in capitals, may be mL."""
    if isclose(scale, 1.0, rel_tol=ALMOST):
        return False
    if len(CAPITAL.findall(unit)) == len(CAPITAL.findall(other)):
        return False
    small, other_small = (CAPITAL.sub("m", text) for text in (unit, other))
    if small.casefold() == other_small.casefold():
        return True
    found = _read(small, other_small)
    return found is not None and isclose(found[0], 1.0, rel_tol=ALMOST)


def _read(unit: str, other: str) -> tuple[float, float] | None:
    """Return what pint makes of two units, None where it cannot read or convert them."""
    # whatever people write, be it m⁹·m⁹·m⁹·m⁹ or worse: what cannot be read is not known
    with READING, suppress(Exception):
        one, two = _parsed(unit), _parsed(other)
        convert = _registry().convert
        zero = float(convert(0.0, one, two))
        scale = float(convert(1.0, one, two)) - zero
        if isfinite(scale) and scale > 0:
            return scale, zero
    return None


@lru_cache(KNOWN)
def _parsed(unit: str) -> PlainUnit:
    """Read a unit; a number in it, unless it is a power of one digit, is not ours to read.

    Raises:
        Exception: of pint or Python, where the unit cannot be read.

    """
    if not unit or NUMBERS.search(PLAIN_POWER.sub("", unit)):
        raise ValueError(unit)
    return _registry().parse_units(unit)


@cache
def _registry() -> UnitRegistry[Any]:
    from pint import UnitRegistry

    # a line may say better what an earlier one of the file said; that is meant, not a fault
    registry: UnitRegistry[Any] = UnitRegistry(None, on_redefinition="ignore")
    lines = files(__package__).joinpath("units.txt").read_text(encoding="utf-8")
    registry.load_definitions(lines.splitlines())
    return registry
