"""The words for every code in the database, in the reader's language."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from models import (
    AchievementCategory,
    AchievementForm,
    AchievementLevel,
    AchievementStage,
    AttachmentKind,
    Attribute,
    Comparator,
    EnterpriseSize,
    Evaluation,
    EventStatus,
    ExclusionReason,
    JobStatus,
    MatchStatus,
    MeetingStatus,
    Membership,
    Mode,
    NameVisibility,
    NeedKind,
    NextStep,
    OrganisationKind,
    Ownership,
    Pilot,
    PostingKind,
    PostingStatus,
    PriceKind,
    PropertyKind,
    PropertyStatus,
    PropertyWish,
    Qualification,
    RejectReason,
    Role,
    SchemeKind,
    Side,
    Standing,
    TeamStatus,
    TimetableStatus,
    UnscheduledReason,
    Verification,
    Visibility,
    WishChoice,
)

LABELS: dict[type[StrEnum], dict[StrEnum, Any]] = {
    Role: {
        Role.RESEARCHER: _l("科研人员"),
        Role.ENTERPRISE: _l("企业"),
        Role.TRANSFER_MANAGER: _l("技术经理人"),
        Role.ORGANISER: _l("组织方"),
        Role.ADMINISTRATOR: _l("系统管理员"),
    },
    OrganisationKind: {
        OrganisationKind.UNIVERSITY: _l("高等院校"),
        OrganisationKind.INSTITUTE: _l("科研院所"),
        OrganisationKind.ENTERPRISE: _l("企业"),
        OrganisationKind.AGENCY: _l("技术转移服务机构"),
        OrganisationKind.GOVERNMENT: _l("政府部门"),
    },
    Verification: {
        Verification.PENDING: _l("待核验"),
        Verification.VERIFIED: _l("已核验"),
        Verification.REFUSED: _l("未通过"),
    },
    Membership: {
        Membership.PENDING: _l("待确认"),
        Membership.CONFIRMED: _l("已确认"),
        Membership.REFUSED: _l("未确认"),
    },
    EnterpriseSize: {
        EnterpriseSize.MICRO: _l("微型"),
        EnterpriseSize.SMALL: _l("小型"),
        EnterpriseSize.MEDIUM: _l("中型"),
        EnterpriseSize.LARGE: _l("大型"),
    },
    Qualification: {
        Qualification.HIGH_TECH: _l("高新技术企业"),
        Qualification.TECH_SME: _l("科技型中小企业"),
        Qualification.SPECIALISED: _l("专精特新企业"),
        Qualification.ABOVE_SCALE: _l("规模以上企业"),
        Qualification.CHAIN_LEADER: _l("链主企业"),
    },
    PostingKind: {
        PostingKind.ACHIEVEMENT: _l("成果"),
        PostingKind.NEED: _l("需求"),
    },
    PostingStatus: {
        PostingStatus.DRAFT: _l("草稿"),
        PostingStatus.SUBMITTED: _l("待审核"),
        PostingStatus.PUBLISHED: _l("已发布"),
        PostingStatus.WITHDRAWN: _l("已撤回"),
        PostingStatus.ARCHIVED: _l("已归档"),
    },
    Visibility: {
        Visibility.LISTED: _l("公开"),
        Visibility.TARGETED: _l("不公开，由组织方定向推送"),
    },
    NameVisibility: {
        NameVisibility.EVERYONE: _l("所有人"),
        NameVisibility.AFTER_ACCEPTANCE: _l("接受对接以后"),
    },
    Mode: {
        Mode.LICENSE: _l("技术许可"),
        Mode.TRANSFER: _l("技术转让"),
        Mode.EQUITY: _l("作价投资"),
        Mode.JOINT: _l("合作开发"),
        Mode.SELF_INVEST: _l("自行投资"),
        Mode.OTHER: _l("其他方式"),
        Mode.COMMISSIONED: _l("委托开发"),
        Mode.CONSULTING: _l("技术咨询"),
        Mode.SERVICE: _l("技术服务"),
    },
    Comparator: {
        Comparator.GE: "≥",
        Comparator.LE: "≤",
        Comparator.GT: ">",
        Comparator.LT: "<",
        Comparator.EQ: "=",
        Comparator.RANGE: _l("介于"),
    },
    AchievementCategory: {
        AchievementCategory.APPLIED: _l("应用技术类"),
        AchievementCategory.BASIC: _l("基础理论类"),
        AchievementCategory.SOFT: _l("软科学类"),
    },
    Attribute: {
        Attribute.ORIGINAL: _l("原始性创新"),
        Attribute.IMPORTED: _l("国外引进、消化吸收创新"),
        Attribute.SECONDARY: _l("国内技术二次开发"),
    },
    AchievementForm: {
        AchievementForm.TECHNOLOGY: _l("新技术"),
        AchievementForm.PROCESS: _l("新工艺"),
        AchievementForm.PRODUCT: _l("新产品"),
        AchievementForm.MATERIAL: _l("新材料"),
        AchievementForm.EQUIPMENT: _l("新装备"),
        AchievementForm.SOFTWARE: _l("软件"),
        AchievementForm.STANDARD: _l("标准"),
        AchievementForm.PAPER: _l("论文"),
        AchievementForm.REPORT: _l("研究报告"),
        AchievementForm.OTHER: _l("其他形式"),
    },
    AchievementLevel: {
        AchievementLevel.NOT_EVALUATED: _l("未评价"),
        AchievementLevel.WORLD_LEADING: _l("国际领先"),
        AchievementLevel.WORLD_ADVANCED: _l("国际先进"),
        AchievementLevel.NATIONAL_LEADING: _l("国内领先"),
        AchievementLevel.NATIONAL_ADVANCED: _l("国内先进"),
    },
    AchievementStage: {
        AchievementStage.INITIAL: _l("初期阶段（实验室、小试等）"),
        AchievementStage.MIDDLE: _l("中期阶段（中试等）"),
        AchievementStage.MATURE: _l("成熟应用阶段（工业化生产、正式应用）"),
    },
    Evaluation: {
        Evaluation.APPRAISAL: _l("鉴定"),
        Evaluation.ACCEPTANCE: _l("验收"),
        Evaluation.MARKET_ACCESS: _l("行业准入"),
        Evaluation.ASSESSMENT: _l("评估"),
        Evaluation.PROPERTY_RIGHT: _l("知识产权授权"),
    },
    Ownership: {
        Ownership.ORGANISATION: _l("单位所有"),
        Ownership.JOINT: _l("多方共有"),
        Ownership.EMPOWERED: _l("已赋权给完成人"),
    },
    PriceKind: {
        PriceKind.NEGOTIABLE: _l("面议"),
        PriceKind.RANGE: _l("价格区间"),
        PriceKind.FIXED: _l("固定价格"),
    },
    AttachmentKind: {
        AttachmentKind.EVALUATION: _l("评价证明"),
        AttachmentKind.REPORT: _l("研制报告"),
        AttachmentKind.USER_PROOF: _l("用户证明"),
        AttachmentKind.OTHER: _l("其他材料"),
    },
    Pilot: {
        Pilot.NONE_NEEDED: _l("不需要中试"),
        Pilot.CONCEPT_PROOF: _l("需要概念验证"),
        Pilot.PILOT_NEEDED: _l("需要中试"),
        Pilot.PILOT_DONE: _l("已完成中试"),
    },
    PropertyKind: {
        PropertyKind.INVENTION_PATENT: _l("发明专利"),
        PropertyKind.UTILITY_MODEL: _l("实用新型"),
        PropertyKind.DESIGN_PATENT: _l("外观设计"),
        PropertyKind.SOFTWARE_COPYRIGHT: _l("计算机软件著作权"),
        PropertyKind.IC_LAYOUT: _l("集成电路布图设计"),
        PropertyKind.PLANT_VARIETY: _l("植物新品种"),
        PropertyKind.MEDICINE_VARIETY: _l("生物医药新品种"),
        PropertyKind.TRADE_SECRET: _l("技术秘密"),
        PropertyKind.OTHER: _l("其他权利"),
    },
    PropertyStatus: {
        PropertyStatus.APPLIED: _l("申请中"),
        PropertyStatus.GRANTED: _l("已授权"),
        PropertyStatus.REGISTERED: _l("已登记"),
        PropertyStatus.KEPT_SECRET: _l("保密持有"),
        PropertyStatus.EXPIRED: _l("已失效"),
    },
    NeedKind: {
        NeedKind.TECHNICAL_PROBLEM: _l("技术难题"),
        NeedKind.JOINT_RESEARCH: _l("联合攻关"),
        NeedKind.ADOPTION: _l("成果引进"),
        NeedKind.RETROFIT: _l("技术改造"),
        NeedKind.TESTING: _l("检验检测"),
        NeedKind.TALENT: _l("人才需求"),
    },
    PropertyWish: {
        PropertyWish.OURS: _l("归本企业"),
        PropertyWish.THEIRS: _l("归研发方"),
        PropertyWish.SHARED: _l("双方共有"),
        PropertyWish.NEGOTIABLE: _l("可以商量"),
    },
    MatchStatus: {
        MatchStatus.SUGGESTED: _l("待审"),
        MatchStatus.ACCEPTED: _l("已接受"),
        MatchStatus.REJECTED: lazy_pgettext("status", "不接受"),
        MatchStatus.DEFERRED: lazy_pgettext("status", "暂缓"),
    },
    RejectReason: {
        RejectReason.TOO_EARLY: _l("成熟度不足"),
        RejectReason.OTHER_PROBLEM: _l("解决的不是同一个问题"),
        RejectReason.NO_ADVANTAGE: _l("相比现有做法优势不明"),
        RejectReason.DESCRIPTION_UNCLEAR: _l("描述不清"),
        RejectReason.ROUTE_UNCLEAR: _l("产业化路径不明"),
        RejectReason.PRICE: _l("价格或预算相差太大"),
        RejectReason.RIGHTS_UNCLEAR: _l("产权不清"),
        RejectReason.HAS_SUPPLIER: _l("企业已有供应方"),
        RejectReason.REGION: _l("地域不便"),
        RejectReason.SCIENCE_DOUBTFUL: _l("技术依据存疑"),
        RejectReason.OTHER: _l("其他原因"),
    },
    JobStatus: {
        JobStatus.QUEUED: _l("排队中"),
        JobStatus.RUNNING: _l("进行中"),
        JobStatus.DONE: _l("已完成"),
        JobStatus.FAILED: _l("失败"),
        JobStatus.CANCELLED: _l("已取消"),
    },
    SchemeKind: {
        SchemeKind.INDUSTRY: _l("产业"),
        SchemeKind.SECTOR: _l("行业"),
        SchemeKind.DISCIPLINE: _l("学科"),
        SchemeKind.PATENT: _l("专利分类"),
        SchemeKind.READINESS: _l("技术成熟度"),
        SchemeKind.CONVERSION: _l("转化方式"),
    },
    Standing: {
        Standing.OFFICIAL: _l("已核实"),
        Standing.UNVERIFIED: _l("名称待核"),
        Standing.PROPOSED: _l("本平台建议"),
    },
    EventStatus: {
        EventStatus.DRAFT: _l("筹备中"),
        EventStatus.OPEN: _l("已公布"),
        EventStatus.CANCELLED: lazy_pgettext("event", "已取消"),
        EventStatus.CLOSED: _l("已结束"),
    },
    Side: {
        Side.NEED: _l("需求方"),
        Side.ACHIEVEMENT: _l("成果方"),
    },
    TeamStatus: {
        TeamStatus.PENDING: _l("等待确认"),
        TeamStatus.APPROVED: _l("已确认参会"),
        TeamStatus.WAITING: _l("候补"),
        TeamStatus.REFUSED: _l("未获确认"),
        TeamStatus.WITHDRAWN: _l("已退出"),
    },
    WishChoice: {
        WishChoice.MUST: _l("必须见"),
        WishChoice.MEET: _l("想见"),
        WishChoice.NO: _l("不见"),
    },
    ExclusionReason: {
        ExclusionReason.CONFLICT: _l("利益冲突，回避"),
        ExclusionReason.ORGANISER: _l("组织方排除"),
        ExclusionReason.MET_BEFORE: _l("以前见过"),
        ExclusionReason.SAME_ORGANISATION: _l("同一单位"),
    },
    TimetableStatus: {
        TimetableStatus.PLANNING: _l("正在排期"),
        TimetableStatus.DRAFT: _l("草案"),
        TimetableStatus.PUBLISHED: lazy_pgettext("timetable", "已发布"),
        TimetableStatus.SUPERSEDED: _l("已被新版代替"),
        TimetableStatus.DISCARDED: _l("已放弃"),
        TimetableStatus.FAILED: _l("没有排成"),
    },
    UnscheduledReason: {
        UnscheduledReason.EXCLUDED: _l("不安排见面"),
        UnscheduledReason.DECLINED: _l("已谢绝"),
        UnscheduledReason.NOT_ANSWERED: _l("未答复"),
        UnscheduledReason.NO_COMMON_SLOT: _l("没有共同空闲"),
        UnscheduledReason.A_FULL: _l("需求方已满"),
        UnscheduledReason.B_FULL: _l("成果方已满"),
        UnscheduledReason.TABLES_FULL: _l("没有空桌"),
        UnscheduledReason.LOWER_PRIORITY: _l("优先级较低"),
        UnscheduledReason.UNBOOKED: _l("人工取消安排"),
    },
    MeetingStatus: {
        MeetingStatus.PLANNED: _l("已安排"),
        MeetingStatus.RUNNING: _l("正在洽谈"),
        MeetingStatus.HELD: _l("谈过了"),
        MeetingStatus.MISSED: _l("没有见成"),
        MeetingStatus.CANCELLED: lazy_pgettext("meeting", "已取消"),
    },
    NextStep: {
        NextStep.SAMPLE: _l("寄样品"),
        NextStep.VISIT: _l("看现场"),
        NextStep.NDA: _l("签保密协议"),
        NextStep.QUOTE: _l("谈报价"),
        NextStep.DATA: _l("补数据"),
        NextStep.NONE: _l("先不联系"),
    },
}


JOBS: dict[str, Any] = {
    "matching.refresh": _l("为一条内容计算推荐"),
    "matching.refresh_all": _l("重新计算全部推荐"),
    "matching.learn": _l("让决定影响推荐"),
    "catalogue.keep_index": _l("把索引写进文件"),
    "review.announce": _l("通知双方对接已接受"),
    "quality.learn": _l("从决定中学习接受的可能性"),
    "catalogue.expire": _l("提醒和归档到期内容"),
    "mail.send": _l("寄送邮件"),
    "admin.import": _l("批量导入条目"),
    "admin.report_failures": _l("报告失败的任务"),
    "admin.clean_imports": _l("清理过期的导入文件"),
    "wishes.suggest": _l("为活动推荐洽谈"),
    "wishes.follow": _l("提醒和结束没有答复的意愿"),
    "timetables.plan": _l("排活动日程"),
    "floor.remind": _l("提醒填写洽谈反馈"),
    "paper.package": _l("制作活动的离线文件包"),
}


def job_words(kind: str) -> Any:
    """Return what a background job does; its name when it is not one of ours."""
    return JOBS.get(kind, kind)


def label(member: StrEnum | None) -> Any:
    """Return the words for a code; a dash when there is none."""
    return "—" if member is None else LABELS[type(member)][member]


def choices(kind: type[StrEnum], members: Any = None) -> list[tuple[str, Any]]:
    """Return (value, words) of an enum, in the order of its table here."""
    words = LABELS[kind]
    return [(member.value, words[member]) for member in (members or words)]
