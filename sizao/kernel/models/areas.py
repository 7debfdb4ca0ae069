"""The dated tree of areas: province, city, county, township, village, grid. Every number and every duty hangs on it."""

from django.db import models
from django.db.models import Q

LEVELS = ("root", "country", "province", "city", "county", "township", "village", "grid")


class Area(models.Model):
    """One area, from `valid_from` until `valid_to` (days; the end is not included; null means open).

    `path` holds the ids of its ancestors and itself, each ended by a dot, so a subtree is a prefix.
    `time_zone` is its own zone or empty; `zone` is the one in force, inherited.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.TextField(db_collation="C")
    name_zh = models.TextField()
    name_en = models.TextField(blank=True, default="")
    level = models.TextField(choices=[(x, x) for x in LEVELS])
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.TextField(db_collation="C", db_index=False)
    time_zone = models.TextField(blank=True, default="")
    zone = models.TextField(default="Asia/Shanghai")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    outside = models.BooleanField(default=False)
    geometry = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="area_code_once_in_force"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gt=models.F("valid_from")), name="area_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["path"], name="area_path")]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"

    def name(self, language: str) -> str:
        """Its name in the reader's language, Chinese when there is no other."""
        return self.name_en if not language.startswith("zh") and self.name_en else self.name_zh


class AreaCode(models.Model):
    """Another code of the same area: GB/T 2260, the 12-digit statistical code, a P-code, a sender's own. Old codes go on resolving."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="codes")
    system = models.TextField()
    code = models.TextField(db_collation="C")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "code"], name="area_code_means_one_area")]


class AreaSuccession(models.Model):
    """What became of an area: merged, split, renumbered or moved, on a day."""

    old = models.ForeignKey(Area, models.CASCADE, related_name="successions")
    new = models.ForeignKey(Area, models.CASCADE, related_name="predecessors")
    kind = models.TextField(choices=[(x, x) for x in ("merged", "split", "renumbered", "moved")])
    on = models.DateField(db_column="on_day")
