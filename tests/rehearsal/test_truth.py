"""What the plan reports is what the city knows of itself; and where it were not, this comparison would say so."""

from datetime import date

import duckdb
import pytest

from sizao.rehearsal import truth
from sizao.rehearsal.city import make
from sizao.rehearsal.rehearse import live

pytestmark = pytest.mark.django_db
FIRST = date(2020, 6, 16)
#: Three editions of six: the others say much of the same, and are in the long run.
SHORT = ["contact-tracing-basic", "2020-02-23-centre-recovery", "2020-06-city-normal"]


def change(city, file, sql):
    """One of the city's records rewritten, as if somebody had lost or altered it on the way to the register."""
    place, new = city / "records" / f"{file}.parquet", city / "records" / f"{file}.new"
    told = sql.format(f"read_parquet('{place}')")
    duckdb.execute(f"COPY ({told}) TO '{new}' (FORMAT parquet)")
    new.rename(place)


@pytest.fixture
def city(tmp_path):
    return make(tmp_path, size="2k", days=16, seed=11, first=FIRST)


def test_the_report_is_the_truth_for_every_measure_area_and_day(city):
    found = live(city, SHORT)
    assert found.differences == []
    assert found.cells > 1500 and found.rows > 3000
    told = {what for counts in found.by_measure.values() for what in counts}
    assert {"met", "late", "overdue", "cannot_tell", "unlisted", "ownerless", "looked at", "untrue"} <= told
    assert len(found.by_measure) > 200  # parts of measures with something to compare


def test_the_report_of_the_edition_of_now_is_the_truth_in_a_city_that_lives_now(tmp_path):
    found = live(make(tmp_path, size="2k", days=10, seed=5, first=date(2024, 3, 4)), ["today"])
    assert (found.differences, found.apart) == ([], [])
    assert len(found.by_measure) > 15


def test_one_check_that_never_reached_the_register_and_one_time_that_was_shifted_are_found(city):
    [(key, about)] = duckdb.execute(
        f"""SELECT min(d.key), min(d.filed_about) FROM '{city}/truth/deed.parquet' d JOIN '{city}/truth/contact.parquet' c ON d.filed_about = 'contact:' || c.i
        WHERE d.kind = 'check' AND c.released_at IS NULL AND c.became_case_at IS NULL AND d.period BETWEEN c.observation_from AND c.last_exposure_on + 14 AND d.told_at < TIMESTAMP '2020-06-30'
        GROUP BY d.filed_person, d.period HAVING count(*) = 1 AND min(d.conduct) = 'done' ORDER BY 1 LIMIT 1"""
    ).fetchall()
    change(city, "check", f"SELECT * FROM {{}} WHERE key <> '{key}'")
    change(city, "handover", "SELECT * REPLACE (CASE WHEN i = 1 THEN sent_at + INTERVAL 3 HOUR ELSE sent_at END AS sent_at) FROM {}")
    found = live(city, ["contact-tracing-basic"]).differences
    assert {(d.measure.partition(" ")[2], d.subject, d.reported, d.true) for d in found if d.subject == about} == {("contact-daily-check", about, "overdue", "met")}
    assert "handover-answered" in {d.measure.partition(" ")[2] for d in found if d.subject == "handover:1"}
    assert {d.subject for d in found} == {about, "handover:1"}


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1, 11))
def test_ten_cities_of_twenty_thousand_and_thirty_days(seed, tmp_path):
    found = live(make(tmp_path, size="20k", days=30, seed=seed, first=FIRST))
    assert found.differences == []
    assert set(truth.EDITIONS) == {name.partition(" ")[0] for name in found.by_measure}


@pytest.mark.full
def test_a_city_that_lives_seventy_days_tells_of_what_is_asked_by_the_month(tmp_path):
    found = live(make(tmp_path, size="2k", days=70, seed=3, first=FIRST))
    assert found.differences == []
    assert {"2020-02-03-centre funding-guarantee.paid", "2020-01-26-province animal-disease-surveillance.sampled", "2020-06-city-normal recovered-monthly-test"} <= found.by_measure.keys()
