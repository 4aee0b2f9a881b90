"""What people type about themselves and their organisations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from matchmaker import validators
from matchmaker.forms import Check, Choice, Choices, Form, LongText, Password, Text
from matchmaker.labels import choices
from models import EnterpriseSize, OrganisationKind, Qualification, Role

SIGN_UP_ROLES = (Role.RESEARCHER, Role.ENTERPRISE, Role.TRANSFER_MANAGER, Role.ORGANISER)


class SignInForm(Form):
    email = Text(_l("邮箱"), limit=254)
    password = Password(_l("密码"), limit=200)
    remember = Check(_l("在这台电脑上保持登录"))


class OrganisationFields(Form):
    """What is asked about an organisation, at sign-up and later."""

    uscc = Text(
        _l("统一社会信用代码"), limit=30, optional=True, check=validators.parse_uscc,
        help=_l("18 位。企业和服务机构必填。"),
    )  # fmt: skip
    region_code = Choice(_l("所在地区"), optional=True)
    sector_code = Choice(_l("所属行业"), optional=True)
    size = Choice(
        _l("企业规模"), optional=True, kind=EnterpriseSize, choices=choices(EnterpriseSize)
    )
    qualifications = Choices(
        _l("企业资质"), optional=True, kind=Qualification, choices=choices(Qualification)
    )


class SignUpForm(OrganisationFields):
    role = Choice(_l("您的角色"), kind=Role, choices=choices(Role, SIGN_UP_ROLES))
    name = Text(_l("姓名"), limit=60)
    email = Text(_l("邮箱"), limit=254, help=_l("用来登录和接收通知。"))
    password = Password(_l("密码"), limit=200, help=_l("至少 10 个字符，一句话就很好记。"))
    phone = Text(
        _l("电话"), limit=30, optional=True, check=validators.parse_phone,
        help=_l("只给组织方和接受对接的对方看。"),
    )  # fmt: skip
    position = Text(_l("职务"), limit=60, optional=True)
    organisation = Text(
        _l("单位名称"),
        limit=120,
        help=_l("与营业执照或事业单位证书一致；已登记的单位可以直接选。"),
    )
    kind = Choice(
        _l("单位类型"), optional=True, kind=OrganisationKind, choices=choices(OrganisationKind)
    )


class OrganisationForm(OrganisationFields):
    name = Text(_l("单位名称"), limit=120, help=_l("修改名称或代码以后，需要重新核验。"))
    region_code = Choice(_l("所在地区"))
    name_en = Text(_l("英文名称"), limit=200, optional=True)
    website = Text(_l("网站"), limit=200, optional=True, example="https://example.org")
    introduction = LongText(_l("单位简介"), limit=2000, optional=True)


class ProfileForm(Form):
    name = Text(_l("姓名"), limit=60)
    position = Text(_l("职务"), limit=60, optional=True)
    department = Text(_l("部门"), limit=120, optional=True)
    phone = Text(_l("电话"), limit=30, optional=True, check=validators.parse_phone)
    locale = Choice(_l("语言"), choices=[("zh", "中文"), ("en", "English")])
    single_keys = Check(_l("在审核页使用单键快捷键（J、K、A、R、D）"))


class PasswordForm(Form):
    current = Password(_l("现在的密码"), limit=200)
    password = Password(_l("新密码"), limit=200, help=_l("至少 10 个字符，一句话就很好记。"))


class ResetForm(Form):
    password = Password(_l("新密码"), limit=200, help=_l("至少 10 个字符，一句话就很好记。"))


class AskResetForm(Form):
    email = Text(_l("邮箱"), limit=254)


class EmailForm(Form):
    email = Text(_l("新邮箱"), limit=254)


class AgainForm(Form):
    password = Password(_l("密码"), limit=200)


class ReasonForm(Form):
    reason = LongText(_l("原因"), limit=500, rows=3)
