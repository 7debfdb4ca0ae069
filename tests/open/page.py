"""The page that says, for each published set and each measure, what its files decide, or why they cannot: written from the count alone."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from open import counted, owed
from open.counted import Counted

SINGAPORE = [f"COVID-19_Singapore_{v}.csv" for v in ("data_revised", "eg_update_edges", "first_version")]


@dataclass(frozen=True)
class Set:
    """Lists that are opened together. `files`: below `folder`; none means all with a name that is not Latin."""

    title: str
    folder: str
    files: tuple[str, ...]
    count: Callable[[Path], Counted]
    zone: str = "UTC"
    disease: str = "unspecified"

    def paths(self, data: Path) -> list[Path]:
        place = data / self.folder
        return [place / f for f in self.files] if self.files else sorted(p for p in place.iterdir() if not p.name.isascii())

    def read(self, data: Path) -> Counted:
        return self.count(data / self.folder)


def _one(name: str, read: Callable[[Path], Counted], folder: Path) -> Counted:
    return read(folder / name)


def _of_r(name: str, title: str) -> Set:
    return Set(title, "outbreaks-r", (name,), partial(_one, name, counted.of_r))


SETS = {
    "guatemala": Set("Guatemala City 2020 (Go.Data in Spanish): cases, their report, contacts, follow-ups", "godata-guatemala-2020", ("rastreo_cases.csv", "report_cases.csv", "rastreo_contacts.csv", "rastreo_followups.csv"), counted.guatemala, "America/Guatemala", "covid-19"),
    "godata": Set("Go.Data, a training outbreak: cases, contacts, relationships, follow-ups, laboratory", "godata-sandbox", tuple(f"{n}_clean.csv" for n in ("cases", "contacts", "relationships", "followups", "lab_results")), counted.godata, "UTC", "covid-19"),
    "korea": Set("DS4C, Korea 2020: patients", "ds4c-korea-2020", ("PatientInfo.csv",), partial(_one, "PatientInfo.csv", counted.korea), "Asia/Seoul", "covid-19"),
    "china": Set("Six Chinese provinces, early 2020", "wuhan2020-cn-linelist", (), counted.china, "Asia/Shanghai", "covid-19"),
    **{f"singapore {i}": Set(f"Singapore 2020, {('revised', 'dates turned by a spreadsheet', 'first version')[i - 1]}", "singapore-2020", (name,), partial(_one, name, counted.singapore), "Asia/Singapore", "covid-19") for i, name in enumerate(SINGAPORE, 1)},
    "sormas": Set("SORMAS import files: cases, contacts", "sormas-import", ("sormas_contact_import_test.csv", "sormas_import_test_errors.csv", "sormas_import_test_line_listing.csv", "sormas_import_test_success.csv"), counted.sormas),
    "ebola": _of_r("ebola_sim_linelist.csv", "R: simulated Ebola"),
    "sierra leone": _of_r("ebola_sierraleone_2014.csv", "R: Ebola, Sierra Leone 2014"),
    "h7n9": _of_r("fluH7N9_china_2013.csv", "R: influenza A(H7N9), China 2013"),
    "rabies": _of_r("rabies_car_2003_linelist.csv", "R: rabies, Central African Republic 2003"),
    "varicella": _of_r("varicella_sim_berlin.csv", "R: simulated varicella"),
}  # fmt: skip
LARGE = ("ebola", "sierra leone")

WHY = {
    "not-kept:case.investigated": "no column of investigations",
    "not-kept:stay.admitted": "no column of isolation or admission",
    "not-kept:source.judged": "infectors and sources are told without the day on which they were judged",
    "not-kept:isolation.daily_check": "no follow-up names the contact, or the log of follow-ups begins later",
    "not-kept:daily_health": "not visited; whether he told of himself is not in the files",
    "not-kept:contact.released": "ends of observation are told, releases after tests are not",
    "not-kept:lab.sampled": "no sample with its day, or none told below that area by then",
    "not-kept:lab.resulted": "results are told without their day",
    "unknown:contact": "contacts are not listed with the cases, or listed for nobody",
    "unknown:contact_total": "how many contacts the case had is not told",
    "unknown:class": "the class of the case is not told",
    "unknown:resulted_at": "the result is told without its day",
    "undated:reported_at": "no day of report",
    "undated:confirmed_at": "no day of confirmation",
    "undated:last_exposure_on": "no day of last exposure",
    "part:sampled": "waits for the sample",
    "undated:$clock": "before the text has a figure (20 January 2020)",
    "undated:$test_days": "before the text has a figure (11 May 2021)",
    "undated:$result_clock": "before the text has a figure (28 December 2020)",
    "undated:$detect_within": "before the text has a figure (1 September 2021)",
    "undated:$respond_within": "before the text has a figure (1 September 2021)",
}


def written(data: Path) -> str:
    lines = [
        "# What published lists decide", "",
        "Of each published set that the tests open as it came, by the basic plan and by `today`, at the end of its last day: what its files decide, or why they cannot.",
        "The figures are counted from the files with the standard library alone (`tests/open/counted.py`, `owed.py`); the tests hold the program's coverage, its missing and its",
        "reasons equal to them, measure by measure and area by area. Measures that none of the files is about are left out. Coverage = (in time + late) / owed.", "",
    ]  # fmt: skip
    for one in SETS.values():
        of = one.read(data)
        lines += [f"## {one.title}", "", f"{len(of.cases):,} cases, {len(of.contacts):,} contacts, {len(of.samples):,} samples with their day; to {of.last.isoformat()}.", ""]
        lines += ["| plan | measure | owed | in time | late | overdue | coverage | not due | cannot tell, and why |", "|---|---|---|---|---|---|---|---|---|"]
        for plan in ("contact-tracing-basic", "today"):
            duties = owed.duties(plan, of)
            for measure in sorted({d.measure for d in duties}):
                lines.append(_line(plan, measure, [d for d in duties if d.measure == measure]))
        lines.append("")
    return "\n".join(lines)


def _line(plan: str, measure: str, duties: list[owed.Duty]) -> str:
    n = Counter(d.state for d in duties)
    due = n["met"] + n["late"] + n["overdue"]
    why = Counter(d.reason for d in duties if d.reason)
    said = "; ".join(f"{count:,}: {WHY[reason]} (`{reason}`)" for reason, count in sorted(why.items(), key=lambda x: -x[1]))
    share = f"{(n['met'] + n['late']) / due:.1%}" if due else "—"
    cells = [f"{n[s]:,}" if due else "—" for s in ("met", "late", "overdue")]
    return f"| {plan} | {measure} | {due or '—'} | {' | '.join(cells)} | {share} | {n['ahead'] + n['open'] or '—'} | {said or '—'} |"
