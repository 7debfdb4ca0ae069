"""Published lists as their own descriptions count them. What is expected is counted here with the csv and json modules, or stands in the description."""

import csv
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import python_calamine
from open import chain_page, chained, counted

from sizao.epi import transmission
from sizao.interop.intake import import_files
from sizao.interop.models import ImportRow
from sizao.kernel import areas
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.registers.cases import actions as cases
from sizao.registers.cases.chains import attack_of_totals, attack_rates, linked
from sizao.registers.cases.models import Case, Contact, Link
from sizao.registers.isolation.models import DailyCheck
from sizao.registers.population import actions as population
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db


def rows_of(path, encoding="utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as f:
        return list(csv.DictReader(f))


def bring(scope, *paths, zone="UTC", sender="office"):
    report = import_files(scope, paths, disease="covid-19", time_zone=zone, sender=sender)
    assert all(f.rows == f.accepted + f.updated + f.duplicate + f.rejected for f in report.files)
    return report


def notes(report) -> Counter[str]:
    return sum((f.problem_counts for f in report.files), Counter())


def circles_of(pairs) -> set[str]:
    """Cases that reach themselves again by following who infected whom; found by walking from each, as slowly as it is plain."""
    after: dict[str, set[str]] = {}
    for one, two in pairs:
        if one != two:
            after.setdefault(one, set()).add(two)
    found = set()
    for start in after:
        seen, open_ = set(), [start]
        while open_:
            for n in after.get(open_.pop(), ()):
                if n == start:
                    found.add(start)
                elif n not in seen:
                    seen.add(n)
                    open_.append(n)
    return found


def drawn(scope, pairs, disease="covid-19"):
    """Clusters, generations and offspring of the graph that the desk draws are those of these pairs of numbers."""
    pairs = set(pairs)
    graph = linked(scope, areas.root(), disease)
    found = transmission.chains(len(graph.ids), graph.links, graph.days)
    told = transmission.clusters(found, graph.links, graph.days)
    assert sorted((frozenset(graph.numbers[x] for x in c.cases) for c in told), key=lambda c: (-len(c), sorted(c))) == chained.clusters(pairs)
    assert {n: g for n, g in zip(graph.numbers, found.generation, strict=True) if g is not None} == chained.generations(pairs)
    if pairs:
        spread = transmission.offspring(range(len(graph.ids)), graph.links)
        assert spread.counts == chained.offspring(pairs)
        assert (spread.mean, spread.most) == pytest.approx((len(pairs) / len({x for pair in pairs for x in pair}), chained.share_that_causes(pairs)))
    assert sum(graph.outside) == 0
    return found, told


def attacked(scope, chain, last):
    """Attack rates, of listed contacts at the end of this day and of contacts that are told as a number, are those of the count; and the page's pairs are those drawn."""
    root = areas.root()
    graph = linked(scope, root, "covid-19")
    assert {(graph.numbers[a], graph.numbers[b]) for a, b in graph.links} == chain.pairs
    assert {a.classification: (a.named, a.infected, a.over) for a in attack_rates(scope, root, "covid-19", last)} == chain.contacts
    told = attack_of_totals(scope, root, graph, "covid-19")
    assert (told.cases, told.contacts, told.infected, told.contradicted) == chained.of_totals(chain.totals, chain.pairs)


@pytest.fixture(scope="module")
def provinces(shared):
    place = shared / "data/wuhan2020-cn-linelist"
    rows = {n: rows_of(place / n, e) for n, e in (("河南省_utf8bom.csv", "utf-8-sig"), ("安徽省_gb18030.csv", "gb18030"), ("浙江省.csv", "utf-8"), ("广西壮族自治区.csv", "utf-8"))}
    rows["重庆市.json"] = json.loads((place / "重庆市.json").read_text(encoding="utf-8"))
    header, *cells = python_calamine.load_workbook(str(place / "四川省.xlsx")).get_sheet_by_index(0).to_python()
    rows["四川省.xlsx"] = [{h: str(c).removesuffix(".0") for h, c in zip(header, row, strict=True)} for row in cells]
    return place, rows


def test_the_six_provinces_balance_and_their_references_resolve_as_described(system, provinces):
    place, rows = provinces
    report = bring(system, *(place / n for n in rows), zone="Asia/Shanghai")
    assert {f.file: f.rows for f in report.files} == {n: len(r) for n, r in rows.items()}
    assert sum(f.rows for f in report.files) == 2474
    every = [r for some in rows.values() for r in some]
    numbers = {str(r["患者编号"]).strip() for r in every} - {""}
    assert set(Case.objects.exclude(source_id__startswith="row:").values_list("source_id", flat=True)) == numbers
    assert len(numbers) == 1796  # 1,797 with the empty one
    named = [n for r in every for n in re.findall(r"\d{6,}", str(r["密切患者"]))]
    bare = {n.lstrip("0") for n in numbers}
    exact, loosely = sum(n in numbers for n in named), sum(n.lstrip("0") in bare for n in named)
    assert (len(named), exact, loosely) == (234, 193, 233)
    said = notes(report)
    assert (report.links, said["link-zeros-ignored"]) == (233, 40)
    by_bare = {n.lstrip("0"): n for n in numbers}
    assert len(by_bare) == len(numbers)
    drawn(system, {(by_bare[n.lstrip("0")], str(r["患者编号"]).strip()) for r in every for n in re.findall(r"\d{6,}", str(r["密切患者"])) if n.lstrip("0") in by_bare and r["患者编号"]})
    short = [t for r in every for t in [str(r["密切患者"]).strip()] if t.isdigit() and len(t) < 6]  # a cell that is a short number and nothing else
    assert report.dangling == said["link-dangling"] == 234 - 233 + len(short)
    attacked(system, chain_page.provinces(place.parent), date(2020, 3, 1))
    again = bring(system, *(place / n for n in rows), zone="Asia/Shanghai")
    assert (again.totals["accepted"], again.totals["updated"], again.links, again.dangling) == (0, 0, 233, report.dangling)


def test_a_day_written_as_the_instant_of_its_midnight_in_china_is_that_day(system, provinces):
    place, rows = provinces
    bring(system, place / "重庆市.json", zone="Asia/Shanghai")
    first = {}
    for r in rows["重庆市.json"]:
        if r["发病日期"]:
            first.setdefault(str(r["患者编号"]), date.fromisoformat(r["发病日期"][:10]) + timedelta(days=1))
    assert {c.source_id: c.onset_on for c in Case.objects.exclude(onset_on=None)} == first


def test_korea_s_odd_links_are_listed(system, shared):
    path = shared / "data/ds4c-korea-2020/PatientInfo.csv"
    report = bring(system, path, zone="Asia/Seoul")
    told = {r["patient_id"]: r for r in rows_of(path)}
    links = [(i.strip(), n) for n, r in told.items() for i in r["infected_by"].split(",") if i.strip()]
    reversed_ = sum(1 for i, n in links if i in told and told[i]["symptom_onset_date"].strip() > told[n]["symptom_onset_date"].strip() > "")
    said = notes(report)
    assert said["link-in-circle"] == len(circles_of((i, n) for i, n in links if i in told))
    assert said["link-reversed"] == reversed_ == 7
    assert said["link-circular"] == sum(i == n for i, n in links)
    found, clusters = drawn(system, {(i, n) for i, n in links if i in told and i != n})
    assert sum(g is None for g in found.generation) >= said["link-in-circle"]
    assert (len(clusters), len(clusters[0].cases), clusters[0].generations) == (237, 67, 5)
    attacked(system, chain_page.korea(shared / "data"), counted.korea(path).last)
    assert said["dates-reversed"] == 3 + 1  # onset after confirmation, released before it


def test_guatemala_s_report_updates_the_cases_it_repeats_and_its_follow_ups_stay_unlinked(system, shared):
    place = shared / "data/godata-guatemala-2020"
    files = [place / f"{n}.csv" for n in ("rastreo_cases", "rastreo_contacts", "rastreo_followups", "report_cases")]
    cases, _, followups, repeated = map(rows_of, files)
    report = bring(system, *files, zone="America/Guatemala")
    by_name = {f.file: f for f in report.files}
    assert len(repeated) == 4318
    assert {r["Carné De Identidad"] for r in repeated} <= {r["Carné De Identidad"] for r in cases}
    assert (by_name["report_cases.csv"].updated, by_name["report_cases.csv"].accepted) == (len(repeated), 0)
    assert (report.cases, report.contacts, report.persons, report.checks) == (4384, 651, 5035, 0)
    lost = by_name["rastreo_followups.csv"]
    assert (lost.rows, lost.accepted, lost.problem_counts["follow-up-unlinked"]) == (5589, 5589, len(followups))
    assert (DailyCheck.objects.count(), Act.objects.filter(kind="isolation.daily_check").count()) == (0, 0)
    assert ImportRow.objects.filter(file=lost.id, record=None, kept__isnull=False).count() == 5589  # every one kept whole
    # a report that does not tell the district moves nobody out of it
    told = {r["Carné De Identidad"]: r for r in cases}
    untold = [r["Carné De Identidad"] for r in repeated if r["area_salud"] == "NA" and told[r["Carné De Identidad"]]["area_salud"] not in ("NA", "SIN DATO")]
    assert {told[c.source_id]["area_salud"] for c in Case.objects.filter(source_id__in=untold)} == {c.area.code.split("/")[0] for c in Case.objects.filter(source_id__in=untold)}
    attacked(system, chain_page.guatemala(shared / "data"), counted.guatemala(place).last)
    again = bring(system, *files[::-1], zone="America/Guatemala")
    assert again.totals == {"rows": 14942, "accepted": 0, "updated": 0, "duplicate": 14942, "rejected": 0}


def test_singapore_s_dates_that_a_spreadsheet_turned_are_turned_back(system, shared):
    place = shared / "data/singapore-2020"
    broken, clean = place / "COVID-19_Singapore_eg_update_edges.csv", rows_of(place / "COVID-19_Singapore_data_revised.csv")
    report = bring(system, broken, place / "sing_edges_eg.csv", zone="Asia/Singapore")
    assert sum(r["date_onset_symptoms"][:3] == "201" or r["date_onset_symptoms"][:3] == "200" for r in rows_of(broken)) == 39
    told = {r["CaseID"] for r in rows_of(broken) if r["date_onset_symptoms"]}
    assert {c.source_id: str(c.onset_on) for c in Case.objects.exclude(onset_on=None)} == {r["CaseID"]: r["date_onset_symptoms"] for r in clean if r["CaseID"] in told}
    assert notes(report)["date-turned"] >= 39
    edges = {(r["from"], r["to"]) for r in rows_of(place / "sing_edges_eg.csv")}
    known = {r["CaseID"] for r in clean}
    assert Link.objects.count() == sum(a in known and b in known and a != b for a, b in edges)
    assert report.dangling == sum(r["from"] not in known or r["to"] not in known for r in rows_of(place / "sing_edges_eg.csv"))
    drawn(system, {(a, b) for a, b in edges if a in known and b in known and a != b})
    attacked(system, chain_page.singapore(shared / "data"), date(2020, 3, 1))


def test_ebola_s_links_to_people_who_are_not_listed_are_counted(system, shared):
    place = shared / "data/outbreaks-r"
    cases, links = rows_of(place / "ebola_sim_linelist.csv"), rows_of(place / "ebola_sim_contacts.csv")
    report = bring(system, place / "ebola_sim_contacts.csv", place / "ebola_sim_linelist.csv")
    listed = {r["case_id"] for r in cases}
    lost = sum(r["infector"] not in listed or r["case_id"] not in listed for r in links)
    assert (report.cases, len(links), report.dangling) == (5888, 3800, lost)
    assert lost == 1639
    assert Link.objects.count() == len({(r["infector"], r["case_id"]) for r in links if {r["infector"], r["case_id"]} <= listed})
    assert (report.files[0].kind, report.files[0].accepted) == ("links", 3800)
    drawn(system, {(r["infector"], r["case_id"]) for r in links if {r["infector"], r["case_id"]} <= listed})
    attacked(system, chain_page.ebola(shared / "data"), date(2020, 3, 1))


def test_measles_of_1861_has_its_days_and_its_chain(system, shared):
    path = shared / "data/outbreaks-r/measles_hagelloch_1861.csv"
    truth = rows_of(path)
    report = bring(system, path)
    assert {c.source_id: str(c.onset_on) for c in Case.objects.all()} == {r["case_ID"]: r["date_of_prodrome"] for r in truth}
    assert (report.cases, report.links, report.dangling) == (188, 184, 0)
    drawn(system, {(r["infector"], r["case_ID"]) for r in truth if r["infector"] in {t["case_ID"] for t in truth}})
    attacked(system, chain_page.hagelloch(shared / "data"), date(1862, 3, 1))


def test_the_other_lists_of_r_open_and_balance(system, shared):
    place = shared / "data/outbreaks-r"
    for name, accepted in {"fluH7N9_china_2013.csv": 136, "varicella_sim_berlin.csv": 500, "rabies_car_2003_linelist.csv": 151}.items():
        assert bring(system, place / name, sender=name).files[0].accepted == accepted
    flu = rows_of(place / "fluH7N9_china_2013.csv")
    assert Case.objects.filter(sender="fluH7N9_china_2013.csv", outcome=None).count() == sum(not r["outcome"] for r in flu) == 57
    assert Person.objects.filter(sender="fluH7N9_china_2013.csv", age_years=None).count() == sum(r["age"] in ("?", "") for r in flu)


@pytest.mark.full
def test_sierra_leone_s_list_has_its_ages_in_fractions(system, shared):
    path = shared / "data/outbreaks-r/ebola_sierraleone_2014.csv"
    truth = rows_of(path)
    report = bring(system, path, zone="Africa/Freetown")
    assert report.cases == len(truth) == 11903
    assert Counter(Case.objects.values_list("classification", flat=True)) == Counter(r["status"] for r in truth)
    assert Person.objects.filter(sex=None).count() == sum(not r["sex"] for r in truth) == 2075
    assert Person.objects.filter(age_years=None).count() == sum(not r["age"] for r in truth) == 956


@pytest.mark.parametrize("name", ["dengue_fais_2011", "ebola_kikwit_1995", "zika_girardot_2015", "norovirus_derbyshire_2001_school", "sarscov2_who_2019_subset"])
def test_counts_and_cohorts_are_taken_for_no_case_list(system, shared, name):
    with pytest.raises(Refused, match="table-"):
        bring(system, shared / f"data/outbreaks-r/{name}.csv")


def test_go_data_s_relationships_and_follow_ups_find_their_people(system, shared):
    place = shared / "data/godata-sandbox"
    files = {n: rows_of(place / f"{n}_clean.csv") for n in ("followups", "relationships", "contacts", "cases")}
    report = bring(system, *(place / f"{n}_clean.csv" for n in files))
    cases, contacts = {r["uuid"] for r in files["cases"]}, {r["uuid"] for r in files["contacts"]}
    pairs = [(r["source_uuid"], r["target_uuid"]) for r in files["relationships"]]
    assert Link.objects.count() == len({(a, b) for a, b in pairs if {a, b} <= cases and a != b})
    drawn(system, {(a, b) for a, b in pairs if {a, b} <= cases and a != b})
    attacked(system, chain_page.godata(shared / "data"), counted.godata(place).last)
    assert set(Contact.objects.exclude(case=None).values_list("source_id", flat=True)) == {b for a, b in pairs if a in cases and b in contacts and b not in cases}
    seen = Counter(r["followup_status"] for r in files["followups"] if r["contact_uuid"] in contacts)
    assert Counter(DailyCheck.objects.values_list("outcome", flat=True)) == {"ok": seen["SEEN_OK"], "symptoms": seen["SEEN_NOT_OK"]}
    assert Act.objects.filter(kind="attempt", outcome="not_found").count() == seen["MISSED"]
    assert notes(report)["follow-up-not-made"] == seen["NOT_PERFORMED"] + seen["NOT_ATTEMPTED"]
    again = bring(system, *(place / f"{n}_clean.csv" for n in files))
    assert (again.totals["accepted"], again.totals["updated"]) == (0, 0)


def test_sormas_s_files_with_their_three_header_rows_open(system, shared):
    place = shared / "data/sormas-import"
    for name in ("success", "errors", "line_listing"):
        path = place / f"sormas_import_test_{name}.csv"
        with path.open(encoding="utf-8", newline="") as f:
            _, header, *rows = csv.reader(f)
        truth = [dict(zip(header, row, strict=False)) for row in rows if row and any(row)]
        report = bring(system, path, sender=name)
        assert report.files[0].accepted == len(truth)
        days = {}
        for r in truth:
            one, two, year = map(int, re.split(r"[./-]", r["reportDate"]))
            days[r["epidNumber"].strip()] = date(year, two, one) if one > 12 else date(year, one, two)
        held = Case.objects.filter(sender=name).values_list("source_id", "reported_at")
        assert {n: at.date() for n, at in held if n in days} == {n: d for n, d in days.items() if n}


def test_mers_of_korea_s_hospitals_has_the_published_chain_and_attack_rates_zone_by_zone(system):
    """The published tables as cases, links and contacts of invented persons; each zone is an area below its hospital."""
    told = chain_page.mers()
    known = datetime(2015, 6, 1, tzinfo=UTC)
    areas.grow([areas.NewArea("990", "韩国", "country")])
    zones = areas.grow([areas.NewArea(f"99{n:04d}", name, "county", parent="990") for n, (name, _, _) in enumerate(chain_page.MERS_GROUPS)])
    numbers = sorted({x for pair in told.pairs for x in pair}, key=int)
    people = population.add_persons(system, [population.PersonData(area_id=areas.root().pk, name="") for _ in numbers], known=[known] * len(numbers), sender="table")
    of = {"area_id": areas.root().pk, "disease": "mers"}
    made = cases.add_cases(system, [cases.New(p, "table", n, known, of | {"classification": "confirmed"}) for p, n in zip(people, numbers, strict=True)])
    by = dict(zip(numbers, made, strict=True))
    cases.add_links(system, [(by[a], by[b], "mers") for a, b in told.pairs], sender="table", known_from=known)
    for n, (name, exposed, ill) in enumerate(chain_page.MERS_GROUPS):
        area = zones[f"99{n:04d}"].pk
        group = population.add_persons(system, [population.PersonData(area_id=area, name="") for _ in range(exposed)], known=[known] * exposed, sender=name)
        ends = [{"became_case_at": known}] * ill + [{"released_at": known}] * (exposed - ill)
        cases.add_contacts(system, [cases.New(p, name, str(i), known, {"area_id": area, "disease": "mers", "classification": "close", "named_at": known, "case_id": by["1"]} | end) for i, (p, end) in enumerate(zip(group, ends, strict=True))])
    drawn(system, told.pairs, "mers")
    assert {name: attack_rates(system, zones[f"99{n:04d}"], "mers", date(2015, 7, 1))[0].attack for n, (name, _, _) in enumerate(chain_page.MERS_GROUPS)} == {
        name: transmission.Attack(ill, named) for name, (named, ill, _) in told.contacts.items()
    }
    [whole] = attack_rates(system, areas.root(), "mers", date(2015, 7, 1))
    assert (whole.named, whole.infected) == (sum(n for _, n, _ in chain_page.MERS_GROUPS), sum(ill for _, _, ill in chain_page.MERS_GROUPS))
