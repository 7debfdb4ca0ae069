"""Two engines, one meaning: on invented registers the reference and PostgreSQL list the same obligations, field by field."""

import os
from collections import Counter
from dataclasses import astuple

import pytest
from engine_edition import EDITION
from engine_registers import Choices, as_of, crowd, force, small
from engine_tables import fill, listed, make
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sizao.plan.language.schedule import Before, Days, Every, Within
from sizao.plan.obligations import AHEAD, CANNOT_TELL, CLOSED, LATE, MET, OPEN, OVERDUE
from sizao.plan.reference import evaluate

SEEN: Counter = Counter()
CROWDS = int(os.environ.get("SIZAO_CROWDS", "60"))
SMALL = int(os.environ.get("SIZAO_SMALL", "200"))
RELAXED = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "phases": [Phase.generate, Phase.shrink]}


@pytest.fixture(scope="module")
def tables(engine_db):
    make(engine_db.execute)
    return engine_db


def expected(m, register, t, where):
    return sorted((astuple(o) for o in evaluate(m, register, t, where)), key=repr)


@settings(max_examples=SMALL, **RELAXED)
@given(data=st.data())
def test_engines_agree_on_small_registers(tables, data):
    c = Choices(lambda n: data.draw(st.integers(0, n - 1)))
    m, register = small(c)
    t, where = as_of(c, register), force(c)
    fill(tables, register)
    wanted = expected(m, register, t, where)
    assert listed(tables.execute, m, t, where) == wanted
    assert len({(o[1], o[3]) for o in wanted}) == len(wanted), "a key is listed twice"


def agree_on_a_crowd(tables, seed):
    c = Choices.seeded(seed)
    register = crowd(c)
    fill(tables, register)
    t, where = as_of(c, register), force(c)
    for m in EDITION.measures.values():
        wanted = expected(m, register, t, where)
        assert listed(tables.execute, m, t, where) == wanted, (m.id, t, where, seed)
        assert len({(o[1], o[3]) for o in wanted}) == len(wanted), "a key is listed twice"
        for o in wanted:
            SEEN[m.id, o[6], (o[7] or "").partition(":")[0]] += 1
            SEEN[type(m.when), o[6]] += 1
            SEEN["doable", o[10]] += 1
            SEEN["told late", o[11]] += 1
            SEEN["owned", o[9] is not None] += 1


@settings(max_examples=CROWDS, **RELAXED)
@given(seed=st.integers(0, 2**40))
def test_engines_agree_on_crowds(tables, seed):
    agree_on_a_crowd(tables, seed)


def test_every_state_and_every_timetable_was_seen(tables):
    for seed in range(8):
        agree_on_a_crowd(tables, seed)
    states = (OPEN, AHEAD, MET, LATE, OVERDUE, CANNOT_TELL, CLOSED)
    unseen = [(kind.__name__, state) for kind in (Within, Before, Every, Days) for state in states if not SEEN[kind, state]]
    assert not unseen
    assert all(SEEN[mark, yes] for mark in ("doable", "told late", "owned") for yes in (True, False))
    reasons = {key[2] for key in SEEN if len(key) == 3}
    assert reasons == {"", "ended", "act", "unknown", "undated", "not-kept"}
    assert {key[0] for key in SEEN if len(key) == 3} == set(EDITION.measures)


@pytest.mark.full
def test_engines_agree_on_five_thousand_measures_of_crowds(tables):
    for seed in range(1000, 1000 + 5000 // len(EDITION.measures) + 1):
        agree_on_a_crowd(tables, seed)
