"""The same persons in two plain tables. Indexes: those that Django makes for a key and for what points elsewhere."""

from django.db import models


class Village(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    sex = models.CharField(max_length=10, choices=[("male", "male"), ("female", "female")], blank=True)
    birth_date = models.DateField(null=True, blank=True)
    birth_year = models.IntegerField(null=True, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    village = models.ForeignKey(Village, models.PROTECT, null=True, blank=True)

    def __str__(self) -> str:
        return self.name
