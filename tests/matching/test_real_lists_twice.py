"""Who is asked about in published lists, with the truth that the files hold: Go.Data's contact who became a case keeps his number."""

import pytest

from sizao.interop.intake import import_files
from sizao.registers.cases.models import Case, Contact
from sizao.registers.population import looking
from sizao.registers.population.models import Pair

pytestmark = pytest.mark.django_db


def asked(system, files):
    """Pairs of the numbers that the two records stand under, each as a sorted pair."""
    import_files(system, files, disease="covid-19", time_zone="UTC")
    looking.look()
    of = {p: n for model in (Case, Contact) for p, n in model.objects.values_list("person", "source_id")}
    return sorted(tuple(sorted((of[a], of[b]))) for a, b in Pair.objects.filter(state="open").values_list("one", "other"))


def test_go_data_s_contacts_who_became_cases_are_asked_about_and_namesakes_without_a_place_are_not(system, shared):
    place = shared / "data/godata-sandbox"
    found = asked(system, [place / f"{n}_clean.csv" for n in ("cases", "contacts", "relationships")])
    true = [a for a, b in found if a == b]
    assert (len(found), len(true)) == (4, 3)


def test_sormas_s_people_of_two_files_are_asked_about(system, shared):
    found = asked(system, sorted((shared / "data/sormas-import").glob("*.csv")))
    assert found == sorted(tuple(sorted((f"ABC-DEF-GHI-19-{n}", f"ABC-DEF-GHI-19-{29 + n}"))) for n in (2, 3, 4, 5))
