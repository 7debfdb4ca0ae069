"""People, posts and grants: adding them, and finding who may act."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from . import audit, clock
from .codes import roles
from .errors import Refused
from .models import Area, Grant, Holding, Post, User
from .scope import Scope


def user_named(username: str) -> User:
    """Refused user-unknown."""
    found = User.objects.filter(username=username).first()
    if found is None:
        raise Refused("user-unknown", user=username)
    return found


@transaction.atomic
def add_user(scope: Scope, username: str, name: str = "", language: str = "zh-hans") -> User:
    """A user, or the one there is under that name. He may do nothing until a post is granted."""
    scope.check("users.write")
    user = User.objects.filter(username=username).first() or User.objects.create_user(username, name, language=language)
    audit.write(scope, "users.added", [], user=user.pk)
    return user


@transaction.atomic
def grant_post(scope: Scope, user: User, role: str, area: Area, *, since: datetime | None = None, title_zh: str = "", title_en: str = "", purposes: tuple[str, ...] = ()) -> Post:
    """Gives the user the post of that role at that area (made if there is none), with what the role may do below it. Refused role-unknown."""
    scope.check("users.write", area)
    known = roles()
    if role not in known:
        raise Refused("role-unknown", role=role, known=", ".join(known))
    start = since or clock.now()
    post = Post.objects.filter(role=role, area=area, valid_to=None).order_by("pk").first()
    if post is None:
        post = Post.objects.create(
            role=role, area=area, title_zh=title_zh or f"{area.name_zh}{known[role]['zh']}", title_en=title_en or f"{known[role]['en']}, {area.name('en')}", valid_from=start
        )
        Grant.objects.create(post=post, role=role, area=area, purposes=list(purposes), valid_from=start)
    if not Holding.objects.filter(post=post, user=user, valid_to=None).exists():
        Holding.objects.create(post=post, user=user, valid_from=start)
    audit.write(scope, "users.granted", [], user=user.pk, post=post.pk)
    return post


@transaction.atomic
def open_posts(scope: Scope, wanted: Sequence[tuple[str, Area]], *, since: datetime) -> list[Post]:
    """Many posts at once, each of a role at an area with what the role may do below it, and held by nobody yet; those that are there stay as they are.

    Answers them in the order asked. Refused role-unknown.
    """
    known = roles()
    for role in dict.fromkeys(r for r, _ in wanted):
        if role not in known:
            raise Refused("role-unknown", role=role, known=", ".join(known))
    for area in {a.pk: a for _, a in wanted}.values():
        scope.check("users.write", area)
    held = {(p.role, p.area_id): p for p in Post.objects.filter(valid_to=None, role__in={r for r, _ in wanted}).order_by("-pk")}
    fresh = {(r, a.pk): (r, a) for r, a in wanted if (r, a.pk) not in held}
    made = Post.objects.bulk_create(
        [Post(role=r, area=a, title_zh=f"{a.name_zh}{known[r]['zh']}", title_en=f"{known[r]['en']}, {a.name('en')}", valid_from=since) for r, a in fresh.values()], batch_size=1000
    )
    Grant.objects.bulk_create([Grant(post=p, role=p.role, area_id=p.area_id, purposes=[], valid_from=since) for p in made], batch_size=1000)
    if made:
        audit.write(scope, "users.posts_opened", [], posts=[p.pk for p in made])
    held |= {(p.role, p.area_id): p for p in made}
    return [held[r, a.pk] for r, a in wanted]
