"""What stands on the papers of an invented city reads like the real thing, in both languages, and the same seed writes the same."""

import json
import re
from collections import Counter
from datetime import date

import duckdb
import pytest

from sizao.rehearsal.city import make
from sizao.rehearsal.city.town import words

FIRST = date(2020, 6, 16)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return make(tmp_path_factory.mktemp("city"), size="2k", days=14, seed=7, first=FIRST)


def things(city, *registers):
    rows = duckdb.execute(f"SELECT register, told->>'kind', told FROM '{city}/records/thing.parquet' WHERE register IN {registers} ORDER BY register, i").fetchall()
    return [(register, kind, json.loads(told)) for register, kind, told in rows]


def test_posts_orders_texts_and_forms_have_titles_and_tickets_say_what_they_are_about(city):
    for register, kind, told in things(city, "post", "order", "text", "form", "ticket"):
        said = told["what" if register == "ticket" else "title"]
        zh, _, en = said.partition(" · ")
        assert re.search("[\u4e00-\u9fff]{3}", zh) and re.search("[A-Za-z]{4}", en), (register, kind, said)
        assert not re.match(r"(岗位|解读|评估|通报|文本|预案|表)\d", zh) and "{" not in said and "虚构" not in zh, said


def test_a_bulletin_names_its_day_and_a_post_its_place(city):
    titles = [(kind, told["title"]) for _, kind, told in things(city, "post", "text")]
    assert any(title.startswith("青禾县新型冠状病毒肺炎疫情情况通报 · Daily bulletin on the epidemic, Qinghe County 2020-06-") for kind, title in titles if kind == "bulletin")
    assert "城关镇疫情防控指挥部指挥席 · Chengguan: seat of the epidemic command" in [title for kind, title in titles if kind == "command_seat"]


def test_the_same_seed_writes_the_same_words_and_another_seed_others(city, tmp_path):
    again, other = (make(tmp_path / str(seed), size="2k", days=14, seed=seed, first=FIRST) for seed in (7, 8))
    assert (again / "records/thing.parquet").read_bytes() == (city / "records/thing.parquet").read_bytes()
    asked = [[told["what"] for _, _, told in things(c, "ticket")] for c in (city, other)]
    assert asked[0] != asked[1]


def test_gifts_come_in_goods_and_money_by_name_and_without_and_less_is_used_than_came(city):
    goods = [told for _, _, told in things(city, "consignment") if told["donated"] and told.get("received_at")]
    assert {bool(told["giver_named"]) for told in goods} == {True, False} and any(told.get("sent_at") and told["unit"] for told in goods)
    lines = duckdb.execute(f"SELECT ledger, moment, more FROM '{city}/records/line.parquet' WHERE ledger LIKE 'money_%' ORDER BY moment").fetchall()
    had = Counter()
    for ledger, _, more in lines:
        told = json.loads(more)
        had[told["currency"]] += told.get("money_given", 0) - told.get("money_used", 0)
        assert had[told["currency"]] >= 0, ledger
    given = [json.loads(more)["giver_named"] for ledger, _, more in lines if ledger == "money_given"]
    assert None in given and set(given) - {None} <= set(words()["gift"]) and {ledger for ledger, *_ in lines} == {"money_given", "money_used"}
