"""A small edition for tests of what a change of text does. It stays as it is, whatever the shipped editions become."""

NAME = "three-measures"
TEXT = """\
edition: three-measures
title: {zh: 三项措施, en: Three measures}

params:
  term:
    - {value: 14d, from: 2020-01-20, source: 自末次接触起14天}
  clock:
    - {value: 24h, from: 2020-01-20, source: 接到报告后24小时内}

measures:
  contact-daily-check:
    title: {zh: 密切接触者每日健康监测, en: Daily health check of close contacts}
    source:
      - {text: "002", quote: 对密切接触者应隔尽隔}
    kind: list
    for: contact
    should: class = 'close'
    when: {every: 1d, from: last_exposure_on, until: "least(released_at, became_case_at, last_exposure_on + $term)", at: ["20:00"]}
    done: isolation.daily_check
    by: community @ area
    urgency: prompt
    cost: {minutes: 4}

  case-investigated:
    title: {zh: 病例24小时内完成流行病学调查, en: Case investigated within 24 hours}
    source:
      - {text: "002", quote: 加大流行病学调查力度}
    kind: event
    for: case
    should: class in ('suspected', 'clinical', 'confirmed', 'asymptomatic')
    when: {within: $clock, of: reported_at}
    done: case.investigated
    by: cdc @ area
    urgency: prompt
    cost: {minutes: 180}

  case-isolated:
    title: {zh: 确诊病例24小时内落实隔离收治, en: Confirmed case isolated within 24 hours}
    source:
      - {text: "002", quote: 对确诊患者应收尽收}
    kind: list
    for: case
    should: class = 'confirmed'
    when: {within: $clock, of: confirmed_at, early: 14d}
    done: stay.admitted
    by: community @ area
    urgency: alarm
    cost: {minutes: 60}
"""


def changed(*passages: tuple[str, str]) -> str:
    """The text with passages changed; each must be there."""
    text = TEXT
    for old, new in passages:
        assert old in text, old
        text = text.replace(old, new)
    return text


def store(*passages: tuple[str, str]):
    """The text as an item of the store."""
    import hashlib

    from sizao.kernel.models import ContentItem

    text = changed(*passages)
    found = {"kind": "plan", "item_id": NAME, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return ContentItem.objects.get_or_create(**found, defaults={"body": {}, "text": text, "source": "edition.yaml"})[0]
