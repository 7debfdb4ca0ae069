"""Who is served first, on the measure's page: each tier with who counts, who is served, the share, and who waits."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from django.test import Client

from sizao.doors.kit import signin
from sizao.kernel import clock, content
from sizao.kernel.models import ContentItem, Enactment, User
from sizao.kernel.outcome import Command
from sizao.plan import read, run
from sizao.plan.acts import acts_of
from sizao.plan.tiers import Tier
from sizao.registers.resources import actions

pytestmark = pytest.mark.django_db
HEAD = "kind: stock, source: [{text: '1', quote: x}], by: supplies @ area, for: need, should: scarce"
TEXT = f"""
edition: tiered
title: {{zh: 先后, en: In order}}
measures:
  served: {{{HEAD}, title: {{zh: 按优先级到货, en: Served by tier}}, when: {{before: needed_by}}, done: {{have: arrived, need: amount, unit: item}}}}
"""
NOW = datetime(2020, 6, 18, 13, tzinfo=UTC)
EARLY, SOON = NOW - timedelta(days=2), NOW + timedelta(days=2)
#: (tier, needed by, asked, arrived): of the first tier one is served, one is half served and waits, one is not due yet; of the second none is served.
NEEDS = [(1, EARLY, 10, 10), (1, EARLY, 10, 5), (1, SOON, 10, 0), (2, EARLY, 8, 0), (2, SOON, 8, 8), (None, EARLY, 4, 4)]


@pytest.fixture
def town(county, system):
    first, second = (User.objects.create_user(name) for name in ("one", "two"))
    item = ContentItem.objects.create(kind="plan", item_id="tiered", sha256=sha256(TEXT.encode()).hexdigest(), body={}, text=TEXT)
    since = NOW - timedelta(days=60)
    Enactment.objects.create(item=item, area=county.root, disease="covid-19", starts_at=since, proposed_by=first, seconded_by=second, decided_at=since)
    content.keep(acts_of(TEXT), county.root, since, "test")
    told = {"area": county.areas["990001101"].pk, "kind": "goods", "item": "mask_n95", "scarce": True, "raised_at": NOW - timedelta(days=9)}
    commands = [
        Command(
            told={**told, "tier": tier, "needed_by": due, "amount": Decimal(asked), "arrived": Decimal(arrived), "told_at": EARLY - timedelta(hours=1)},
            source_id=str(n),
        )
        for n, (tier, due, asked, arrived) in enumerate(NEEDS)
    ]
    with clock.frozen(NOW):
        assert {o.kind for o in actions.save_needs(system, commands, sender="test")} == {"new"}
        county.run = run.evaluate_all(NOW)
        yield county


def test_each_tier_says_who_counts_who_is_served_what_share_and_who_waits(town):
    found = read.measure_page(town.user("commander"), "served", town.root, town.run).tiers
    assert found == [
        Tier(tier=1, served=1, waiting=2, missed=0, cannot_tell=0, done=1, owed=2),
        Tier(tier=2, served=1, waiting=1, missed=0, cannot_tell=0, done=0, owed=1),
        Tier(tier=None, served=1, waiting=0, missed=0, cannot_tell=0, done=1, owed=1),
    ]


def test_tiers_together_are_the_measure_in_every_area_and_of_a_run_that_kept_no_rows(town):
    scope = town.user("commander")
    for area in (town.root, town.areas["990001101"], town.areas["990001102"]):
        whole = read.measure_page(scope, "served", area, town.run)
        assert sum(t.owed for t in whole.tiers) == whole.measure.owed and sum(t.done for t in whole.tiers) == whole.measure.done
        assert sum(t.counted for t in whole.tiers) == whole.measure.all - whole.measure.closed
        town.run.rows_kept = False
        assert read.measure_page(scope, "served", area, town.run).tiers == whole.tiers
        town.run.rows_kept = True
    assert whole.tiers == [], "nobody asks for anything there"


@pytest.mark.parametrize(("language", "words"), [("zh-hans", ("按优先级", "未定", "待满足")), ("en", ("By priority tier", "Not decided", "Still waiting"))])
def test_the_page_shows_them_in_both_languages(town, language, words):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    browser.post(signin.make_link(town.user("commander").user))
    page = browser.get("/measure/served").content.decode()
    table = page.partition('id="tiers"')[2].partition("</section>")[0]
    assert all(word in table for word in words)
    assert table.count("<tr>") == 1 + 3 and "50" in table
