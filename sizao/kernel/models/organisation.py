"""Who answers: units, posts, users, who holds which post from when until when, and what a post may do where."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from .areas import Area


class Unit(models.Model):
    """A body with duties: community, health centre, CDC, hospital, school, command office."""

    id = models.BigAutoField(primary_key=True)
    code = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField(blank=True, default="")
    kind = models.TextField()
    area = models.ForeignKey(Area, models.PROTECT)


class Users(BaseUserManager["User"]):
    def create_user(self, username: str, name: str = "", **fields) -> "User":
        """A user without a password: people come in by a one-time link."""
        user = self.model(username=username, name=name or username, **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who works here. Rights belong to posts, never to the person."""

    id = models.BigAutoField(primary_key=True)
    username = models.TextField(unique=True)
    name = models.TextField()
    language = models.TextField(default="zh-hans")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    objects = Users()
    USERNAME_FIELD = "username"


class Post(models.Model):
    """A seat that answers for something somewhere: a role at an area, perhaps within a unit. Duties name posts, not people."""

    id = models.BigAutoField(primary_key=True)
    role = models.TextField()
    area = models.ForeignKey(Area, models.PROTECT)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True)
    title_zh = models.TextField()
    title_en = models.TextField(blank=True, default="")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["role", "area"], name="post_role_area")]

    def title(self, language: str) -> str:
        return self.title_en if not language.startswith("zh") and self.title_en else self.title_zh


class Holding(models.Model):
    """Who holds a post, from an instant until another (the end is not included).

    Attributes:
        handed_by: Whose duty this is for a while: the holder who handed it over. A duty that was handed over cannot be handed on, and ends by itself.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="holdings")
    user = models.ForeignKey(User, models.PROTECT, related_name="holdings")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    handed_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")), name="holding_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(handed_by=None) | Q(valid_to__isnull=False), name="handed_duty_has_an_end"),
        ]


class Grant(models.Model):
    """What a post may do: a role, below an area, for named purposes, from an instant until another."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="grants")
    role = models.TextField()
    area = models.ForeignKey(Area, models.PROTECT)
    purposes = ArrayField(models.TextField(), default=list)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
