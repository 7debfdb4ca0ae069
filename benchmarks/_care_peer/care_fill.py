"""`python care_fill.py ROWS USERS`, run by CARE's interpreter in CARE's folder: its tables, the persons by its ORM, district administrators to ask for them.

A county is its district, a village its local body with one facility, a grid its ward: the levels by which its list of patients can be filtered.
The newest person was also changed last, so that its order is ours.
"""

import csv
import json
import secrets
import sys
from datetime import UTC, date, datetime, timedelta

import django

SEXES = {"male": 1, "female": 2}
BATCH = 2000


def main(rows: str, users: int) -> None:
    sys.path.insert(0, ".")
    django.setup()
    from care.facility.models import Facility, PatientRegistration
    from care.users.models import District, LocalBody, State, User, Ward
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, interactive=False)
    with open(rows, encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    PatientRegistration.objects.all()._raw_delete("default")
    state, _ = State.objects.get_or_create(name="省")
    district, _ = District.objects.get_or_create(state=state, name="县")
    password = secrets.token_urlsafe(12)
    accounts = []
    for nth in range(users):
        user, _ = User.objects.get_or_create(username=f"reader{nth}", defaults={"user_type": User.TYPE_VALUE_MAP["DistrictAdmin"], "gender": 1, "phone_number": "+911234567890"})
        user.state, user.district, user.verified = state, district, True
        user.set_password(password)
        user.save()
        accounts.append(user.username)
    maker = User.objects.get(username=accounts[0])
    bodies, facilities, wards = {}, {}, {}
    for code, name in sorted({(r["village"], r["village_name"]) for r in told}):
        body, _ = LocalBody.objects.get_or_create(district=district, body_type=1, name=f"{name} {code}".strip() or "无", defaults={"localbody_code": code})
        bodies[code] = body.pk
        found = Facility.objects.filter(local_body=body).first()
        facilities[code] = (found or Facility.objects.create(name=f"{name}卫生室", facility_type=2, address="", local_body=body, created_by=maker)).pk
    for village, grid in sorted({(r["village"], r["grid"]) for r in told}):
        wards[grid] = Ward.objects.get_or_create(local_body_id=bodies[village], name=grid, number=1)[0].pk
    first = datetime(2024, 1, 1, tzinfo=UTC)
    field = PatientRegistration._meta.get_field("modified_date")
    field.auto_now = False  # the order in which they were changed is told
    newest = len(told)
    for start in range(0, newest, BATCH):
        PatientRegistration.objects.bulk_create(
            PatientRegistration(
                external_id=r["id"], facility_id=facilities[r["village"]], name=r["name"], gender=SEXES.get(r["sex"], 3), phone_number=r["phone"], emergency_phone_number=r["phone"],
                date_of_birth=date.fromisoformat(r["birth_date"]) if r["birth_date"] else None, year_of_birth=int(r["birth_year"] or 1900), is_antenatal=False, ward_id=wards[r["grid"]],
                local_body_id=bodies[r["village"]], district=district, state=state, created_by=maker, last_edited=maker, modified_date=first + timedelta(seconds=newest - start - nth),
            )
            for nth, r in enumerate(told[start : start + BATCH])
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(json.dumps({"accounts": accounts, "password": password, "bodies": bodies, "left_out": settings.LEFT_OUT, "version": django.get_version()}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
