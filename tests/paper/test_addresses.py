"""What QR codes say where the pages of the day are not there."""

from __future__ import annotations

from flask import Flask

from matchmaker.paper.addresses import Addresses


def test_without_the_application_a_code_is_the_bare_code(addresses: Addresses) -> None:
    assert addresses.arrive(7, "code0001") == "code0001"
    assert addresses.wall(7) == "http://localhost/events/7"


def test_a_page_that_is_not_there_is_not_pointed_to(addresses: Addresses) -> None:
    with Flask("empty").app_context():
        assert addresses.arrive(7, "code0001") == "code0001"
