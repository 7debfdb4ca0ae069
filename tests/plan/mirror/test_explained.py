"""What is told of one subject is what the run says of it, though only what stands near it was read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from test_mirror_engine import NOW, Life, town  # noqa: F401 - fixtures

from sizao.plan import explaining, run
from sizao.plan.models import Row
from sizao.plan.near import Near
from sizao.registers.cases.models import Case, Contact
from sizao.registers.population.models import Person


def everybody():
    return {"case": list(Case.objects.values_list("pk", flat=True)), "contact": list(Contact.objects.values_list("pk", flat=True)), "person": list(Person.objects.values_list("pk", flat=True))}


@pytest.mark.parametrize("seed", [70, 71])
def test_every_obligation_of_a_run_is_explained_as_it_was_counted(town, system, seed):  # noqa: F811
    Life(town, system, seed).live(40)
    subjects = everybody()
    made = run.evaluate_all(NOW, standing=False, engine="postgres")
    told = explaining.explain_all(system, subjects, NOW, made.known_at)
    ours = sorted((said["measure"], said["subject"], o["occasion"], o["state"], o["reason"] or "") for said in told for o in said["obligations"])
    rows = Row.objects.at(made).filter(occasion__gt=-2).values_list("measure", "subject", "occasion", "state", "reason")
    known = {str(pk) for found in subjects.values() for pk in found}
    assert ours == sorted((m, str(s), o, state, reason or "") for m, s, o, state, reason in rows if str(s) in known)
    assert {m for m, *_ in ours} >= {"contacts-listed", "contact-tested"}, "some look beyond their row"


def test_one_subject_reads_what_stands_near_it_and_no_more_statements_than_many(town, system, monkeypatch):  # noqa: F811
    Life(town, system, 72).live(40)
    subjects, acts = everybody(), []
    real = Near.acts
    monkeypatch.setattr(Near, "acts", lambda self, *a: acts.append(real(self, *a)) or acts[-1])
    with CaptureQueriesContext(connection) as many:
        explaining.explain_all(system, subjects, NOW)
    contact = Contact.objects.exclude(person=None).first()
    with CaptureQueriesContext(connection) as one:
        explaining.explain_all(system, {"contact": [contact.pk], "person": [contact.person_id]}, NOW)
    assert len(one) <= len(many) <= 20
    assert {a["subject"] for a in acts[-1]} | {a["person"] for a in acts[-1]} <= {
        contact.pk, contact.person_id, None, *Case.objects.filter(person=contact.person_id).values_list("pk", flat=True)
    }
