"""Invented people: names from common characters, identity numbers and telephones that are valid in form and belong to nobody."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

FAMILY = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷单解仇"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲建华红春梅国志海燕晓东林斌宇浩凯婷雪慧鑫欣怡佳宁博雅子涵梓轩思源一诺雨泽可馨安然"
NOWHERE = "990001"  # a county code that GB/T 2260 does not give to any place
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who does not exist."""

    name: str
    sex: str
    birth_date: date
    national_id: str
    phone: str

    def age_on(self, day: date) -> int:
        return day.year - self.birth_date.year - ((day.month, day.day) < (self.birth_date.month, self.birth_date.day))


def check_digit(seventeen: str) -> str:
    """The last character of a resident identity number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(seventeen, WEIGHTS, strict=True)) % 11]


def invent(r: random.Random, day: date) -> Invented:
    """A new person as of a day; `r` decides."""
    age = min(95, int(r.betavariate(1.6, 2.2) * 95))
    born = day - timedelta(days=age * 365 + r.randrange(365))
    sex = r.choice(("male", "female"))
    order = r.randrange(0, 499) * 2 + (1 if sex == "male" else 0)
    number = f"{NOWHERE}{born:%Y%m%d}{order:03d}"
    name = r.choice(FAMILY) + "".join(r.sample(GIVEN, r.choice((1, 2, 2, 2))))
    return Invented(name, sex, born, number + check_digit(number), f"190{r.randrange(10**8):08d}")
