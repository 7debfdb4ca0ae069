"""The pages of grades: what the rules say with every figure, whom a grade touches, the signature, and what stays as it is."""

from datetime import timedelta

import pytest

from sizao.kernel import clock, content
from sizao.kernel.models import ContentItem, Enactment
from sizao.kernel.scope import Scope
from sizao.plan.grading import rulesets
from sizao.registers.command.models import AreaGrade, AreaReview

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
NATIONAL, STRICTER = "risk-national-2020-02-17", "risk-stricter-example"


def enacted(county, name, area=None):
    """A set put in force by two people."""
    content.load(Scope.system("t"), kinds=("grading",))
    one, two = county.user("operator"), county.user("operator")
    made = content.propose(one, content.newest("grading", name), area or county.root, "covid-19", clock.now() - timedelta(minutes=1))
    return content.second(two, made)


def fill(today, **more):
    return {"do": "sign", "value": "medium", "said": "medium", "seen": "", "review": (today + timedelta(days=7)).isoformat(), "ends": (today + timedelta(days=14)).isoformat()} | more


@pytest.fixture
def graded(outbreak):
    """The one case of the outbreak under the national text: one new case in 14 days, one in all."""
    enacted(outbreak.county, NATIONAL)
    outbreak.chief = outbreak.client(outbreak.county.user("commander"), "en")
    outbreak.today = clock.local_day(clock.now(), "Asia/Shanghai")
    return outbreak


def test_without_rules_the_page_says_so(outbreak):
    answer = outbreak.client(outbreak.county.user("commander"), "en").get("/grades")
    assert answer.status_code == 200 and "No rules for grades are in force" in answer.content.decode()


def test_the_board_lists_the_ungraded_county_and_its_page_gives_every_figure(graded):
    board = graded.chief.get("/grades").content.decode()
    assert 'data-proposal="990001"' in board and "cases: 1" in board
    text = graded.chief.get("/grades/area?area=990001").content.decode()
    assert 'data-holds="False"' in text and 'data-holds="True"' in text and "<b>1 persons</b>" in text
    assert "Village 1-1" in text.split('id="smallest"')[1]
    zh = graded.client(graded.county.user("commander")).get("/grades/area?area=990001").content.decode()
    assert "近14天新增病例为0" in zh and "累计病例不大于50" in zh


def test_a_commander_signs_with_review_and_end_and_the_act_is_on_record(graded):
    done = graded.chief.post("/grades/sign?area=990001", fill(graded.today))
    assert done.status_code == 303
    line = AreaGrade.objects.get(scale="risk")
    assert (line.value, line.rule.split("@")[0], line.sender[:5]) == ("medium", NATIONAL, "post:")
    assert clock.local_day(line.review_by - timedelta(seconds=1), "Asia/Shanghai") == graded.today + timedelta(days=7)
    assert clock.local_day(line.ends_at - timedelta(seconds=1), "Asia/Shanghai") == graded.today + timedelta(days=14)
    assert "new cases in 14 days 1" in line.basis and not AreaReview.objects.exists()
    assert 'data-proposal="990001"' not in graded.chief.get("/grades").content.decode()


def test_who_may_only_look_signs_nothing(graded):
    client = graded.client(graded.county.user("cdc"))
    assert client.post("/grades/sign?area=990001", fill(graded.today)).status_code == 403
    assert "do-sign" not in client.get("/grades/area?area=990001").content.decode()
    assert not AreaGrade.objects.filter(scale="risk").exists()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"value": "low"}, "grade-without-reason"),  # other than the rules say, and no word why
        ({"said": "low"}, "grade-changed-meanwhile"),  # the rules said otherwise when the page was shown
        ({"seen": "0198c0de-0000-7000-8000-000000000000"}, "grade-changed-meanwhile"),
        ({"ends": "2031-01-01"}, "grade-dates-wrong"),
        ({"review": ""}, "bad-value"),
        ({"value": "purple"}, "bad-value"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_and_nothing_is_signed(graded, more, code):
    answer = graded.chief.post("/grades/sign?area=990001", fill(graded.today, **more))
    assert answer.status_code in (409, 422) and code in answer.content.decode()
    assert not AreaGrade.objects.filter(scale="risk").exists()


def test_lowering_is_the_same_act_and_the_second_of_two_is_told(graded):
    graded.chief.post("/grades/sign?area=990001", fill(graded.today))
    line = AreaGrade.objects.get(scale="risk")
    done = graded.chief.post("/grades/sign?area=990001", fill(graded.today, value="low", seen=str(line.pk), reason="all cases found among contacts kept apart"))
    assert done.status_code == 303
    assert [r.outcome for r in AreaReview.objects.all()] == ["lowered"]
    again = graded.chief.post("/grades/sign?area=990001", fill(graded.today, value="high", seen=str(line.pk), reason="x"))
    assert again.status_code == 409
    values = list(AreaGrade.objects.filter(scale="risk").order_by("starts_at").values_list("value", flat=True))
    assert values == ["medium", "low"]


def test_declining_needs_a_reason_keeps_what_is_in_force_and_starts_the_review_anew(graded):
    assert graded.chief.post("/grades/sign?area=990001", fill(graded.today, do="keep")).status_code == 422
    assert graded.chief.post("/grades/sign?area=990001", fill(graded.today, do="keep", reason="one imported case")).status_code == 303
    [look] = AreaReview.objects.all()
    assert look.outcome == "kept" and "one imported case" in look.basis and "declines" in look.basis
    assert not AreaGrade.objects.filter(scale="risk").exists()
    assert "one imported case" in graded.chief.get("/grades/area?area=990001").content.decode()


def test_rules_that_grade_parts_offer_the_village_and_the_county_then_counts_without_it(outbreak):
    enacted(outbreak.county, STRICTER)
    chief = outbreak.client(outbreak.county.user("commander"), "en")
    today = clock.local_day(clock.now(), "Asia/Shanghai")
    text = chief.get("/grades/area?area=990001").content.decode()
    assert "Decide for Village 1-1 alone" not in text  # incidence cannot be told without a population figure
    assert "no population figure" in text
    from sizao.registers.command.actions import Grading, grade_areas

    codes = dict.fromkeys(("990001", "990001101", "990001101201"), 5000)
    grade_areas(Scope.system("t"), [Grading(outbreak.county.areas[c].pk, "population", "persons", clock.now() - timedelta(days=1), number=n * 10) for c, n in codes.items()], sender="t")
    text = chief.get("/grades/area?area=990001").content.decode()
    assert "Decide for Village 1-1 alone" in text
    village = chief.get("/grades/area?area=990001101201&value=medium").content.decode()
    assert "do-sign" in village
    assert chief.post("/grades/sign?area=990001101201", fill(today)).status_code == 303
    board = chief.get("/grades").content.decode()
    assert 'data-proposal="990001101201"' not in board
    county = chief.get("/grades/area?area=990001").content.decode()
    assert "grade of their own are left out: 1" in county and "No case in the last 28 days" in county


def test_whom_it_touches_is_counted_and_the_list_behind_a_number_opens(graded):
    from plan.three_measures import TEXT

    text = TEXT.replace("    for: contact\n", "    for: contact\n    while: area.grade in ('medium', 'high')\n", 1)
    item = ContentItem.objects.create(kind="plan", item_id="gated", sha256="1" * 64, text=text, body={}, source="edition.yaml")
    trial = content.propose(graded.desk, item, graded.county.root, "covid-19", clock.now() - timedelta(days=9), trial=True)
    page = graded.chief.get("/grades/affected?area=990001&value=medium", HTTP_HX_REQUEST="true").content.decode()
    row = page.split('data-measure="contact-daily-check"')[1].split("</tr>")[0]
    assert ">3</a>" in row and f"held={trial.pk}" in row
    behind = graded.chief.get(f"/grades/affected?area=990001&value=medium&measure=contact-daily-check&change=obliged&held={trial.pk}")
    assert behind.content.decode().split('id="rows"')[1].count("<tr>") == 3
    assert "not told" in page.split("Places to isolate")[1][:200]  # no bed was told: it cannot be told whether they suffice


def test_the_course_as_a_file_has_a_line_for_each_part_and_day(graded):
    lines = graded.chief.get("/grades/course.csv?area=990001&days=30").content.decode("utf-8-sig").splitlines()
    assert lines[0] == "code,area,date,in_force,by_rules,rules" and len(lines) == 1 + 2 * 30
    last = [line.split(",") for line in lines if graded.today.isoformat() in line]
    assert [(c[0], c[4]) for c in last] == [("990001101", "medium"), ("990001102", "low")]


def test_a_set_of_rules_needs_two_people_and_the_later_decision_counts(graded):
    assert [g.rules.id for g in rulesets.governing(clock.now())] == [NATIONAL]
    one, two = (graded.client(graded.county.user("operator"), "en") for _ in range(2))
    one.post("/grades/rules/enact", {"rules": STRICTER})
    waiting = Enactment.objects.get(item__item_id=STRICTER)
    assert one.post("/grades/rules/enact", {"enactment": waiting.pk}).status_code in (403, 409, 422)
    assert [g.rules.id for g in rulesets.governing(clock.now())] == [NATIONAL]
    assert two.post("/grades/rules/enact", {"enactment": waiting.pk}).status_code == 302
    assert [g.rules.id for g in rulesets.governing(clock.now())] == [STRICTER]
    text = one.get("/grades/rules").content.decode()
    assert "an example" in text and "new_cases_14d = 0" in text and "no population figure" in text


def test_anyone_reads_the_grade_its_rule_and_its_end_and_no_figure(graded):
    graded.chief.post("/grades/sign?area=990001", fill(graded.today, reason="one imported case, found at the gateway"))
    from django.test import Client

    visitor = Client(HTTP_HOST="localhost")
    visitor.cookies["sizao-language"] = "en"
    page = visitor.get("/public/rules").content.decode()
    row = page.split('data-grade="990001"')[1].split("</tr>")[0]
    assert "medium" in row and "National guidance of 17 February 2020" in row and "cases in all is at most 50" in row and NATIONAL in row
    assert "imported" not in page and "new cases in 14 days 1" not in page


def test_the_tiles_count_what_the_map_shows(graded):
    """The county is graded as a whole; the map shows its two townships, which have the county's grade. The tiles say two, as the map does."""
    import re

    graded.chief.post("/grades/sign?area=990001", fill(graded.today))
    board = graded.chief.get("/grades").content.decode()
    tiles = dict(re.findall(r'data-grade="(\w+)"><span class="n">(\d+)</span>', board))
    shown = re.findall(r'data-force="(\w+)"', board)
    assert len(shown) == 2 and [line[-1] for line in shown] == ["m", "m"]
    assert tiles == {"low": "0", "medium": "2", "high": "0"} and "of 2 on the map" in board


def level(today, **more):
    days = {"review": (today + timedelta(days=7)).isoformat(), "ends": (today + timedelta(days=30)).isoformat()}
    return {"do": "sign", "value": "ii", "seen": "", "basis": "Notice 7", "reason": "no new case for 14 days"} | days | more


def test_a_response_level_is_signed_looked_at_lowered_and_ended(graded):
    page = graded.chief.get("/grades/levels?area=990001").content.decode()
    assert "No response level is in force" in page and "do-sign" in page
    assert graded.chief.post("/grades/levels?area=990001", level(graded.today, value="i")).status_code == 303
    first = AreaGrade.objects.get(scale="response")
    assert (first.value, first.basis) == ("i", "Notice 7 · no new case for 14 days")
    for n, (told, outcome) in enumerate(
        [({"value": "iii"}, "lowered"), ({"value": "ii"}, "raised"), ({"do": "keep"}, "kept"), ({"do": "end"}, "ended")]
    ):
        standing = AreaGrade.objects.filter(scale="response").order_by("starts_at").last()
        with clock.frozen(clock.now() + timedelta(minutes=n + 1)):
            assert graded.chief.post("/grades/levels?area=990001", level(graded.today, seen=str(standing.pk), **told)).status_code == 303
        assert AreaReview.objects.filter(scale="response").order_by("reviewed_at").last().outcome == outcome
    assert "Notice 7" in graded.chief.get("/grades/levels?area=990001").content.decode()
    assert not AreaGrade.objects.filter(scale="risk").exists()


@pytest.mark.parametrize(
    ("code", "more", "refused"),
    [
        ("990001", {"basis": ""}, "level-without-basis"),
        ("990001", {"reason": " "}, "grade-without-reason"),
        ("990001", {"value": "high"}, "bad-value"),
        ("990001", {"seen": "0198c0de-0000-7000-8000-000000000000"}, "grade-changed-meanwhile"),
        ("990001", {"ends": "2031-01-01"}, "grade-dates-wrong"),
        ("990001", {"do": "end"}, "grade-already-so"),
        ("990001", {"do": "wish"}, "bad-value"),
        ("990001101", {}, "level-not-here"),  # a township has the level of its county
    ],
)
def test_what_no_level_rests_on_is_refused_and_nothing_is_written(graded, code, more, refused):
    answer = graded.chief.post(f"/grades/levels?area={code}", level(graded.today, **more))
    assert answer.status_code in (409, 422) and refused in answer.content.decode()
    assert not AreaGrade.objects.filter(scale="response").exists()


def test_a_part_has_the_level_of_the_area_above_and_says_whose(graded):
    graded.chief.post("/grades/levels?area=990001", level(graded.today))
    page = graded.chief.get("/grades/levels?area=990001101").content.decode()
    assert "that of Qinghe County" in page and "do-sign" not in page and "decides none of its own" in page
    assert graded.client(graded.county.user("cdc")).post("/grades/levels?area=990001", level(graded.today)).status_code == 403


def test_whom_another_response_level_touches_is_asked_on_its_own_scale(graded):
    text = graded.chief.get("/grades/affected?area=990001&scale=response&value=i").content.decode()
    assert "level I" in text and "scale=response" in graded.chief.get("/grades/levels?area=990001").content.decode()
