"""What is told of one case (流调通报): looked through for what points to one person. A machine finds what has a form; two people read it besides."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.population import read as population

from . import types

#: What has a form of its own. Each leaves a count and no copy of what was found.
FORMS = {
    "identity-number": re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{2}\d{3}[\dXx](?!\d)|(?<!\d)\d{15}(?!\d)"),
    "telephone": re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)|(?<!\d)0\d{2,3}[-\s]\d{7,8}(?!\d)"),
    "number-plate": re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•\s]?[A-HJ-NP-Z0-9]{5,6}"),
    "passport": re.compile(r"(?<![A-Za-z0-9])[EGDPS][A-Z]?\d{7,8}(?!\d)"),
    "door": re.compile(r"\d+\s*(?:号楼|栋|幢|单元|室|号院)|[一二三四五六七八九十百]+(?:号楼|栋|幢|单元|室)|(?i:\b(?:room|flat|apartment|unit|building)\s*(?:no\.?\s*)?\d+)"),
    "exact-age": re.compile(r"(?<!\d)\d{1,3}\s*(?:周?岁(?!以|及|—|-|至|到)|月龄)|(?i:\baged?\s*\d{1,3}\b(?!\s*[–-])|\b\d{1,3}[-\s]years?[-\s]old)"),
    "birthday": re.compile(r"(?:19|20)\d{2}\s*[年./-]\s*\d{1,2}\s*[月./-]\s*\d{1,2}\s*日?\s*(?:出生|生)|(?i:born (?:on )?\d)"),
    "mail": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|(?i:微信|wechat|QQ)\s*[号:：]?\s*[\w-]{5,}"),
}
HAN = re.compile(r"[\u3400-\u9fff·]+")
LATIN = re.compile(r"[A-Z][a-z]+(?:\s+[A-Z][a-z]+){1,3}")


@dataclass(frozen=True, slots=True)
class Story:
    """What is told of a case, with the fields in which others must be like him: sex, age group, area (of the publication)."""

    title: str
    text: str
    sex: str = ""
    age: str = ""


def check_story(scope: Scope, area: Area, story: Story) -> dict[str, int]:
    """What in it points to somebody: kind → how often. Empty: nothing was found. What was found is not repeated: the answer goes to a screen."""
    text = f"{story.title}\n{story.text}"
    found = Counter({kind: len(form.findall(text)) for kind, form in FORMS.items()})
    found["name"] = len(population.names_standing_in(scope, candidates(text)))
    if story.sex or story.age:
        least = int(threshold("story-alike", clock.now().date()))
        bounds = _bounds(story.age)
        alike = population.how_many_alike(scope, area, story.sex, *bounds)
        found["rare"] = int(alike < least)
    return {kind: n for kind, n in found.items() if n}


def candidates(text: str) -> list[str]:
    """Every run of two to four characters that may be a name, and runs of capitalised words.

    >>> candidates("患者张小明，男"), candidates("the driver Zhang Xiaoming went")
    (['患者', '患者张', '患者张小', '者张', '者张小', '者张小明', '张小', '张小明', '小明'], ['Zhang Xiaoming'])
    """
    found: dict[str, None] = {}
    for run in HAN.findall(text):
        for start in range(len(run)):
            for size in (2, 3, 4):
                if start + size <= len(run):
                    found[run[start : start + size]] = None
    for words in LATIN.findall(text):
        found[words] = None
    return list(found)


def _bounds(code: str) -> tuple[int | None, int | None]:
    """First and last year of an age group's code; None: open."""
    if not code or code == "unknown":
        return None, None
    first, _, last = code.rstrip("+").partition("-")
    return int(first), int(last) if last else None


def groups() -> dict[str, dict[str, str]]:
    """The age groups that a story may name."""
    return {k: v for k, v in types.age_groups((0, 18, 40, 60, 80)).items() if k != "unknown"}
