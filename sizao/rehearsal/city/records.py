"""What is left in files. `truth`: what each did and left undone. `records`: what was filed, as it comes to the registers. `town`: who and what is there."""

from pathlib import Path

from .town import Town

#: Files that both need: nobody's conduct is in them.
TOWN = {
    "area": "SELECT a.*, CAST(NULL AS DATE) AS since, c.on_day AS until, c.kind AS became FROM area a LEFT JOIN closed c ON c.area = a.i UNION ALL SELECT *, NULL, NULL FROM founded ORDER BY i",
    "unit": "SELECT * FROM unit ORDER BY i",
    "post": "SELECT * FROM post ORDER BY i",
    "household": "SELECT i, members, area, twin FROM household ORDER BY i",
    "person": "SELECT * FROM person ORDER BY i",
    "said": "SELECT * FROM said ORDER BY starts_at, area, scale",
}
TRUTH = {
    "deed": "SELECT * FROM deed ORDER BY kind, key, about",
    "infection": "SELECT * FROM infection ORDER BY person",
    "case": "SELECT c.*, t.total AS met FROM case_ c LEFT JOIN told_total t ON t.case_ = c.i ORDER BY c.i",
    "contact": "SELECT * FROM contact ORDER BY i",
    "specimen": "SELECT * FROM specimen ORDER BY i",
    "handover": "SELECT * FROM handover ORDER BY i",
    "symptom": "SELECT * FROM symptom ORDER BY i",
    "signal": "SELECT * FROM signal ORDER BY i",
    "thing": "SELECT * FROM thing ORDER BY register, i",
    "silence": "SELECT * FROM silence ORDER BY unit",
    "hushed": "SELECT i AS area FROM hushed ORDER BY i",
}
FILED = """
SELECT key, about, person, area, moment, period, outcome, number, more FROM (
  SELECT key, filed_about AS about, filed_person AS person, area, told_at AS moment, period, outcome, number, more FROM deed WHERE kind = '{kind}' AND told_at < {end}
  UNION ALL SELECT key || '/2', filed_about, filed_person, area, told_at + INTERVAL 7 MINUTE, period, outcome, number, more FROM deed WHERE kind = '{kind}' AND conduct = 'doubled' AND told_at + INTERVAL 7 MINUTE < {end}
) ORDER BY moment, key
"""
#: What is filed of each kind of work, under the name of its file.
KINDS = {
    "check": "check", "investigated": "investigated", "source": "source", "admitted": "admitted", "taken_in": "taken in", "stay_ended": "stay ended",
    "report": "report", "visit": "visit", "answer": "answer", "came": "came", "result": "result",
}  # fmt: skip
#: What comes to be known of a case or contact after it was filed, and from when that stands.
LATER = """
SELECT * FROM (
  SELECT 'case:' || i AS about, judged_at AS moment, 'class' AS what, class1 AS value FROM case_ WHERE judged_at < {end}
  UNION ALL SELECT 'case:' || i, outcome_at, 'outcome', outcome1 FROM case_ WHERE outcome_at < {end}
  UNION ALL SELECT 'contact:' || i, released_at, 'released', NULL FROM contact WHERE released_at IS NOT NULL
  UNION ALL SELECT 'contact:' || i, became_case_at, 'became', NULL FROM contact WHERE became_case_at IS NOT NULL
) ORDER BY moment, about
"""
#: Things as they were told at first, with the times of the steps that were taken.
THING = """
SELECT t.register, t.i, t.area, t.known_at, json_merge_patch(t.told, coalesce(s.steps, '{{}}')) AS told FROM thing t
LEFT JOIN (SELECT filed_about AS about, json_group_object(split_part(kind, '.', 2), strftime(told_at, '%Y-%m-%d %H:%M:%S.%f')) AS steps FROM deed WHERE kind LIKE 'step:%' AND told_at < {end} GROUP BY filed_about) s ON s.about = t.register || ':' || t.i
WHERE t.known_at < {end} ORDER BY t.register, t.i
"""
RECORDS = {
    "case": "SELECT c.i, c.person, c.area, c.class0, c.onset_on, c.first_care_at, c.reported_at, c.confirmed0, t.total AS contact_total FROM case_ c LEFT JOIN told_total t ON t.case_ = c.i ORDER BY c.i",
    "contact": "SELECT i, case_, person, area, class, named_at, last_exposure_on, observation_from, observation_until FROM contact ORDER BY i",
    "specimen": "SELECT i, person, area, sampled_at FROM specimen ORDER BY i",
    "handover": "SELECT i, area, from_area, kind, sent_at, person FROM handover ORDER BY i",
    "later": LATER,
    "symptom": "SELECT s.i, s.person, s.area, s.channel, s.found_at, r.moment AS referred_at, a.moment AS arrived_at, c.moment AS closed_at, c.outcome, u.moment AS cause_at, u.outcome AS cause FROM symptom s"
    + "".join(f" LEFT JOIN (SELECT about, told_at AS moment, outcome FROM deed WHERE kind = '{kind}' AND told_at < {{end}}) {x} ON {x}.about = 'symptom:' || s.i" for x, kind in (("r", "referred"), ("a", "arrived"), ("c", "closed"), ("u", "cause found")))
    + " WHERE s.found_at < {end} ORDER BY s.i",
    "signal": "SELECT s.i, s.area, s.raised_at, j.moment AS judged_at, j.outcome AS judgement, a.moment AS acted_at, a.outcome AS action FROM signal s"
    + "".join(f" LEFT JOIN (SELECT about, told_at AS moment, outcome FROM deed WHERE kind = '{kind}' AND told_at < {{end}}) {x} ON {x}.about = 'signal:' || s.i" for x, kind in (("j", "judged"), ("a", "acted")))
    + " WHERE s.raised_at < {end} ORDER BY s.i",
    "line": "SELECT split_part(kind, ':', 2) AS ledger, key, filed_about AS about, area, told_at AS moment, period, more FROM deed WHERE (kind LIKE 'line:%' OR kind LIKE 'fact:%') AND told_at < {end} ORDER BY ledger, moment, key",
    "thing": THING,
    "then": "SELECT split_part(split_part(kind, ':', 2), '.', 1) AS register, split_part(kind, '.', 2) AS since, key, filed_about AS about, told_at AS moment, more FROM deed WHERE kind LIKE 'then:%' AND told_at < {end} ORDER BY register, moment, key",
    "milestone": "SELECT key, filed_about AS about, area, told_at AS moment, outcome FROM deed WHERE kind = 'milestone' AND told_at < {end} ORDER BY moment, key",
    "receipt": "SELECT key, filed_about AS about, area, told_at AS moment FROM deed WHERE kind = 'reached' AND told_at < {end} ORDER BY moment, key",
    "moved": "SELECT filed_about AS about, area, more FROM deed WHERE kind = 'moved' AND told_at < {end} ORDER BY key",
    "filing": "SELECT split_part(kind, ':', 2) AS ledger, filed_about AS about, told_at AS moment, period FROM deed WHERE kind LIKE 'filed:%' AND told_at < {end} ORDER BY ledger, moment, key",
}


def write(town: Town, folder: Path) -> None:
    """The three folders."""
    end = f"TIMESTAMP '{town.end}'"
    for name, files in (("town", TOWN), ("truth", TRUTH), ("records", RECORDS)):
        for file, sql in files.items():
            town.write(folder / name, file, sql.format(end=end))
    for file, kind in KINDS.items():
        town.write(folder / "records", file, FILED.format(kind=kind, end=end))
