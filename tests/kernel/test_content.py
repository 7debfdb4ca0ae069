"""Loading is not enacting; enacting takes two people, or says that it is a trial."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from sizao.kernel import content
from sizao.kernel.errors import Refused
from sizao.kernel.models import ContentItem, Enactment, Kept

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "codelists").mkdir()
    (tmp_path / "codelists" / "colour.yaml").write_text("title: {zh: 颜色, en: Colour}\ncodes:\n  red: {zh: 红, en: red}\n", encoding="utf-8")
    return tmp_path


def test_shipped_content_loads_without_a_fault(system):
    loaded = content.load(system)
    assert loaded.faults == []
    assert any(ref.startswith("plan contact-tracing-basic@") for ref in loaded.new)
    assert content.load(system).new == []


def test_all_faults_are_told_at_once_and_nothing_is_stored(system, folder):
    (folder / "codelists" / "one.yaml").write_text("codes: {a: {zh: 甲}}", encoding="utf-8")
    (folder / "codelists" / "two.yaml").write_text("codes: [", encoding="utf-8")
    loaded = content.load(system, [folder])
    assert sorted(f.code for f in loaded.faults) == ["content-one-language", "content-unreadable"]
    assert ContentItem.objects.count() == 0


def test_the_jurisdiction_s_own_item_wins_and_says_what_it_overrides(system, folder, tmp_path_factory):
    own = tmp_path_factory.mktemp("own")
    (own / "codelists").mkdir()
    (own / "codelists" / "colour.yaml").write_text("title: {zh: 颜色, en: Colour}\ncodes:\n  green: {zh: 绿, en: green}\n", encoding="utf-8")
    content.load(system, [folder, own])
    newest = content.newest("code-list", "colour")
    assert "green" in newest.body["codes"]
    assert newest.overrides.startswith("colour@")


def test_one_person_cannot_enact(system, county, folder):
    content.load(system, [folder])
    item, first, other = content.newest("code-list", "colour"), county.user("operator"), county.user("operator")
    proposed = content.propose(first, item, county.root, "covid-19", SINCE)
    assert proposed.decided_at is None
    with pytest.raises(Refused) as refused:
        content.second(first, proposed)
    assert refused.value.code == "two-people-needed"
    assert content.second(other, proposed).decided_at is not None


def test_the_database_itself_refuses_one_signature(system, county, folder):
    content.load(system, [folder])
    item, user = content.newest("code-list", "colour"), county.user("operator").user
    for bad in ({"decided_at": SINCE}, {"seconded_by": user, "decided_at": SINCE}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Enactment.objects.create(item=item, area=county.root, disease="covid-19", starts_at=SINCE, proposed_by=user, **bad)


def test_an_item_once_loaded_cannot_be_changed_by_the_application(system, folder):
    from django.db import DatabaseError

    content.load(system, [folder])
    with pytest.raises(DatabaseError), transaction.atomic():
        ContentItem.objects.update(text="other")


def test_keeping_begins_once_and_only_earlier(county):
    content.keep(["stay.admitted"], county.root, SINCE, "a")
    content.keep(["stay.admitted"], county.root, datetime(2026, 2, 1, tzinfo=UTC), "b")
    assert Kept.objects.get().since == SINCE
    content.keep(["stay.admitted"], county.root, datetime(2025, 2, 1, tzinfo=UTC), "c")
    assert Kept.objects.get().since.year == 2025
