"""Two records that were found to be one person: a plan counts him once on PostgreSQL and on the mirror, and twice again when the merge was taken back."""

from mirror_equal import at, differences

from sizao.kernel import acts, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.models import Area
from sizao.plan import evaluation, relations
from sizao.plan.facts import vocabulary
from sizao.registers.cases import actions as cases
from sizao.registers.population import actions as population
from sizao.registers.population import merging

ZONE = "Asia/Shanghai"


def counted(mirror, people, known_at=None):
    """On each engine: how many of these persons a plan knows now, whose their contacts are, and whose the looks at them."""
    there = relations.build(vocabulary(), ZONE, known_at, one_zone=len(evaluation.zones()) == 1)
    here = mirror.relations(ZONE, known_at)
    numbers = {key: n for n, key in mirror.query("SELECT n, id FROM subject") if key in people}
    texts = (
        "SELECT count(*) FROM ({person}) p WHERE p.id IN ({ids}) AND p.vt > TIMESTAMP '2100-01-01'",
        "SELECT count(DISTINCT c.person) FROM ({contact}) c WHERE c.person IN ({ids}) AND c.vt > TIMESTAMP '2100-01-01'",
        "SELECT count(DISTINCT a.person) FROM ({act}) a WHERE a.person IN ({ids}) AND a.kind = 'contact.located'",
    )
    found = []
    for text in texts:
        ours = text.format(person=here.facts["person"], contact=here.facts["contact"], act=here.act, ids=", ".join(map(str, numbers.values())) or "-1")
        theirs = text.format(person=there.facts["person"], contact=there.facts["contact"], act=there.act, ids=", ".join(f"'{p}'::uuid" for p in people))
        [(one,)], [(other,)] = mirror.query(ours), [tuple(r.values()) for r in evaluation.rows(theirs)]
        assert one == other
        found.append(one)
    return tuple(found)


def test_a_plan_counts_a_merged_person_once_on_both_engines_and_twice_again_when_it_is_taken_back(county, system, mirror):
    home = Area.objects.filter(level="grid").order_by("pk").first().pk
    people = population.add_persons(system, [population.PersonData(home, n) for n in ("张伟", "Zhang Wei")], known=[at(1)] * 2, sender="merged")
    told = {"area_id": home, "disease": "covid-19", "classification": "close", "named_at": at(2)}
    contacts = cases.add_contacts(system, [cases.New(p, "merged", f"m{n}", at(2), told) for n, p in enumerate(people)])
    acts.record(system, [NewAct("contact.located", c, at(3), p, home, "covid-19") for c, p in zip(contacts, people, strict=True)])
    mirror.refresh()
    assert counted(mirror, people) == (2, 2, 2)
    before = clock.now()
    done = merging.merge(system, *people, reason="r")
    mirror.refresh()
    assert counted(mirror, people) == (1, 1, 1)
    assert differences(mirror) == {}
    merging.undo(system, done.pk, reason="u")
    mirror.refresh()
    assert counted(mirror, people) == (2, 2, 2)
    assert counted(mirror, people, known_at=before) == (2, 2, 2), "what was known before the merge stays as it was known"
    assert differences(mirror) == {}
    assert differences(mirror, known_at=before) == {}
