"""A register with planted truth: who is twice in it, and by which error. Families share telephones and addresses, twins a birthday; names are as unevenly borne as in life."""

from datetime import date
from typing import Any

import numpy as np

from sizao.kernel.identifiers import check_digit, normalise_national_id, normalise_phone, restored_document, restored_phone

#: Share of the commonest family names, in percent (2020 census, public security ministry); the rest is shared out by rank.
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛段郝顾龚邵万覃武钱戴严莫孔向常汤"
SHARES = [7.2, 7.2, 6.8, 5.4, 4.5, 3.1, 2.2, 2.1, 2.0, 1.9]
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文辉鹏飞宇浩然子轩雨欣梓涵一诺佳琪思远晨曦俊凯海波春生永福德胜婷雪倩琳莹慧颖洁玲萍燕晶妍凤云莲真环爱妹香月媛瑞凡嘉琼勤珍贞莉峰斌彬宁健世广义兴良仁贵亮政谦亨奇固轮翰朗伯宏鸣朋梁栋维启克伦翔旭泽邦承乐安震振壮会思群豪心承家先敬茂进有坚和彪博诚炎冠策腾楠榕风航弘"
FIRST = ["Juan", "José", "Luis", "Carlos", "Jorge", "Mario", "Pedro", "Miguel", "Ángel", "Francisco", "Manuel", "Óscar", "Raúl", "Édgar", "Víctor", "María", "Ana", "Rosa", "Carmen", "Marta", "Lucía", "Sofía", "Andrea", "Silvia", "Gloria", "Elena", "Julia", "Inés", "Débora", "Mónica"]
LAST = ["García", "López", "Hernández", "Pérez", "González", "Rodríguez", "Morales", "Ramírez", "Gómez", "Castillo", "Vásquez", "Ramos", "Reyes", "Cruz", "Ortiz", "Chávez", "Méndez", "Díaz", "Juárez", "Estrada", "Núñez", "Peña", "Muñoz", "Ibáñez", "Choc", "Xol", "Caal", "Tzul", "Ajú", "Cojolón"]

#: Kind of error → share of the records that are told again.
KINDS = {"as it was": 0.10, "pinyin": 0.22, "transposed": 0.16, "lost zeros": 0.16, "shared phone": 0.16, "changed address": 0.20}


def made(size: int, seed: int = 7) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """(columns of `sizao.matching.link`, who each record is of, kind of error of each record: -1 for the first of a person). About 15 % of the records are told again."""
    r = np.random.default_rng(seed)
    again = size * 15 // 100
    n = size - again
    home = np.minimum(np.cumsum(r.random(n) < 0.38), n).astype(np.int64)
    homes = int(home[-1]) + 1
    spanish = (r.random(homes) < 0.05)[home]
    weight = np.array(SHARES + [38.0 / (i + 1) / 3 for i in range(10, len(SURNAMES))])
    family = r.choice(len(SURNAMES), homes, p=weight / weight.sum())[home]
    married = r.random(n) < 0.35
    family = np.where(married, r.choice(len(SURNAMES), n, p=weight / weight.sum()), family)
    given = 1 / np.arange(3, len(GIVEN) + 3) ** 0.7
    one, two = r.choice(len(GIVEN), n, p=given / given.sum()), r.choice(len(GIVEN), n, p=given / given.sum())
    short = r.random(n) < 0.16
    first, last, mother = r.integers(len(FIRST), size=n), r.integers(len(LAST), size=homes)[home], r.integers(len(LAST), size=n)
    second = r.integers(len(FIRST), size=n)
    birth = r.integers(-3650 * 3, 16500, n)  # days since 1970
    twin = np.flatnonzero((home[1:] == home[:-1]) & (r.random(n - 1) < 0.02)) + 1
    birth[twin] = birth[twin - 1]
    family[twin] = family[twin - 1]
    area = r.integers(2000, size=homes)[home]
    common = r.integers(10**8, size=homes)[home] + 13_000_000_000
    phone = np.where(r.random(n) < 0.35, common, r.integers(10**9, size=n) + 15_000_000_000)
    has_phone, has_document = r.random(n) < 0.85, r.random(n) < 0.7
    sex = r.random(n) < 0.5

    def chinese(i: int) -> tuple[str, str]:
        return SURNAMES[family[i]], GIVEN[one[i]] if short[i] else GIVEN[one[i]] + GIVEN[two[i]]

    def name(i: int) -> str:
        if spanish[i]:
            return f"{FIRST[first[i]]} {FIRST[second[i]]} {LAST[last[i]]} {LAST[mother[i]]}"
        return "".join(chinese(i))

    from pypinyin import Style, lazy_pinyin

    sound = {c: lazy_pinyin(c, style=Style.NORMAL)[0].capitalize() for c in SURNAMES + GIVEN} | {"曾": "Zeng", "覃": "Qin", "万": "Wan"}
    who = np.concatenate([np.arange(n), (told := np.sort(r.choice(n, again, replace=False)))])
    kind = np.concatenate([np.full(n, -1), r.choice(len(KINDS), again, p=list(KINDS.values()))]).astype(np.int8)
    names = np.empty(size, dtype=object)
    names[:n] = [name(i) for i in range(n)]
    moved, phones, documents, born = area[who].copy(), np.where(has_phone, phone, 0)[who], np.where(has_document, np.arange(1, n + 1), 0)[who], birth[who].copy()
    homes_of = home[who].copy()
    kinds = list(KINDS)
    chance, d_ = r.random((again, 6)), r.random((again, 4))
    lost = np.zeros(size, bool)
    untold, wrong = np.zeros(size, bool), np.zeros(size, bool)
    for k, i in enumerate(told):
        at, what = n + k, kinds[kind[n + k]]
        c = chance[k]
        names[at] = name(i)
        if what == "pinyin":
            if spanish[i]:  # accents lost, one family name of two
                names[at] = _bare(f"{FIRST[first[i]]} {FIRST[second[i]]} {LAST[last[i]]}" if c[0] < 0.5 else name(i).upper())
            else:
                f, g = chinese(i)
                joined = "".join(sound[x] for x in g).capitalize() if c[1] < 0.6 else " ".join(sound[x] for x in g)
                names[at] = f"{joined} {sound[f]}" if c[0] < 0.5 else f"{sound[f]} {joined}".upper()
        elif what == "transposed":
            if spanish[i]:
                names[at] = f"{LAST[last[i]]} {LAST[mother[i]]}, {FIRST[first[i]]} {FIRST[second[i]]}"
            elif c[0] < 0.5 and not short[i]:
                f, g = chinese(i)
                names[at] = f + g[::-1]
            elif c[0] < 0.75:
                f, g = chinese(i)
                names[at] = g + f
            else:  # day and month, where that is a day
                d = date.fromordinal(719163 + int(birth[i]))
                if d.day <= 12:
                    born[at] = date(d.year, d.day, d.month).toordinal() - 719163
        elif what == "changed address":
            moved[at] = (area[i] + 1 + int(c[0] * 1998)) % 2000
            homes_of[at] = -1
            if c[1] < 0.4:
                phones[at] = 16_000_000_000 + int(c[2] * 10**9)
        elif what == "shared phone":  # the telephone of another of the family
            phones[at] = common[i]
        # Whatever else happened: a wrong digit in a date, an age in place of a date, a wrong sex.
        if d_[k, 0] < 0.05:
            born[at] += (10, 1, -1, 365)[int(d_[k, 1] * 4)]
        untold[at] = d_[k, 2] < 0.05
        wrong[at] = d_[k, 3] < 0.02
        # A second list seldom has the number of a document. "Lost zeros" has it, or the telephone, as a spreadsheet leaves it; restored it is the same.
        if what != "lost zeros" and c[3] > 0.25:
            documents[at] = 0
        if what == "lost zeros":
            lost[at] = True
            phones[at] = phones[at] or common[i]
        if c[4] < 0.1:
            phones[at] = 0
        if c[5] < 0.5:
            homes_of[at] = -1
    years = (born.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970).astype(np.int32)
    dates = born.astype("datetime64[D]").astype("datetime64[s]")
    dates[untold] = np.datetime64("NaT")
    order = r.permutation(size)
    columns = {
        "n": np.arange(size, dtype=np.int32), "name": names[order], "sex": np.where(sex[who] ^ wrong, "male", "female").astype(object)[order],
        "birth": dates[order], "year": years[order], "area": moved[order].astype(np.int64), "home": homes_of[order].astype(np.int64),
        "document": _written(documents, lost, birth[who], _document)[order], "phone": _written(phones, lost, birth[who], _phone)[order],
    }  # fmt: skip
    return columns, who[order], kind[order]


def _written(numbers: np.ndarray, lost: np.ndarray, birth: np.ndarray, write: Any) -> np.ndarray:
    """Numbers as lists tell them, through the product's own restoring; None where none is told."""
    found = np.full(len(numbers), None, dtype=object)
    for i in np.flatnonzero(numbers):
        found[i] = write(int(numbers[i]), bool(lost[i]), int(birth[i]))
    return found


def _document(number: int, lost: bool, birth: int) -> str | None:
    """Three in four have a resident id; in a list that lost zeros it is of 15 or 17 digits. The others' begin with zeros, or lost them."""
    if number % 4:
        day = date.fromordinal(719163 + birth)
        first = f"{110000 + number // 1000 % 900_000:06d}{day:%Y%m%d}{number % 1000:03d}"
        told = (first[:6] + first[8:] if number % 8 == 1 and day.year < 2000 else first) if lost else first + check_digit(first)
    else:
        told = str(number) if lost else f"{number:010d}"
    return restored_document(normalise_national_id(told) or "")


def _phone(number: int, lost: bool, birth: int) -> str | None:
    """One in five is a fixed line, whose area code begins with a zero."""
    told = f"0{number % 10**10}" if number % 5 == 0 else str(number)
    return restored_phone(normalise_phone(told.lstrip("0") if lost else told) or "")


def _bare(text: str) -> str:
    return text.translate(str.maketrans("áéíóúñÁÉÍÓÚÑ", "aeiounAEIOUN"))
