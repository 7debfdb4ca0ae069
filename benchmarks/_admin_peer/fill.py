"""`python -m benchmarks._admin_peer.fill ROWS USERS`: tables, persons by COPY, and accounts that may look at everything; prints a session's cookie for each account."""

import csv
import json
import os
import sys

import django


def main(rows: str, users: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks._admin_peer.settings"
    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.db import connection

    from benchmarks._admin_peer.models import Person, Village

    call_command("migrate", run_syncdb=True, verbosity=0)
    with open(rows, encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    Person.objects.all().delete()
    villages = {code: Village.objects.update_or_create(code=code, defaults={"name": name})[0].pk for code, name in sorted({(r["village"], r["village_name"]) for r in told if r["village"]})}
    columns = ("id", "name", "sex", "birth_date", "birth_year", "phone", "village_id")
    with connection.cursor() as cursor, cursor.copy(f"COPY peer_person ({', '.join(columns)}) FROM STDIN") as copy:
        for r in told:
            copy.write_row((r["id"], r["name"], r["sex"], r["birth_date"] or None, r["birth_year"] or None, r["phone"], villages.get(r["village"])))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    cookies = []
    for nth in range(users):
        user, _ = User.objects.get_or_create(username=f"reader{nth}", defaults={"is_staff": True, "is_superuser": True})
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend", user.get_session_auth_hash()
        session.create()
        cookies.append(session.session_key)
    print(json.dumps({"sessions": cookies, "villages": villages, "version": django.get_version()}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
