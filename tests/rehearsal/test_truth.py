"""What the plan reports is what the city knows of itself; and where it were not, this comparison would say so."""

from datetime import date

import duckdb
import pytest

from sizao.rehearsal import truth
from sizao.rehearsal.city import make
from sizao.rehearsal.rehearse import live

pytestmark = pytest.mark.django_db
FIRST = date(2020, 6, 16)
#: In the full run as PostgreSQL reports them, all ten; as the mirror does, and of the first PostgreSQL too, they are held against their truth in CI (tests/plan/mirror).
SEEDS = range(1, 11)


def change(city, file, sql):
    """One of the city's records rewritten, as if somebody had lost or altered it on the way to the register."""
    place, new = city / "records" / f"{file}.parquet", city / "records" / f"{file}.new"
    told = sql.format(f"read_parquet('{place}')")
    duckdb.execute(f"COPY ({told}) TO '{new}' (FORMAT parquet)")
    new.rename(place)


@pytest.fixture
def city(tmp_path):
    return make(tmp_path, size="2k", days=16, seed=11, first=FIRST)


@pytest.mark.full
@pytest.mark.parametrize("seed", SEEDS)
def test_the_report_is_the_truth_for_every_measure_area_and_day(seed, tmp_path):
    found = live(make(tmp_path, size="20k", days=30, seed=seed, first=FIRST))
    assert found.differences == []
    assert found.cells > 90_000 and found.rows > 240_000
    told = {what for counts in found.by_measure.values() for what in counts}
    assert {"met", "late", "overdue", "cannot_tell", "unlisted", "ownerless", "looked at", "untrue"} <= told
    assert set(truth.EDITIONS) == {name.partition(" ")[0] for name in found.by_measure}
    assert len(found.by_measure) > 500  # parts of measures with something to compare


def test_the_report_of_the_edition_of_now_is_the_truth_in_a_city_that_lives_now(tmp_path):
    found = live(make(tmp_path, size="2k", days=10, seed=5, first=date(2024, 3, 4)), ["today"])
    assert (found.differences, found.apart) == ([], [])
    assert len(found.by_measure) > 15


#: Register → (measure, which of its rows is lost on the way): one that alone closes what it is evidence of.
LOST = {
    "check": ("contact-daily-check", """JOIN '{0}/truth/contact.parquet' c ON d.filed_about = 'contact:' || c.i WHERE c.released_at IS NULL AND c.became_case_at IS NULL
        AND d.period BETWEEN c.observation_from AND c.last_exposure_on + 14 AND d.told_at < TIMESTAMP '2020-06-30'"""),
    "investigated": ("case-investigated", "JOIN '{0}/truth/case.parquet' c ON d.filed_about = 'case:' || c.i WHERE c.class0 IN ('confirmed', 'asymptomatic') AND d.told_at < TIMESTAMP '2020-06-30'"),
    "result": ("result-in-time", """JOIN '{0}/truth/specimen.parquet' c ON d.filed_about = 'specimen:' || c.i WHERE d.outcome = 'negative' AND d.told_at < TIMESTAMP '2020-06-30'
        AND c.person NOT IN (SELECT person FROM '{0}/truth/case.parquet' UNION ALL SELECT person FROM '{0}/truth/contact.parquet')"""),
    "report": ("unit-daily-report", """JOIN '{0}/town/unit.parquet' c ON d.filed_about = 'unit:' || c.i JOIN '{0}/town/area.parquet' a ON a.i = c.area
        JOIN '{0}/town/said.parquet' s ON s.value = 'medium' AND s.area = coalesce(a.township, a.i) WHERE d.period = DATE '2020-06-22'"""),
}


def test_one_row_that_never_reached_its_register_in_each_of_four_and_one_time_that_was_shifted_are_found(city):
    lost = {}
    for kind, (measure, which) in LOST.items():
        [(key, about)] = duckdb.execute(
            f"SELECT min(d.key), d.filed_about FROM '{city}/truth/deed.parquet' d {which.format(city)} AND d.kind = '{kind}' "
            "GROUP BY d.filed_about, d.filed_person, d.period HAVING count(*) = 1 AND min(d.conduct) = 'done' ORDER BY 1 LIMIT 1"
        ).fetchall()
        change(city, kind, f"SELECT * FROM {{}} WHERE key <> '{key}'")
        lost[measure, about] = ("overdue", "met")
    change(city, "handover", "SELECT * REPLACE (CASE WHEN i = 1 THEN sent_at + INTERVAL 3 HOUR ELSE sent_at END AS sent_at) FROM {}")
    found = live(city, ["contact-tracing-basic"]).differences
    assert {(d.measure.partition(" ")[2], d.subject): (d.reported, d.true) for d in found if d.subject != "handover:1"} == lost
    assert "handover-answered" in {d.measure.partition(" ")[2] for d in found if d.subject == "handover:1"}


@pytest.mark.full
def test_a_city_that_lives_seventy_days_tells_of_what_is_asked_by_the_month(tmp_path):
    found = live(make(tmp_path, size="2k", days=70, seed=3, first=FIRST))
    assert found.differences == []
    assert {"2020-02-03-centre funding-guarantee.paid", "2020-01-26-province animal-disease-surveillance.sampled", "2020-06-city-normal recovered-monthly-test"} <= found.by_measure.keys()
