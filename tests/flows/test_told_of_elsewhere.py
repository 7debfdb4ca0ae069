"""A sender's number that names a record of another area: it is corrected by nobody who may not write there, whatever place he tells."""

import pytest

from sizao.flows.case_report_received import CaseReport, receive
from sizao.flows.contact_named import NamedContact, name
from sizao.kernel.scope import Scope
from sizao.registers.cases.models import Case, Contact
from sizao.registers.population.actions import PersonData

pytestmark = pytest.mark.django_db
HERE, BESIDE = "990001101201", "990001101202"


@pytest.fixture
def told(county):
    """`told(scope, place, name)`: a case and a contact under the same two numbers; their outcomes."""

    def tell(scope, place, called):
        person = PersonData(area_id=county.areas[place].pk, name=called)
        case = CaseReport(sender="list", source_id="B-1", disease="covid-19", person=person, class_code="confirmed")
        contact = NamedContact(sender="list", source_id="J-1", disease="covid-19", person=person)
        return [*receive(scope, [case]), *name(scope, [contact])]

    return tell


def test_a_list_of_one_village_moves_and_renames_nobody_of_the_next(county, told):
    told(Scope.system("test"), BESIDE, "张小明")
    outcomes = told(county.user("cdc", HERE), HERE, "李四")
    assert [(o.kind, o.problems[0].code, o.problems[0].field, o.record) for o in outcomes] == [("rejected", "not-found-or-out-of-area", "source_id", None)] * 2
    for row in (Case.objects.get(), Contact.objects.get()):
        assert (row.area.code, row.person.name, row.person.area.code) == (BESIDE, "张小明", BESIDE)


def test_who_answers_for_both_villages_corrects_it(county, told):
    told(Scope.system("test"), BESIDE, "张小明")
    assert [o.kind for o in told(county.user("cdc"), HERE, "李四")] == ["updated", "updated"]
    assert Case.objects.get().area.code == HERE and Contact.objects.get().person.name == "李四"
