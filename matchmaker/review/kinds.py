"""Words for what the engine finds and for what people did."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from matchmaker.engine import Finding
from matchmaker.i18n import wan
from matchmaker.labels import label
from models import Activity, Mode

FINDINGS: dict[str, Any] = {
    "same_chain": _l("同一产业链：%(chain)s"),
    "near_chain": _l("产业链相近"),
    "corresponding_chain": _l("产业链在不同分类之间相对应（对应关系由本平台提出，待核）"),
    "other_chain": _l("产业链不同"),
    "trl_reached": _l("成熟度 TRL %(reached)s，需求至少 %(wanted)s"),
    "trl_short": _l("成熟度 TRL %(reached)s，低于需求的 %(wanted)s，还差 %(gap)s 级"),
    "same_mode": _l("双方都接受%(mode)s"),
    "mode_compatible": _l("合作方式可以衔接"),
    "mode_conflict": _l("双方想要的合作方式不一致"),
    "same_region": _l("在同一区县"),
    "same_province": _l("在同一省市"),
    "cross_province": _l("渝、川跨省"),
    "price_within_budget": _l("报价 %(price)s 万元，在预算 %(budget)s 万元以内"),
    "price_over_budget": _l("报价 %(from)s–%(to)s 万元，高于预算 %(budget)s 万元"),
    "price_above_budget": _l("报价 %(from)s 万元，高于预算 %(budget)s 万元"),
    "price_partly_over_budget": _l("报价 %(from)s–%(to)s 万元，一部分高于预算 %(budget)s 万元"),
    "time_enough": _l(
        "时间够：还差 %(gap)s 级，按每级约 %(per_level)s 个月估算需要 %(needed)s 个月，从发布到期限有 %(given)s 个月"
    ),
    "time_short": _l(
        "时间不够：还差 %(gap)s 级，按每级约 %(per_level)s 个月估算需要 %(needed)s 个月，从发布到期限只有 %(given)s 个月"
    ),
    "targets_reached": _l("可以对照的 %(known)s 项指标中达到 %(met)s 项"),
    "no_indicators": _l("%(side)s没有写量化指标"),
    "no_chain": _l("%(side)s没有选产业链"),
    "no_trl": _l("%(side)s没有写成熟度"),
    "no_mode": _l("%(side)s没有写合作方式"),
    "no_budget": _l("%(side)s没有写预算"),
    "no_price": _l("%(side)s没有给出价格"),
    "no_deadline": _l("%(side)s没有写期限"),
}
SIDES = {"need": _l("需求"), "achievement": _l("成果")}
SIGNALS: dict[str, Any] = {
    "title": _l("名称"),
    "body": _l("正文"),
    "meaning": _l("语义"),
    "chain": _l("产业链"),
    "trl": _l("成熟度"),
    "mode": _l("合作方式"),
    "region": _l("地区"),
    "budget": _l("预算"),
    "deadline": _l("期限"),
    "indicators": _l("指标"),
}
ACTIVITY: dict[str, Any] = {
    "posting.drafted": _l("写了草稿“%(title)s”"),
    "posting.submitted": _l("提交了“%(title)s”"),
    "posting.published": _l("发布了“%(title)s”"),
    "posting.edited": _l("修改了“%(title)s”"),
    "posting.returned": _l("退回了“%(title)s”"),
    "posting.withdrawn": _l("撤回了“%(title)s”"),
    "posting.archived": _l("归档了“%(title)s”"),
    "posting.renewed": _l("给“%(title)s”续期"),
    "posting.attached": _l("给“%(title)s”上传了附件 %(file)s"),
    "posting.detached": _l("删除了“%(title)s”的附件 %(file)s"),
    "match.accepted": _l("接受对接：%(need)s ↔ %(achievement)s"),
    "match.rejected": _l("不接受对接：%(need)s ↔ %(achievement)s"),
    "match.deferred": _l("暂缓对接：%(need)s ↔ %(achievement)s"),
    "match.reopened": _l("撤销决定：%(need)s ↔ %(achievement)s"),
    "match.noted": _l("写了备注：%(need)s ↔ %(achievement)s"),
    "organisation.registered": _l("登记了单位 %(name)s"),
    "organisation.edited": _l("修改了单位资料 %(name)s"),
    "organisation.verified": _l("核验通过 %(name)s"),
    "organisation.refused": _l("核验未通过 %(name)s"),
    "user.joined": _l("%(name)s 申请加入单位"),
    "user.password_changed": _l("修改了密码"),
    "user.email_changed": _l("修改了登录邮箱"),
    "user.opened": _l("启用了账号 %(name)s"),
    "user.closed": _l("停用了账号 %(name)s"),
    "membership.confirmed": _l("确认了 %(name)s 的身份"),
    "membership.refused": _l("没有确认 %(name)s 的身份"),
    "vocabulary.imported": _l("导入了官方名单"),
}


def words_of(finding: Finding, chain_names: dict[str, str]) -> str:
    """Word a finding of the engine."""
    values: dict[str, Any] = dict(finding.values)
    if "chain" in values:
        values["chain"] = chain_names.get(str(values["chain"]), "")
    if "mode" in values:
        values["mode"] = label(Mode(values["mode"]))
    if "side" in values:
        values["side"] = SIDES[values["side"]]
    for name in ("price", "from", "to", "budget"):
        if name in values:
            values[name] = wan(int(values[name]))
    code = finding.code
    if code == "price_over_budget" and values["from"] == values["to"]:
        code = "price_above_budget"
    return str(FINDINGS[code]) % values


def sentence(line: Activity) -> str:
    """Word a line of history."""
    template = ACTIVITY.get(line.action)
    if template is None:
        return line.action
    try:
        return str(template) % line.values
    except KeyError:
        return str(template)


def actor_name(line: Activity) -> str:
    """Who did it."""
    return line.actor.name if line.actor else _("系统")
