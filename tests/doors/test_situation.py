"""The page of the situation: what it shows is what the room reckons, its files say the same, its lists are its numbers."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(county):
    """Brings cases, as in the tests of the room."""
    from situation.conftest import bringing

    return bringing(county)


@pytest.fixture
def desk(outbreak):
    return outbreak.client(outbreak.desk, "en")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_opens_with_a_small_outbreak(outbreak, language):
    answer = outbreak.client(outbreak.desk, language).get("/situation")
    assert answer.status_code == 200
    assert 'id="p-curve"' in answer.text


@pytest.mark.parametrize("query", ["by=onset", "by=report&step=iso", "by=confirmation&step=mmwr", "class=confirmed", "class=&from=&to=&disease=", "from=2020-01-01&to=2020-02-01", "disease=cholera"])
def test_every_choice_opens(desk, query):
    assert desk.get(f"/situation?{query}").status_code == 200


@pytest.mark.parametrize("query", ["by=birth", "step=month", "class=friendly", "from=yesterday", "from=2020-02-02&to=2020-01-01"])
def test_what_is_no_choice_is_refused_with_words(desk, query):
    assert desk.get(f"/situation?{query}").status_code == 422


def test_a_file_holds_the_panel(desk):
    for form, kind, begin in (("csv", "text/csv", b"\xef\xbb\xbf"), ("svg", "image/svg+xml", b"<?xml"), ("png", "image/png", b"\x89PNG")):
        answer = desk.get(f"/situation/curve.{form}?by=report")
        assert answer.status_code == 200 and answer["Content-Type"].startswith(kind) and answer.content.startswith(begin)
        assert "attachment" in answer["Content-Disposition"]
    assert desk.get("/situation/curve.gif").status_code == 404
    assert desk.get("/situation/nothing.csv").status_code == 404


def test_a_drawing_for_a_file_needs_no_style_and_no_script(desk):
    drawn = desk.get("/situation/curve.svg?by=report").text
    assert not re.search(r"class=|style=|<style|<script|href=", drawn)


def test_the_number_in_the_table_is_the_length_of_its_list(outbreak, desk):
    page = desk.get("/situation?by=report").text
    links = re.findall(r'<a class="go" href="(/registers/cases\?[^"]+)">([\d,]+)</a>', page)
    assert links
    for link, number in links:
        listed = desk.get(link.replace("&amp;", "&")).text
        assert len(re.findall(r'<a class="go"[^>]*href="/case/', listed)) == int(number)
    rows = list(csv.reader(io.StringIO(desk.get("/situation/curve.csv?by=report").content.decode("utf-8-sig"))))
    assert sum(int(r[1]) for r in rows[1:] if re.match(r"\d{4}-", r[0] if r else "")) == 1


@pytest.mark.parametrize("panel", ["curve", "rt", "coming", "delays", "outcomes", "clusters"])
def test_each_panel_is_a_table_too(desk, panel):
    answer = desk.get(f"/situation/{panel}.csv")
    assert answer.status_code in (200, 404)  # 404: nothing can be said of one case, and the page says why
    assert f'id="p-{panel}"' in desk.get("/situation").text
    if answer.status_code == 200:
        assert answer.content.decode("utf-8-sig").rstrip().rsplit("\n", 1)[-1].startswith("#sizao,rows=")


def test_no_name_and_no_number_of_a_person_is_on_the_page(outbreak, desk):
    page = desk.get("/situation").text
    assert not any(word in page for word in ("张小明", "李丽", "B-1", str(outbreak.people[0]), str(outbreak.case)))


def test_every_class_of_a_drawing_is_known_to_the_page_and_to_files():
    from sizao.doors.kit.charts.drawing import INK
    from sizao.doors.kit.static import ROOT

    style = (ROOT / "sizao" / "chart.css").read_text()
    assert [kind for kind in INK if not re.search(rf"\.{kind}\b", style) and kind != "x-text"] == []


def test_who_may_not_read_cases_sees_figures_and_no_way_to_rows(outbreak):
    analyst = outbreak.county.user("analyst")
    page = outbreak.client(analyst, "en").get("/situation?by=report").text
    assert 'id="p-curve"' in page and "/registers/cases?" not in page


def test_an_area_outside_is_refused(outbreak):
    team = outbreak.client(outbreak.team, "en")
    assert team.get("/situation").status_code == 200
    assert team.get(f"/situation?area={outbreak.county.root.code}").status_code == 404


def test_looking_back_shows_what_was_known(outbreak, desk, monkeypatch):
    monkeypatch.setenv("SIZAO_AS_OF", datetime(2020, 1, 1, tzinfo=UTC).isoformat())
    assert "No case is told here." in desk.get("/situation?disease=covid-19").text


def test_a_cluster_is_ringed_on_the_map_where_its_place_lies(outbreak, tell, monkeypatch):
    """Two villages side by side as squares; cases burst in the eastern one. The ring is drawn in the eastern half, and the map says how many cases each has."""
    from datetime import date, timedelta

    from sizao.kernel.models import Area
    from sizao.situation.keeping import Work

    county = outbreak.county
    west, east = (county.areas[code] for code in ("990001101201", "990001101202"))
    for area, x in ((west, 110.0), (east, 110.2)):
        Area.objects.filter(pk=area.pk).update(geometry={"type": "Polygon", "coordinates": [[[x, 30.0], [x + 0.2, 30.0], [x + 0.2, 30.2], [x, 30.2], [x, 30.0]]]})
    usual = [{"onset": date(2021, 1, 1) + timedelta(n), "report": date(2021, 1, 1) + timedelta(n), "area": (west, east)[n % 2]} for n in range(24)]
    tell([*usual, *[{"onset": date(2021, 1, 30), "report": date(2021, 1, 30), "area": east} for _ in range(15)]])
    monkeypatch.setenv("SIZAO_AS_OF", "2021-01-31T15:59:59.999999+00:00")
    monkeypatch.setattr(Work.__init__, "__defaults__", (None,))  # nothing is left to the worker
    page = outbreak.client(outbreak.desk, "en").get("/situation?area=990001101&by=report").text
    drawn = page.split('id="p-clusters"')[1].split("</svg>")[0]
    rings = re.findall(r'<circle class="x-zone" cx="([\d.]+)"', drawn)
    assert len(rings) == 1 and float(rings[0]) > 330
    assert re.findall(r'class="x-mid-strong"[^>]*>([\d,]+)<', drawn) == ["3", "19"]


def test_a_service_that_looks_back_offers_what_was_on_record_then(outbreak, desk, monkeypatch):
    assert "on record then" not in desk.get("/situation").text
    monkeypatch.setenv("SIZAO_AS_OF", datetime(2026, 1, 1, tzinfo=UTC).isoformat())
    now = desk.get("/situation?disease=covid-19").text
    assert "cases as known now" in now and "known=then" in now
    then = desk.get("/situation?disease=covid-19&known=then").text  # the outbreak of this test was put on record today
    assert "as they stood on record then" in then and "No case is told here." in then
