"""Tables, one file per thing. Import from here: `from models import Match`."""

from __future__ import annotations

from .achievement import (
    Achievement,
    AchievementCategory,
    AchievementForm,
    AchievementLevel,
    AchievementStage,
    Attribute,
    Evaluation,
    Ownership,
    Pilot,
    PriceKind,
    PropertyKind,
    PropertyRight,
    PropertyStatus,
)
from .activity import (
    Activity,
)
from .base import (
    Model,
    UtcDateTime,
)
from .job import (
    Job,
    JobStatus,
)
from .match import NEXT_STATUSES as NEXT_MATCH_STATUSES
from .match import (
    Match,
    MatchNote,
    MatchStatus,
    RejectReason,
)
from .message import (
    Mail,
    Notification,
)
from .need import (
    Need,
    NeedKind,
    PropertyWish,
)
from .organisation import (
    EnterpriseSize,
    Organisation,
    OrganisationKind,
    Qualification,
    Verification,
)
from .posting import (
    ACHIEVEMENT_MODES,
    NEED_MODES,
    SUMMARY_LIMIT,
    TEXT_LIMIT,
    TITLE_LIMIT,
    Attachment,
    Comparator,
    FormDraft,
    Indicator,
    Mode,
    NameVisibility,
    Posting,
    PostingKind,
    PostingMode,
    PostingNode,
    PostingStatus,
    Revision,
    Visibility,
)
from .posting import NEXT_STATUSES as NEXT_POSTING_STATUSES
from .user import (
    LoginSession,
    Membership,
    Role,
    User,
)
from .vocabulary import (
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

__all__ = [
    "ACHIEVEMENT_MODES",
    "NEED_MODES",
    "NEXT_MATCH_STATUSES",
    "NEXT_POSTING_STATUSES",
    "SUMMARY_LIMIT",
    "TEXT_LIMIT",
    "TITLE_LIMIT",
    "Achievement",
    "AchievementCategory",
    "AchievementForm",
    "AchievementLevel",
    "AchievementStage",
    "Activity",
    "Attachment",
    "Attribute",
    "Comparator",
    "Crosswalk",
    "EnterpriseSize",
    "Evaluation",
    "FormDraft",
    "Indicator",
    "Job",
    "JobStatus",
    "LoginSession",
    "Mail",
    "Match",
    "MatchNote",
    "MatchStatus",
    "Membership",
    "Mode",
    "Model",
    "NameVisibility",
    "Need",
    "NeedKind",
    "Notification",
    "Organisation",
    "OrganisationKind",
    "Ownership",
    "Pilot",
    "Posting",
    "PostingKind",
    "PostingMode",
    "PostingNode",
    "PostingStatus",
    "PriceKind",
    "PropertyKind",
    "PropertyRight",
    "PropertyStatus",
    "PropertyWish",
    "Qualification",
    "Region",
    "RegionSuccession",
    "RejectReason",
    "Revision",
    "Role",
    "Scheme",
    "SchemeKind",
    "SchemeNode",
    "SchemeVersion",
    "Standing",
    "University",
    "User",
    "UtcDateTime",
    "Verification",
    "Visibility",
]
