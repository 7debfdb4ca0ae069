"""What Django itself would say of the tables."""

import pytest
from django.core.management import call_command


def test_every_model_stands_as_its_migrations_make_it_and_no_two_things_share_a_name(db):
    call_command("check", fail_level="WARNING")
    try:
        call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
    except SystemExit:
        pytest.fail("a model has changed without a migration: run makemigrations")
