"""What units file into ledgers, day by day: checks of themselves, cleaning, attendance, beds, classes, goods. Each line by somebody, well or badly."""

from .conduct import settle_down
from .town import Town

#: (ledger, practice, kinds that file it, every so many days, from which hour, until which, cut-off of the day)
CHECKS: tuple[tuple[str, tuple[str, ...], int, float, float], ...] = (
    ("entry_check", ("gateway",), 1, 0.5, 8), ("entry_check", ("gateway",), 1, 8.5, 16), ("entry_check", ("gateway",), 1, 16.5, 24), ("supplies", ("gateway",), 1, 6, 17),
    ("entry_check", ("transport", "hotel", "clinic", "shop"), 1, 7, 17), ("live_animals", ("market",), 1, 5, 17), ("environment", ("market",), 6, 6, 17), ("live_animals", ("shop",), 5, 6, 17),
    ("zones", ("clinic",), 1, 7, 17), ("masks", ("clinic",), 1, 7, 17), ("staff_health", ("clinic",), 1, 7, 17), ("isolation_room", ("clinic",), 1, 7, 17),
    ("supplies", ("clinic", "isolation_site"), 5, 8, 17), ("plan_drill", ("clinic", "school", "employer", "site"), 6, 8, 17),
    ("masks", ("employer", "site"), 1, 7, 17), ("ventilation", ("employer", "site"), 3, 7, 17), ("staff_health", ("employer", "site"), 3, 7, 17),
    ("masks", ("isolation_site", "welfare_home", "custody"), 2, 7, 17), ("zones", ("isolation_site",), 1, 7, 17), ("waste", ("isolation_site",), 1, 7, 17), ("ventilation", ("isolation_site",), 1, 7, 17),
)  # fmt: skip
DAILY = """
INSERT INTO chance SELECT 'line:{ledger}', '{tag}' || u.i || '-' || strftime(day, '%m%d'), 'unit:' || u.i, NULL, u.area, after_hours(day, {opens}), after_hours(day, {due}), CAST(day AS DATE), {outcome}, {number}, {values}
FROM unit u, generate_series({begin}, {end} - INTERVAL 1 DAY, INTERVAL 1 DAY) AS t(day) WHERE u.in_use AND u.kind IN ({kinds}) AND (date_diff('day', {begin}, day) + u.i) % {every} = 0;
"""
N = "pick2({n}, '{what}', u.i, day)"


def n(most: int, what: str) -> str:
    """A count that follows from the unit and the day."""
    return N.format(n=most, what=what)


#: (ledger, tag, kinds, every, opens, due, outcome, number, values)
FILED: tuple[tuple[str, str, tuple[str, ...], int, float, float, str, str, str], ...] = (
    ("cleaning", "cl", ("market", "clinic", "gateway", "transport", "school"), 1, 6, 17, "'wipe'", "NULL", "json_object('disinfection_method', 'wipe', 'disinfectant', 'chlorine')"),
    ("attendance", "at", ("clinic", "fever_clinic"), 1, 12, 17, "NULL", n(4, "fever"),
     f"json_object('persons_entered', 40 + {n(30, 'came')}, 'persons_screened', 40 + {n(30, 'came')} - CASE WHEN {n(100, 'unscreened')} < 8 THEN 2 ELSE 0 END, 'persons_fever', {n(4, 'fever')}, 'persons_admitted', {n(3, 'admits')}, 'carers_admitted', {n(2, 'carers')}, 'persons_booked', 40 + {n(30, 'came')} - CASE WHEN {n(100, 'walked in')} < 10 THEN 1 ELSE 0 END)"),
    ("beds", "bg", ("clinic", "fever_clinic", "isolation_site"), 1, 9, 17, "'general'", "20", f"json_object('bed_class', 'general', 'open_staffed', 20, 'beds_occupied', 14 + {n(7, 'full')}, 'rooms_usable', CASE WHEN u.kind = 'isolation_site' THEN 4 + {n(6, 'rooms')} END)"),
    ("beds", "bi", ("fever_clinic",), 1, 9, 17, "'isolation'", "6", f"json_object('bed_class', 'isolation', 'open_staffed', 6, 'beds_occupied', {n(7, 'full too')})"),
    ("gate_count", "ga", ("gateway",), 1, 0.5, 8, "NULL", n(4, "a"), f"json_object('persons_passed', {n(4, 'a')}, 'vehicles_passed', {n(90, 'cars a')}, 'gate_capacity', 5, '_slot', 0)"),
    ("gate_count", "gb", ("gateway",), 1, 8.5, 16, "NULL", n(4, "b"), f"json_object('persons_passed', {n(4, 'b')}, 'vehicles_passed', {n(90, 'cars b')}, 'gate_capacity', 6, '_slot', 1)"),
    ("gate_count", "gc", ("gateway",), 1, 16.5, 24, "NULL", n(4, "c"), f"json_object('persons_passed', {n(4, 'c')}, 'vehicles_passed', {n(90, 'cars c')}, 'gate_capacity', 6, '_slot', 2)"),
    ("class_check", "ca", ("class",), 1, 7.5, 9, "NULL", n(3, "ill"), f"json_object('persons_present', 38 - {n(3, 'ill')}, 'persons_temperature_taken', 38 - {n(3, 'ill')} - CASE WHEN {n(100, 'untaken')} < 5 THEN 1 ELSE 0 END, 'absent_ill', {n(3, 'ill')}, '_slot', 0)"),
    ("class_check", "cb", ("class",), 1, 12.5, 14, "NULL", n(3, "ill"), f"json_object('persons_present', 38 - {n(3, 'ill')}, 'persons_temperature_taken', 38 - {n(3, 'ill')}, 'absent_ill', {n(3, 'ill')}, '_slot', 1)"),
    ("cold_store", "tc", ("clinic", "county"), 1, 8, 12, "NULL", f"1.5 + 0.07 * {n(100, 'cold')}", f"json_object('store_temperature', 1.5 + 0.07 * {n(100, 'cold')}, '_slot', 0)"),
    ("cold_store", "td", ("clinic", "county"), 1, 13, 18, "NULL", f"1.5 + 0.07 * {n(100, 'cold too')}", f"json_object('store_temperature', 1.5 + 0.07 * {n(100, 'cold too')}, '_slot', 1)"),
    ("animal_sampling", "an", ("market",), 7, 8, 17, "NULL", f"3 + {n(6, 'animals')}", f"json_object('animals_sampled', 3 + {n(6, 'animals')})"),
    ("fever_visit", "fv", ("clinic",), 3, 8, 18, f"CASE WHEN {n(10, 'fever case')} < 2 THEN 'treated' ELSE 'referred' END", "NULL", f"json_object('fever_handling', CASE WHEN {n(10, 'fever case')} < 2 THEN 'treated' ELSE 'referred' END)"),
    ("lab_capacity", "lc", ("laboratory",), 7, 8, 12, "NULL", "500", "json_object('lab_samples_per_day', 500)"),
    ("test_demand", "td", ("test_site", "fever_clinic"), 1, 12, 17, "NULL", n(60, "asked"), f"json_object('persons_asked', {n(60, 'asked')}, 'persons_turned_away', CASE WHEN {n(100, 'away')} < 15 THEN 1 + {n(4, 'sent away')} ELSE 0 END)"),
    ("medicine_sale", "ms", ("pharmacy",), 2, 8, 19, "'fever'", "1", f"json_object('medicine_class', 'fever', 'packs_sold', 1, 'prescriber_level', CASE {n(5, 'who prescribed')} WHEN 0 THEN NULL WHEN 1 THEN 'village' WHEN 2 THEN 'tertiary' ELSE 'secondary' END, 'symptoms', CASE WHEN {n(10, 'asked what')} < 8 THEN json_array('fever') END)"),
    ("incident", "in", ("isolation_site", "clinic"), 17, 9, 20, "'exposure'", "0", "json_object('incident_kind', 'exposure', 'persons_harmed', 0)"),
    ("production", "pm", ("maker",), 1, 12, 17, "'mask_surgical'", f"800 + {n(300, 'made')}", f"json_object('item', 'mask_surgical', 'amount_output', 800 + {n(300, 'made')}, 'capacity_per_day', 1000)"),
    ("resumption", "rs", ("employer", "maker", "site", "shop"), 7, 9, 17, "NULL", f"60 + {n(41, 'back')}", f"json_object('staff_back', 60 + {n(41, 'back')}, 'output_share', 70)"),
)  # fmt: skip
#: Of these there is a line for each code: departments tell staples and money, shops tell prices.
EACH = (
    ("staple_day", "sd", ("department",), ("rice", "flour", "oil", "vegetables", "pork"), 1, 9, 16, f"json_object('item', '{{code}}', 'amount_stock', 700 + {n(400, 'stock')}, 'amount_inflow', 50, 'amount_sold', 90 + {n(40, 'sold')})", f"700 + {n(400, 'stock')}"),
    ("price_point", "pp", ("shop", "market"), ("rice", "pork", "vegetables"), 1, 8, 12, f"json_object('item', '{{code}}', 'price', 5 + {n(3, 'price')}, 'base_price', CASE WHEN {n(20, 'base')} < 18 THEN 4 END, 'passed_on_at', CASE WHEN {n(10, 'passed on')} < 5 THEN strftime(after_hours(day, 12), '%Y-%m-%dT%H:%M:%S+08:00') END, 'in_stock', {n(20, 'on the shelf')} > 0)", f"5 + {n(3, 'price')}"),
    ("funding", "fu", ("department",), ("treatment", "testing", "isolation", "goods", "subsidy", "relief"), 30, 9, 17, f"json_object('funding_use', '{{code}}', 'money_needed', 1000, 'money_committed', 900 + 50 * {n(4, 'promised')}, 'money_paid', 850 + 50 * {n(4, 'promised')})", "850"),
)  # fmt: skip
#: The day's report of ledgers whose lines come as they come: filed when the day closes, zero or not.
CLOSED = (("medicine_sale", ("pharmacy",), 1, 20), ("self_check", ("market", "shop", "school", "hotel", "clinic", "isolation_site"), 1, 20), ("roll", ("clinic", "fever_clinic", "welfare_home", "custody"), 7, 18))
CLOSING = """
INSERT INTO chance SELECT 'filed:{ledger}', 'f{ledger}' || u.i || '-' || strftime(day, '%m%d'), 'unit:' || u.i, NULL, u.area, after_hours(day, 10), after_hours(day, {due}), CAST(day AS DATE), NULL, NULL, NULL
FROM unit u, generate_series({begin}, {end} - INTERVAL 1 DAY, INTERVAL 1 DAY) AS t(day) WHERE u.in_use AND u.kind IN ({kinds}) AND ({every} = 1 OR isodow(day) = 1);
"""
#: Things that are there from the start, told once: fever thermometers at doors, rest rooms of hospitals, events announced, groups coming back, a place blocked.
ONCE = """
INSERT INTO chance SELECT 'line:equipment', 'eq' || i, 'unit:' || i, NULL, area, after_hours({begin}, 30), after_hours({begin}, 60), NULL, 'infrared_gate', CASE WHEN u('works', i) < .9 THEN 1 ELSE 0 END,
  json_object('item', 'infrared_gate', 'amount_installed', 1, 'amount_working', CASE WHEN u('works', i) < .9 THEN 1 ELSE 0 END) FROM unit WHERE kind IN ('gateway', 'transport');
INSERT INTO chance SELECT 'line:equipment', 'er' || i, 'unit:' || i, NULL, area, after_hours({begin}, 32), after_hours({begin}, 90), NULL, 'rest_room', 2, json_object('item', 'rest_room', 'amount_installed', 2, 'amount_working', 2) FROM unit WHERE kind = 'clinic' AND u('rests', i) < .7;
INSERT INTO chance SELECT 'line:event_notice', 'ev' || i, 'unit:' || i, NULL, area, after_hours(day_of(pick({days}, 'event', i)), 9), after_hours(day_of(pick({days}, 'event', i)), 18), NULL, 'banquet', 60, json_object('event_kind', 'banquet',
  'held_on', strftime(day_of(pick({days}, 'event', i) + 1 + pick(8, 'held', i)), '%Y-%m-%d'), 'persons_expected', 60, 'event_decision', CASE pick(5, 'decides', i) WHEN 0 THEN 'waiting' WHEN 1 THEN 'allowed' WHEN 2 THEN 'stopped' WHEN 3 THEN 'postponed' END,
  'event_held', CASE pick(4, 'all the same', i) WHEN 0 THEN true WHEN 1 THEN NULL ELSE false END) FROM unit WHERE kind IN ('hotel', 'village', 'canteen') AND u('celebrates', i) < .5;
INSERT INTO chance SELECT 'line:cohort', 'co' || i, 'unit:' || i, NULL, area, after_hours(day_of(pick({days}, 'group', i)), 9), after_hours(day_of(pick({days}, 'group', i)), 18), NULL, 'workers', 20, json_object('cohort_kind', 'workers', 'origin_area', (SELECT min(a.i) FROM area a WHERE a.level = 'county'),
  'returns_on', strftime(day_of(pick({days}, 'group', i) + pick(12, 'returns', i)), '%Y-%m-%d'), 'persons_planned', 20, 'persons_back', CASE pick(3, 'came already', i) WHEN 0 THEN 3 WHEN 1 THEN 0 END) FROM unit WHERE kind IN ('employer', 'maker') AND in_use AND u('sends for', i) < .2;
INSERT INTO chance SELECT 'line:place_state', 'ps' || i, 'unit:' || i, NULL, area, after_hours(day_of(3), 9), after_hours(day_of(3), 18), NULL, 'blocked', NULL, json_object('place_state', 'blocked', 'starts_on', strftime(day_of(3), '%Y-%m-%d')) FROM unit WHERE kind = 'gateway' AND u('blocked', i) < .34;
INSERT INTO chance SELECT 'line:risk_point', 'rp' || i, 'unit:' || i, NULL, area, after_hours({begin}, 10), after_hours({begin}, 100), NULL, 'screened', NULL, json_object('risk_control', 'screened', '_owner', i, 'ends_on', CASE WHEN u('risk over', i) < .2 THEN strftime(day_of(40), '%Y-%m-%d') END)
  FROM unit WHERE kind IN ('isolation_site', 'market', 'clinic', 'custody', 'welfare_home') AND u('risky', i) < .8;
INSERT INTO chance SELECT 'line:forecast', 'fo' || i || '-' || k, 'area:' || i, NULL, i, after_hours({begin}, k * 72 + (i % 50) / 60.0), after_hours({begin}, k * 72 + (i % 50) / 60.0), NULL, 'general', 20,
  json_object('bed_class', 'general', 'horizon_days', 7, 'beds_needed', CASE WHEN level = 'city' THEN 30 ELSE 20 END + pick2(90, 'beds needed', i, k), 'rooms_needed', 5 + pick2(14, 'rooms needed', i, k), 'source', 'model') FROM area, range({days} // 3) AS t(k) WHERE level IN ('city', 'county');
INSERT INTO chance SELECT 'line:economy', 'ec' || what || i || '-' || k, 'area:' || i, NULL, i, after_hours({begin}, k * 168 + 30), after_hours({begin}, k * 168 + 160), NULL, what, 100, json_object('sector', what, 'series_value', 100, 'source', 'statistics')
  FROM area, range({days} // 7 + 1) AS t(k), (SELECT unnest(['industry', 'construction', 'retail', 'transport', 'trade']) AS what) WHERE level = 'city';
INSERT INTO chance SELECT 'line:dataset', 'da' || i, 'unit:' || i, NULL, area, after_hours({begin}, 20), after_hours({begin}, 30), NULL, 'tests', 7, json_object('dataset', 'tests', 'dataset_rhythm_days', 7, 'dataset_recipients', json_array('public')) FROM unit WHERE kind IN ('laboratory', 'department');
INSERT INTO chance SELECT 'line:lesson', 'le' || k, 'area:0', NULL, 0, after_hours(day_of(6 + k * 7), 9), after_hours(day_of(6 + k * 7), 12), NULL, CASE k WHEN 0 THEN 'live_animals' ELSE 'entry_check' END, NULL,
  json_object('outside_area', 0, 'place_kind', CASE k WHEN 0 THEN 'market' ELSE 'hotel' END, 'lesson_practice', CASE k WHEN 0 THEN 'live_animals' ELSE 'entry_check' END, 'published_at', strftime(after_hours(day_of(6 + k * 7), 9), '%Y-%m-%dT%H:%M:%S+08:00')) FROM range(2) AS t(k);
"""


def file(town: Town) -> None:
    """Deeds of the kinds `line:…` (lines of ledgers) and `filed:…` (days closed)."""
    ledgers = set()
    for k, (practice, kinds, every, opens, due) in enumerate(CHECKS):
        kept = f"u2('kept {practice}', u.i, day) < .93"
        town.run(
            DAILY, ledger="self_check", tag=f"sc{k}-", kinds=_in(kinds), every=every, opens=opens, due=due, outcome=f"'{practice}'", number=f"CASE WHEN {kept} THEN 1 ELSE 0 END",
            values=f"json_object('practice', '{practice}', 'kept', {kept})",
        )  # fmt: skip
    for ledger, tag, kinds, every, opens, due, outcome, number, values in FILED:
        town.run(DAILY, ledger=ledger, tag=tag, kinds=_in(kinds), every=every, opens=opens, due=due, outcome=outcome, number=number, values=values)
        ledgers.add(ledger)
    for ledger, tag, kinds, codes, every, opens, due, values, number in EACH:
        for code in codes:
            town.run(DAILY, ledger=ledger, tag=f"{tag}{code}-", kinds=_in(kinds), every=every, opens=opens, due=due, outcome=f"'{code}'", number=number, values=values.format(code=code))
        ledgers.add(ledger)
    town.run(ONCE)
    for ledger, kinds, every, due in CLOSED:
        town.run(CLOSING, ledger=ledger, kinds=_in(kinds), every=every, due=due)
    kinds = [kind for (kind,) in town.rows("SELECT DISTINCT kind FROM chance WHERE kind LIKE 'line:%' OR kind LIKE 'filed:%' ORDER BY 1")]
    settle_down(town, *kinds, like="line")


def _in(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)
