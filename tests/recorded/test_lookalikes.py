"""Look-alike domains reach their bar on what Meta published, and leave the sites of a list of known ones alone."""

from __future__ import annotations

import pytest

from benchmarks.domains import gathered, holds, spoofs
from config.outlets import outlets
from core.urls import registrable_domain
from matchers.domains import Known, site
from tests.recorded import walks

DATA = walks.FOLDER.parents[1] / "data"

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.skipif(not DATA.is_dir(), reason="the published lists do not lie beside the project"),
]


def test_spoofs_that_hold_a_known_name_are_linked_to_it() -> None:
    table = outlets()
    known = Known(table.groups(), table.ordinary)
    names = {found.label.replace("-", "") for group in table.groups() for domain in group if (found := site(domain))}
    every = spoofs(DATA)
    assert len(every) == 199
    linked = {domain for domain in every if known.like(domain)}
    wanted = linked | {domain for domain in every if holds(domain, names, names - known.ordinary)}
    assert len(linked) >= 0.95 * len(wanted)
    assert len(wanted) >= 120
    assert "tagesspiegel.de" in {like.known for like in known.like("tagesspiegel.ltd")}


def test_sites_of_others_are_left_alone() -> None:
    table = outlets()
    known = Known(table.groups(), table.ordinary)
    domains = {registrable_domain(host) for host in gathered(DATA) if site(host)}
    assert len(domains) > 500
    assert (
        sum(bool(known.like(domain)) for domain in domains) <= 5
    )  # a few thousand hosts are too few for the bar itself
