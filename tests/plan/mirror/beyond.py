"""An edition of what is made from real identifiers or looks far: pairs, lines of lists, draws, figures said of areas, conditions on other rows."""

from hashlib import sha256

from sizao.kernel.models import ContentItem, Enactment, User
from sizao.plan.acts import acts_of
from sizao.plan.facts import vocabulary
from sizao.plan.language import load_edition

HEAD = """
    title: {zh: 措施, en: Measure}
    source: [{text: "000", quote: 引文}]
    kind: list
    by: community @ area"""
MEASURES = {
    "pair": """
    for: [contact, case]
    should: contact.case = case and contact.class = 'close'
    when: {every: 2d, from: contact.last_exposure_on, until: contact.last_exposure_on + 9d}
    done: {holds: case.confirmed_at is not null and contact.released_at is not null}""",
    "pair-around": """
    for: [case, contact]
    should: "inside(contact.area, case.area) and contact.class is not null and drawn(0.7, 'week')"
    when: {every: 1w, from: contact.named_at, times: 3}
    done: {holds: contact.released_at is not null}
    show: {share_closed: share(contact.released_at is not null)}""",
    "pair-line": """
    for: [contact, "list:streams"]
    should: contact.class = streams.class_code
    when: {every: 3d, from: contact.named_at, until: contact.released_at}
    done: {act: isolation.daily_check, where: outcome = streams.said}""",
    "line": """
    for: list:rounds
    should: area.grade is null or area.grade <> 'low'
    when: {every: 1d, from: starts_on, until: ends_on}
    done: {holds: "count(contact, class = 'close') < 1"}""",
    "after-pairs": """
    for: contact
    should: class = 'close' and drawn(0.6, 'day')
    when: {every: 1d, from: last_exposure_on, until: last_exposure_on + 5d}
    done: {holds: "met('pair') or coverage('pair-line') >= 0.4"}
    reconcile: [{total: area.population}]
    show: {first: min(last_exposure_on)}""",
    "looked-at": """
    for: contact
    should: class = 'close'
    when: {every: 1d, from: last_exposure_on, until: last_exposure_on + 6d}
    done: isolation.daily_check
    check: {by: community @ area, should: "drawn(0.5, 'week')", act: isolation.daily_check, untrue: "outcome = 'symptoms'"}""",
}
TEXT = """
edition: beyond-the-row
title: {zh: 旁及, en: Beyond the row}
lists:
  streams:
    - {value: one, class_code: close, said: ok, source: test}
    - {value: two, class_code: general, said: symptoms, from: 2020-06-03, until: 2020-06-15, source: test}
  rounds:
    - {value: north, from: 2020-06-01, until: 2020-06-12, area: "990001101", source: test}
    - {value: village, from: 2020-06-03, area: "990001102202", source: test}
    - {value: whole, from: 2020-06-08, source: test}
    - {value: nowhere, from: 2020-06-04, area: "77", source: test}
escalate: {alarm: [0h, 1h, 4h], prompt: [4h, 24h, 72h], routine: [24h, 72h, 7d]}
measures:
""" + "".join(f"  {name}:{HEAD}{body}\n" for name, body in MEASURES.items())


def enact(county, starts_at, text=TEXT, name="beyond-the-row") -> Enactment:
    """In force for every disease, beside whatever else is."""
    from sizao.kernel import content

    load_edition(text, vocabulary(), "beyond.yaml")
    item = ContentItem.objects.create(kind="plan", item_id=name, sha256=sha256(name.encode()).hexdigest(), body={}, text=text, source="test")
    one, two = (User.objects.create_user(f"{name}-{n}") for n in (1, 2))
    made = Enactment.objects.create(item=item, area=county.root, disease="", starts_at=starts_at, proposed_by=one, seconded_by=two, decided_at=starts_at)
    content.keep(acts_of(text), county.root, starts_at, "test")
    return made
