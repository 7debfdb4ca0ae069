"""A plain django-admin over the same persons, for `bench lists`: what Django gives to somebody who declares two tables and writes nothing else."""
