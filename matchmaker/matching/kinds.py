"""Words for what people do with pairs by hand."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

ACTIVITY: dict[str, Any] = {
    "match.picked": _l("手动选取，放到审核台：%(need)s ↔ %(achievement)s"),
    "match.taken_back": _l("取回手动选取的一对：%(need)s ↔ %(achievement)s"),
    "need.learning_on": _l("让以往的决定影响推荐：%(title)s"),
    "need.learning_off": _l("不让以往的决定影响推荐：%(title)s"),
}
