"""The area of a post that is given: by name, by what was picked from the list, by its code; and what is told when a name is that of several."""

from datetime import timedelta

import pytest
from django.test import Client

from sizao.doors.kit import signin
from sizao.kernel import clock, organisation
from sizao.kernel.models import Area, Holding
from sizao.kernel.scope import Scope

pytestmark = pytest.mark.django_db
VILLAGE = "990001101201"


@pytest.fixture
def keeper(county):
    """Who keeps the accounts of township 1 and below, at his browser; `.give(text)` gives a newcomer a post there."""
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = "zh-hans"
    browser.post(signin.make_link(county.user("accounts", "990001101").user))
    them = organisation.add_user(Scope.system("test"), "newcomer", "新人")
    organisation.grant_post(Scope.system("test"), them, "grid_worker", county.areas[VILLAGE], since=clock.now() - timedelta(days=1))
    browser.give = lambda text: browser.post(f"/users/{them.pk}/grant", {"role": "community", "area": text})
    browser.held = lambda: sorted(Holding.objects.filter(user=them, post__role="community").values_list("post__area__code", flat=True))
    return browser


@pytest.mark.parametrize("text", [VILLAGE, f"{VILLAGE} · 前进村", "{name}"])
def test_an_area_is_named_by_its_code_by_what_was_picked_or_by_a_name_that_one_has(keeper, county, text):
    assert keeper.give(text.format(name=county.areas[VILLAGE].name_zh)).status_code == 302
    assert keeper.held() == [VILLAGE]


def test_a_name_of_several_is_refused_with_those_it_may_mean_and_of_none_with_what_is_wanted(keeper):
    Area.objects.filter(code__in=(VILLAGE, "990001101202")).update(name_zh="柳树村")
    answer = keeper.give("柳树村")
    assert answer.status_code == 422 and f"{VILLAGE} · 柳树村; 990001101202 · 柳树村" in answer.content.decode() and keeper.held() == []
    assert "辖区名称或代码" in keeper.give("无此地").content.decode()


def test_the_list_offers_only_where_one_may_give_a_post(keeper, county):
    def offered(query):
        answer = keeper.get(f"/areas/pick?{query}")
        assert answer.status_code == 200
        return {code for code in county.areas if f'data-picked="{code}"' in answer.content.decode()}

    assert offered("may=users.write&q=990001") and all(code.startswith("990001101") for code in offered("may=users.write&q=990001"))
    assert "990001102" in offered("q=990001") and offered("may=users.write&q=") == set()
    assert Client(HTTP_HOST="localhost").get("/areas/pick?q=990001").status_code in (302, 401, 403)
