"""In the wards: what hospitals are there for, how the illness of each case goes, when it is treated."""

from .things import step
from .town import Town

HOSPITAL = """
INSERT INTO thing SELECT 'hospital', CAST(row_number() OVER (ORDER BY i) AS INTEGER), area, after_hours({begin}, -400), kind,
  json_object('unit', i, 'level', CASE kind WHEN 'clinic' THEN 'primary' ELSE 'secondary' END, 'designated', u('designated', i) < .7, 'treating', u('treats', i) < .7, 'batch_no', 1 + pick(2, 'batch', i), 'batch_beds', CASE WHEN u('beds told', i) < .9 THEN 20 END, 'told_at', after_hours({begin}, -400))
FROM unit WHERE kind IN ('clinic', 'fever_clinic');
"""
COURSE = """
INSERT INTO thing SELECT 'course', c.i, c.area, after_hours(c.reported_at, 1), CASE WHEN u('how ill', c.i) < .7 THEN 'mild' ELSE 'moderate' END,
  json_object('person', c.person, 'disease', 'covid-19', 'about_case', c.i, 'severity', CASE WHEN u('how ill', c.i) < .7 THEN 'mild' WHEN u('how ill', c.i) < .85 THEN 'moderate' ELSE 'severe' END, 'seen_at', after_hours(c.reported_at, 1)) FROM case_ c WHERE c.found_as IS NULL;
"""
#: Each case has its report card; most are looked through.
CARD = """
INSERT INTO thing SELECT 'card', c.i, c.area, c.reported_at, 'card', json_object('disease', 'covid-19', 'person', c.person, 'about_case', c.i, 'diagnosed_at', c.first_care_at, 'received_at', c.reported_at) FROM case_ c;
"""


def treat(town: Town) -> None:
    """Things of care, with their steps."""
    town.run(HOSPITAL)
    town.run(COURSE)
    step(town, "course", "treated_at", 18)
    town.run(CARD)
    step(town, "card", "reviewed_at", 20)
