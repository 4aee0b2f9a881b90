"""Units of indicators: what people write is understood, and what is not sure is not compared."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.engine import Document, Indicator
from matchmaker.engine.indicators import check, reached
from matchmaker.engine.units import conversion


@pytest.mark.parametrize(
    ("unit", "other", "factor"),
    [
        ("m", "mm", 1000), ("毫米", "m", 0.001), ("千克", "g", 1000), ("公斤", "kg", 1), ("吨", "kg", 1000),
        ("h", "min", 60), ("小时", "天", 1 / 24), ("年", "个月", 12), ("μm", "nm", 1000), ("µm", "微米", 1),
        ("MPa", "bar", 10), ("MPa", "N/mm²", 1), ("兆帕", "kPa", 1000), ("%", "‰", 10), ("%", "ppm", 1e4),
        ("dB", "分贝", 1), ("dB/mm", "dB/cm", 10), ("万元", "元", 1e4), ("万元/年", "元/月", 1e4 / 12),
        ("万次", "次", 1e4), ("循环", "次", 1), ("万颗/h", "颗/s", 1e4 / 3600), ("次/千公里", "次/km", 1e-3),
        ("Ω·m", "mΩ·cm", 1e5), ("W/(m·K)", "W/m·K", 1), ("W/(m·K)", "mW/(cm·℃)", 10),
        ("cm3/(m2·d)", "mL/(m²·天)", 1), ("㎡", "m^2", 1), ("mL·min⁻¹", "mL/min", 1), ("mAh g-1", "Ah/kg", 1),
        ("cm⁻¹", "1/cm", 1), ("吨每年", "t/年", 1), ("mg／L", "mg/L", 1), ("KW", "kW", 1), ("mPas", "mPa·s", 1),
        ("r/min", "转/分", 1), ("kB", "MB", 1e-3), ("ppm/℃", "ppm/K", 1), ("MB", "Mb", 8),
        ("MAH", "mAh", 1), ("MAH/g", "mAh/g", 1), ("MAH", "Ah", 1e-3), ("AH", "mAh", 1000), ("MWH", "MWh", 1),
        ("MW", "GW", 1e-3), ("MW", "MJ/s", 1), ("MΩ", "Ω", 1e6), ("mW", "W", 1e-3), ("mg", "t", 1e-9),
        ("次/分", "次/分钟", 1), ("L每分", "L/min", 1),
    ],
)  # fmt: skip
def test_units_are_understood_as_people_write_them(unit: str, other: str, factor: float) -> None:
    assert conversion(unit, other) == (pytest.approx(factor, rel=1e-9), 0.0)
    assert conversion(other, unit) == (pytest.approx(1 / factor, rel=1e-9), 0.0)


@pytest.mark.parametrize(
    ("unit", "other"),
    [
        ("m", "s"), ("%", ""), ("°", "%"), ("rpm", "Hz"), ("Mbps", "MHz"), ("个", "次"), ("dB", "dBm"),
        ("年", "天"), ("吨/年", "吨/天"), ("mg/kg", "ppm"), ("wt%", "%"), ("百分点", "%"), ("N/30mm", "N/mm"),
        ("自定单位", "m"), ("m^9^9^9^9", "m"), ("2 m", "m"), ("m_", "m"), ("元", "美元"),
        ("m9*m9*m9*m9", "pm9*pm9*pm9*pm9"),
        # a capital M may be milli, typed in capitals
        ("ML", "mL"), ("MA", "mA"), ("MV", "mV"), ("MW", "mW"), ("MPA", "mPa"), ("mg/ML", "mg/mL"),
        ("ML", "毫升"), ("ML", "cm³"),
        # 分 may be points
        ("分", "min"), ("分", "s"), ("分", "次"),
    ],
)  # fmt: skip
def test_what_is_not_sure_is_not_compared(unit: str, other: str) -> None:
    assert conversion(unit, other) is None
    assert conversion(other, unit) is None


def test_temperatures_have_a_zero_and_their_differences_none() -> None:
    assert conversion("℃", "K") == pytest.approx((1, 273.15))
    assert conversion("℃", "K", differences=True) == (pytest.approx(1), 0.0)
    assert conversion("℃/min", "K/s") == (pytest.approx(1 / 60), 0.0)


@given(st.text(max_size=30))
def test_no_unit_that_people_write_is_an_error(unit: str) -> None:
    assert conversion(unit, unit) == (1.0, 0.0)
    conversion(unit, "m")


def verdict(target: Indicator, stated: Indicator) -> tuple[str, float | None]:
    (found,) = check(
        Document(id=1, title="", indicators=(target,)),
        Document(id=2, title="", indicators=(stated,)),
    )
    return found.verdict, found.gap


@pytest.mark.parametrize(
    ("wanted", "stated", "answer"),
    [
        (("长度", "ge", 300, "mm"), ("长度", "eq", 0.5, "m"), ("met", None)),
        (("长度", "ge", 0.5, "m"), ("长度", "eq", 300, "mm"), ("missed", 0.2)),
        (("用时", "le", 90, "min"), ("用时", "eq", 2, "h"), ("missed", 30)),
        (("用时", "le", 2, "小时"), ("用时", "eq", 90, "分钟"), ("met", None)),
        (("耐温", "ge", 60, "℃"), ("耐温", "eq", 323.15, "K"), ("missed", 10)),
        (("温差", "le", 5, "K"), ("温差", "eq", 6, "℃"), ("missed", 1)),
        (("长度", "ge", 0.3, "m"), ("长度", "eq", 300, "mm"), ("met", None)),
        (("长度", "ge", 1, "m"), ("长度", "eq", 3, "s"), ("unknown", None)),
        (("长度", "ge", 1, "m"), ("长度", "eq", 3, ""), ("unknown", None)),
        (("得分", "ge", 1, "自定"), ("得分", "eq", 3, "自定"), ("met", None)),
        (("得分", "ge", 3000, "分"), ("得分", "eq", 3200, "分"), ("met", None)),
        (("得分", "ge", 3000, "分"), ("得分", "eq", 3200, "min"), ("unknown", None)),
        (("容量", "ge", 3000, "MAH"), ("容量", "eq", 2900, "mAh"), ("missed", 100)),
        (("容量", "ge", 3000, "mAh"), ("容量", "eq", 3200, "MAH"), ("met", None)),
        (("容量", "ge", 3000, "ML"), ("容量", "eq", 3200, "mL"), ("unknown", None)),
        (("容量", "ge", 3000, "ML"), ("容量", "eq", 3200, "ML"), ("met", None)),
    ],
)  # fmt: skip
def test_a_gap_is_told_in_the_unit_of_the_need(
    wanted: tuple[str, str, float, str],
    stated: tuple[str, str, float, str],
    answer: tuple[str, float | None],
) -> None:
    target, found = (
        Indicator(name, comparator, value, unit=unit)
        for name, comparator, value, unit in (wanted, stated)
    )

    told, gap = verdict(target, found)

    assert (told, gap) == (answer[0], None if answer[1] is None else pytest.approx(answer[1]))


@given(
    st.sampled_from(["ge", "le", "eq", "range"]),
    st.floats(0.01, 1000),
    st.floats(0, 1000),
    st.floats(0.01, 1000),
    st.sampled_from(
        [("m", "cm", 100), ("小时", "min", 60), ("万元", "元", 1e4), ("MPa", "bar", 10)]
    ),
)
def test_the_share_is_the_same_in_another_unit(
    comparator: str, value: float, width: float, stated: float, units: tuple[str, str, float]
) -> None:
    unit, smaller, factor = units
    target = Indicator("长度", comparator, value, value + width, unit)
    found = Indicator("长度", "eq", stated, unit=unit)
    in_other = replace(found, value=stated * factor, unit=smaller)
    turned = replace(target, value=value * factor, value_to=(value + width) * factor, unit=smaller)

    shares = [
        reached(
            check(
                Document(id=1, title="", indicators=(one,)),
                Document(id=2, title="", indicators=(other,)),
            )
        )
        for one in (target, turned)
        for other in (found, in_other)
    ]

    assert shares == pytest.approx([shares[0]] * 4, abs=1e-6)


def test_units_cost_nothing_until_two_differ() -> None:
    code = (
        "import sys; from matchmaker.engine import *; from matchmaker.engine.units import conversion;"
        "conversion('mm', 'mm'); print('pint' in sys.modules);"
        "conversion('m', 'mm'); print('pint' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert found.stdout.split() == ["False", "True"]
