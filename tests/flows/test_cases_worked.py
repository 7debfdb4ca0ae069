"""Investigations and isolations are recorded by those who may, once, in the past; the act closes the duty."""

from datetime import UTC, datetime, timedelta

import pytest

from sizao.flows.case_investigated import Investigated, record_investigations
from sizao.flows.case_report_received import CaseReport, receive
from sizao.flows.isolation_began import Isolated, record_isolations
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.registers.isolation.models import Stay
from sizao.registers.population.actions import PersonData

AT = datetime(2026, 2, 3, 1, tzinfo=UTC)


@pytest.fixture
def case(system, county):
    person = PersonData(area_id=county.areas["990001101201-1"].pk, name="张小明")
    return receive(system, [CaseReport(sender="t", source_id="1", disease="covid-19", person=person, class_code="confirmed", reported_at=AT)])[0].record


def test_an_investigation_is_recorded_once(county, case):
    scope = county.user("cdc")
    first, again = (record_investigations(scope, [Investigated(case, AT, "市场接触")])[0] for _ in range(2))
    assert (first.kind, again.kind) == ("new", "identical")
    assert Act.objects.get(kind="case.investigated").happened_at == AT


def test_an_isolation_is_recorded_with_its_kind(county, case):
    [done] = record_isolations(county.user("community", "990001101201"), [Isolated(case, AT, "hospital")])
    assert done.kind == "new"
    assert Stay.objects.get().kind == "hospital"
    assert Act.objects.get(kind="stay.admitted").outcome == "hospital"


def test_what_cannot_be_is_refused_in_words(county, case):
    scope = county.user("cdc")
    later = clock.now() + timedelta(days=1)
    assert record_investigations(scope, [Investigated(case, later)])[0].problems[0].code == "done-in-the-future"
    assert record_isolations(scope, [Isolated(case, AT, "cellar")])[0].problems[0].code == "stay-kind-unknown"


def test_another_township_s_case_is_nobody_and_a_commander_records_nothing(county, case):
    assert record_investigations(county.user("cdc", "990001102"), [Investigated(case, AT)])[0].problems[0].code == "not-found-or-out-of-area"
    with pytest.raises(Refused):
        record_isolations(county.user("commander"), [Isolated(case, AT, "home")])
