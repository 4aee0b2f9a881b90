"""The blueprint of the catalogue, and what its views share."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from matchmaker.catalogue.forms import form_data
from matchmaker.catalogue.meter import Meter, meter
from models import Posting, PostingKind

bp = Blueprint("catalogue", __name__)
Answer = str | Response | tuple[str, int]
KINDS = {"achievements": PostingKind.ACHIEVEMENT, "needs": PostingKind.NEED}


def meter_of(posting: Posting) -> Meter:
    """Judge a stored posting as its form does."""
    data = form_data(posting)
    return meter(posting.kind.value, {**data, "nodes": posting.chains})
