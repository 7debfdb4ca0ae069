"""The bar: what a reader may open stands under few headings, and the place that is open is marked."""

import pytest
from django.test import Client, override_settings

from sizao.doors import policy
from sizao.doors.kit import bar
from sizao.kernel.codes import roles


class Able:
    """A scope that may do what it was told."""

    def __init__(self, *rights):
        self.rights = rights

    def can(self, right):
        return right in self.rights


def test_a_place_leads_to_a_page_and_asks_at_least_what_the_page_asks():
    routes = {r.name: r for r in policy.ROUTES}
    for place in policy.PLACES:
        route = routes[place.route]
        assert "<" not in route.address and "GET" in route.methods
        for role, told in roles().items():
            if place.right in told["permissions"]:
                needed = {route.permission, *route.also}
                assert needed <= set(told["permissions"]) | {None}, f"{role} sees {place.route} in the bar and is refused there"


def test_every_place_stands_under_a_heading_once():
    assert {p.group for p in policy.PLACES} <= set(bar.GROUPS)
    assert len({p.route for p in policy.PLACES}) == len(policy.PLACES)


@pytest.mark.parametrize(
    ("section", "marked"),
    [("overview", "overview"), ("measure", "overview"), ("stream", "signals"), ("record", "registers"), ("register-import", "registers"), ("import-row", "import"), ("orders-watch", "orders-watch"), ("order-new", "isolation")],
)
def test_the_open_place_is_marked_on_the_pages_that_belong_to_it(section, marked):
    everything = Able(*{p.right for p in policy.PLACES})
    assert [e.route for h in bar.shown(everything, section) for e in h.entries if e.here] == [marked]


def test_a_heading_without_a_place_is_left_out():
    assert [h.key for h in bar.shown(Able("gate.write"), "gate")] == ["field"]


def test_a_closed_door_says_so_and_the_front_page_leads_to_the_open_one():
    patterns = {p.name: p for p in policy.urlpatterns(["public"])}
    with override_settings(ROOT_URLCONF=type("Urls", (), {"urlpatterns": list(patterns.values()), "handler404": "sizao.doors.kit.middleware.not_found"})):
        assert Client().get("/").headers["Location"] == policy.DOORS["public"]
        assert Client().get("/registers").status_code == 404
        assert Client().get("/api/v1/openapi.json").status_code == 404


def test_a_door_that_is_not_one_is_refused():
    from sizao.kernel.errors import Refused

    for asked in (["pubic"], []):
        with pytest.raises(Refused) as refused:
            policy.urlpatterns(asked)
        assert refused.value.code == "door-unknown"
