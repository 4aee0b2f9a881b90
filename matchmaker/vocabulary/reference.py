"""The reference data that every installation starts with, read from `seed/vocabulary/*.csv`.

Each row carries a confidence: A was read in the source; everything else is stored as unverified,
and the pages say so. The crosswalk between schemes is a proposal of this project.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import ROOT
from models import (
    Crosswalk,
    Region,
    RegionSuccession,
    Scheme,
    SchemeKind,
    SchemeNode,
    SchemeVersion,
    Standing,
    University,
)

FOLDER = ROOT / "seed" / "vocabulary"
PRIMARY = "cq33"
Row = dict[str, str]

LAW = "《中华人民共和国促进科技成果转化法》（2015年修正）第十六条"
CONVERSION_MODES = (
    ("self_invest", "自行投资实施转化", "Implement with own investment"),
    ("transfer", "向他人转让", "Transfer to others"),
    ("license", "许可他人使用", "License to others"),
    ("joint", "以该科技成果作为合作条件，与他人共同实施转化", "Implement jointly with others"),
    ("equity", "以该科技成果作价投资，折算股份或者出资比例", "Contribute as equity"),
    ("other", "其他协商确定的方式", "Other agreed ways"),
)
CHAIN_NAMES_EN = {
    "集成电路": "Integrated circuits",
    "新型显示": "New displays",
    "软件": "Software",
    "智能终端": "Smart terminals",
    "燃油汽车": "Fuel vehicles",
    "摩托车": "Motorcycles",
    "通机装备": "General machinery",
    "纺织品": "Textiles",
    "个人护理美妆": "Personal care and cosmetics",
    "特色食品": "Speciality foods",
    "生物药品制品": "Biopharmaceuticals",
    "先进传感器及智能仪器仪表": "Advanced sensors and instruments",
    "新型电子元器件": "Electronic components",
    "网络安全": "Cyber security",
    "新能源汽车": "New-energy vehicles",
    "智能网联汽车": "Connected vehicles",
    "动力电池": "Traction batteries",
    "氢燃料电池": "Hydrogen fuel cells",
    "汽车电子": "Automotive electronics",
    "中高端数控机床": "CNC machine tools",
    "工业机器人": "Industrial robots",
    "增材制造装备": "Additive manufacturing",
    "城市轨道交通车辆": "Urban rail vehicles",
    "新能源装备": "New-energy equipment",
    "先进有色合金": "Advanced non-ferrous alloys",
    "合成材料（聚酰胺、聚氨酯）": "Synthetic materials (PA, PU)",
    "玻璃纤维及复合材料": "Glass fibre and composites",
    "化学药原料药及制剂": "Chemical drugs",
    "现代中药": "Modern Chinese medicine",
    "医疗器械": "Medical devices",
    "节能环保（绿色环保产业）": "Energy saving and environment",
}


def load_reference(session: Session, folder: Path = FOLDER) -> None:
    """Load every scheme, region and university that is not there yet; safe to run again."""
    _load_regions(session, folder)
    _load_universities(session, folder)
    if session.get(Scheme, PRIMARY) is None:
        _load_chains(session, folder)
        _load_33618(session, folder)
        _load_schemes(session, folder)
        _load_sectors(session, folder)
        _load_disciplines(session, folder)
        _load_patent_sections(session, folder)
        _load_readiness(session, folder)
        _load_conversion(session)
        _load_crosswalk(session, folder)
    session.flush()
    _name_in_english(session, folder)


def _name_in_english(session: Session, folder: Path) -> None:
    """Give English names where there are some and none stands yet; Chinese stays the name."""
    for row in _rows(folder, "english_names"):
        if row["scheme"] == "region":
            found: Region | SchemeNode | None = session.get(Region, row["code"])
        else:
            found = session.scalar(
                select(SchemeNode)
                .join(SchemeVersion, SchemeVersion.id == SchemeNode.version_id)
                .where(
                    SchemeVersion.scheme_code == row["scheme"],
                    SchemeVersion.current,
                    SchemeNode.code == row["code"],
                )
            )
        if found is not None and not found.name_en:
            found.name_en = row["name_en"]
    session.flush()


def standing(confidence: str) -> Standing:
    """Only what was read in the source (A) counts as official."""
    return Standing.OFFICIAL if confidence.strip() == "A" else Standing.UNVERIFIED


def _rows(folder: Path, name: str) -> Iterable[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _load_regions(session: Session, folder: Path) -> None:
    known = set(session.scalars(select(Region.code)))
    rows = [row for row in _rows(folder, "regions_cq_sc") if row["code"] not in known]
    for row in sorted(
        rows, key=lambda row: ("province", "prefecture", "county").index(row["level"])
    ):
        session.add(
            Region(
                code=row["code"],
                name=row["name"],
                level=row["level"],
                parent_code=row["parent_code"] or None,
                valid_from=_date(row["valid_from"]),
                valid_to=_date(row["valid_to"]),
                circle_scope=row["circle_scope"],
                note=row["note"],
            )
        )
    session.flush()
    for row in rows:
        successors = {code for code in (row["successor_code"],) if code}
        if row["code"] == "500112":  # five of its towns went to 北碚, as its note says
            successors.add("500109")
        for successor in sorted(successors):
            session.add(RegionSuccession(predecessor_code=row["code"], successor_code=successor))


def _load_universities(session: Session, folder: Path) -> None:
    known = set(session.scalars(select(University.name)))
    for row in _rows(folder, "universities_cq_sc"):
        if row["name"] in known:
            continue
        known.add(row["name"])
        session.add(
            University(
                name=row["name"],
                former_name=row["former_name"],
                moe_code=row["moe_code"] or None,
                department=row["department"],
                city=row["city"],
                level=row["level"],
                status=standing(row["confidence"]),
                note=" ".join(filter(None, (row["ownership_note"], row["note"]))),
            )
        )


def _scheme(
    session: Session,
    code: str,
    name: str,
    name_en: str,
    *,
    kind: SchemeKind = SchemeKind.INDUSTRY,
    label: str,
    status: Standing,
    source: str = "",
    note: str = "",
    ordinal: int = 0,
) -> SchemeVersion:
    scheme = Scheme(
        code=code,
        name=name,
        name_en=name_en,
        kind=kind,
        ordinal=ordinal,
        is_primary=code == PRIMARY,
        note=note,
    )
    version = SchemeVersion(scheme=scheme, label=label, status=status, source=source)
    session.add_all([scheme, version])
    session.flush()
    return version


def _node(
    session: Session,
    version: SchemeVersion,
    code: str,
    name: str,
    *,
    level: str,
    status: Standing,
    parent: SchemeNode | None = None,
    **values: str | int | bool,
) -> SchemeNode:
    node = SchemeNode(
        version_id=version.id,
        parent_id=parent.id if parent else None,
        code=code,
        name=name,
        level=level,
        status=status,
        **values,
    )
    session.add(node)
    session.flush()
    return node


def _load_chains(session: Session, folder: Path) -> None:
    version = _scheme(
        session, PRIMARY, "重庆市33条重点产业链", "Chongqing's 33 key industry chains",
        label="2021", status=Standing.UNVERIFIED, ordinal=1,
        source="市经济信息委、市科技局 2021年8月10日公布；官方名单全文尚未取得",
        note="已核实其中11条；另20个为“十四五”规划方向，不是链名，标为“名称待核”。"
             "取得官方名单后由管理员导入。",
    )  # fmt: skip
    groups: dict[str, SchemeNode] = {}
    for number, row in enumerate(_rows(folder, "cq_33chains_partial")):
        group = groups.get(row["group"])
        if group is None:
            group = groups[row["group"]] = _node(
                session, version, row["group"], row["group"], level="group", assignable=False,
                status=Standing.UNVERIFIED, ordinal=len(groups),
            )  # fmt: skip
        _node(
            session, version, row["name"], row["name"], level="chain", parent=group,
            status=standing(row["confidence"]), confidence=row["confidence"], ordinal=number,
            name_en=CHAIN_NAMES_EN.get(row["name"], ""), source=row["source"][:500],
            note=row["note"],
        )  # fmt: skip


def _load_33618(session: Session, folder: Path) -> None:
    version = _scheme(
        session, "cq33618", "重庆“33618”现代制造业集群体系", "Chongqing's 33618 clusters",
        label="2023", status=Standing.UNVERIFIED, ordinal=2,
    )  # fmt: skip
    tiers: dict[str, SchemeNode] = {}
    for number, row in enumerate(_rows(folder, "cq_33618")):
        tier = tiers.get(row["tier"])
        if tier is None:
            tier = tiers[row["tier"]] = _node(
                session, version, row["tier"], row["tier"], level="group", assignable=False,
                status=Standing.UNVERIFIED, ordinal=len(tiers),
            )  # fmt: skip
        _node(
            session, version, row["name"], row["name"], level="chain", parent=tier,
            status=standing(row["confidence"]), confidence=row["confidence"],
            source=row["source"][:500], ordinal=number,
        )  # fmt: skip


def _load_schemes(session: Session, folder: Path) -> None:
    versions: dict[str, SchemeVersion] = {}
    for number, row in enumerate(_rows(folder, "industry_schemes")):
        code = row["scheme_id"]
        if code not in versions:
            versions[code] = _scheme(
                session, code, row["scheme"], "", label="1", status=standing(row["confidence"]),
                source=row["source"][:500], ordinal=3 + len(versions),
            )  # fmt: skip
        _node(
            session, versions[code], row["name"], row["name"].lstrip("0123456789 "),
            level="chain", status=standing(row["confidence"]), confidence=row["confidence"],
            source=row["source"][:500], ordinal=number,
        )  # fmt: skip


def _load_sectors(session: Session, folder: Path) -> None:
    version = _scheme(
        session, "gbt4754", "国民经济行业分类（门类、大类）", "Industrial classification",
        kind=SchemeKind.SECTOR, label="GB/T 4754-2017", status=Standing.OFFICIAL, ordinal=20,
    )  # fmt: skip
    rows = sorted(_rows(folder, "gbt4754_2017_sections_divisions"), key=lambda row: row["code"])
    sections: dict[str, SchemeNode] = {}
    for number, row in enumerate(rows):
        is_section = row["level"] == "1"
        node = _node(
            session, version, row["code"], row["name"], assignable=not is_section,
            level="section" if is_section else "division", status=Standing.OFFICIAL,
            parent=None if is_section else sections[row["parent"]], confidence="A", ordinal=number,
        )  # fmt: skip
        if is_section:
            sections[row["code"]] = node


def _load_disciplines(session: Session, folder: Path) -> None:
    version = _scheme(
        session, "gbt13745", "学科分类与代码（一级学科）", "Disciplines", label="GB/T 13745-2009",
        kind=SchemeKind.DISCIPLINE, status=Standing.OFFICIAL, ordinal=21,
    )  # fmt: skip
    for number, row in enumerate(_rows(folder, "gbt13745_2009_level1")):
        _node(
            session, version, row["code"], row["name"], level="discipline", ordinal=number,
            status=standing(row["confidence"]), confidence=row["confidence"], note=row["category"],
        )  # fmt: skip


def _load_patent_sections(session: Session, folder: Path) -> None:
    version = _scheme(
        session, "ipc", "国际专利分类（部）", "International Patent Classification", label="IPC",
        kind=SchemeKind.PATENT, status=Standing.UNVERIFIED, ordinal=22,
    )  # fmt: skip
    for number, row in enumerate(_rows(folder, "ipc_sections")):
        _node(
            session, version, row["section"], row["name_zh"], level="section", ordinal=number,
            status=standing(row["confidence"]), confidence=row["confidence"][:1],
        )  # fmt: skip


def _load_readiness(session: Session, folder: Path) -> None:
    version = _scheme(
        session, "trl", "技术成熟度（TRL 1–9）", "Technology readiness levels", label="1",
        kind=SchemeKind.READINESS, status=Standing.UNVERIFIED, ordinal=23,
        note="1–4 级描述已读到出处；5–9 级描述与登记阶段的对应待核。",
    )  # fmt: skip
    for row in _rows(folder, "trl_levels"):
        confidence = row["descriptor_confidence"]
        _node(
            session, version, row["level"], row["descriptor"], level="level",
            status=standing(confidence), confidence=confidence, ordinal=int(row["level"]),
            source=row["descriptor_source"][:500],
            note=row["proposed_registration_stage"],
        )  # fmt: skip


def _load_conversion(session: Session) -> None:
    version = _scheme(
        session, "conversion", "科技成果转化方式", "Ways of conversion", label="2015",
        kind=SchemeKind.CONVERSION, status=Standing.OFFICIAL, ordinal=24, source=LAW,
    )  # fmt: skip
    for number, (code, name, name_en) in enumerate(CONVERSION_MODES):
        _node(
            session, version, code, name, level="mode", status=Standing.OFFICIAL,
            confidence="A", source=LAW, ordinal=number, name_en=name_en,
        )  # fmt: skip


def _load_crosswalk(session: Session, folder: Path) -> None:
    by_name = {
        (node.version.scheme_code, node.name): node for node in session.scalars(select(SchemeNode))
    }
    by_code = {
        (node.version.scheme_code, node.code): node for node in session.scalars(select(SchemeNode))
    }
    for row in _rows(folder, "crosswalk_proposed"):
        origin = by_name[PRIMARY, row["cq33_name"]]
        goals = {
            node.id: node
            for scheme in ("cq33618", "sc_six", "sei2018")
            if (node := by_name.get((scheme, row[scheme]))) is not None
        }
        for code in filter(None, row["gbt4754"].split("|")):
            division = by_code.get(("gbt4754", code[:3]))
            if division is not None:
                goals[division.id] = division
        for goal in goals.values():
            session.add(
                Crosswalk(
                    from_id=origin.id, to_id=goal.id, status=Standing.PROPOSED,
                    source="本平台提出的对应关系",
                )
            )  # fmt: skip
