"""People, posts and grants: adding them, and finding who may act."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from . import audit, clock
from .access import check_apart, permissions_of, whole_role
from .codes import roles
from .errors import Refused
from .models import Area, Grant, GrantAsk, Holding, Post, StoreInfo, User
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
def grant_post(
    scope: Scope, user: User, role: str, area: Area, *, since: datetime | None = None, until: datetime | None = None, title_zh: str = "", title_en: str = "", purposes: tuple[str, ...] = ()
) -> Post:
    """Gives the user the post of that role at that area (made if there is none), with what the role may do below it, from `since` until `until` (not included).

    One with a title is a post of its own: of two pharmacies of a village each has its pharmacist.

    Refused: role-unknown, period-reversed, duties-apart (he holds what must not be in one hand with it), grant-to-oneself.
    """
    scope.check("users.write", area)
    if role not in roles():  # a mistyped word is told before whose it would be
        raise Refused("role-unknown", role=role, known=", ".join(roles()))
    if scope.user is not None and scope.user.pk == user.pk:
        raise Refused("grant-to-oneself")
    return give(scope, user, role, area, since=since or clock.now(), until=until, title_zh=title_zh, title_en=title_en, purposes=purposes)


def give(scope: Scope, user: User, role: str, area: Area, *, since: datetime, until: datetime | None, title_zh: str = "", title_en: str = "", purposes: Sequence[str] = ()) -> Post:
    """What `grant_post` does once the right to do it was looked at; in the caller's transaction."""
    known = roles()
    if role not in known:
        raise Refused("role-unknown", role=role, known=", ".join(known))
    if until is not None and until <= since:
        raise Refused("period-reversed")
    wanted = sorted(set(purposes))
    serve = stands_for(role)
    own = {"title_zh": title_zh} if title_zh else {}
    post = Post.objects.filter(role=role, area=area, valid_to=None, grants__purposes=wanted, grants__valid_to=None, **own).order_by("pk").first()
    if post is None:
        post = Post.objects.create(
            role=role, area=area, title_zh=title_zh or f"{area.name_zh}{known[role]['zh']}", title_en=title_en or f"{known[role]['en']}, {area.name('en')}", valid_from=since
        )
        Grant.objects.create(post=post, role=serve, area=area, purposes=wanted, valid_from=since)
    if not Holding.objects.filter(post=post, user=user, valid_to=None).exists():
        hold(post, user, since=since, until=until)
    audit.write(scope, "users.granted", [], user=user.pk, post=post.pk)
    if permissions_of(serve) & ADMINISTRATION and role != whole_role()[0]:
        take_out_of_the_desk(scope, since)
    return post


def everybody_at_work(now: datetime) -> QuerySet[Holding, int]:
    """The users who hold a post now, as a list that a statement takes in."""
    return Holding.objects.filter(valid_from__lte=now).filter(Q(valid_to=None) | Q(valid_to__gt=now)).values_list("user_id", flat=True)


def who_may(permission: str, now: datetime, users: Sequence[int] | None = None) -> dict[int, set[str]]:
    """User → below which areas his posts let him do this now; everybody's, or only these users'."""
    may = [name for name in roles() if permission in permissions_of(name)]
    granted = Grant.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), role__in=may, valid_from__lte=now).values_list("post_id", "area__path")
    below: dict[int, set[str]] = {}
    for post, path in granted:
        below.setdefault(post, set()).add(path)
    found: dict[int, set[str]] = {}
    holdings = Holding.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), post__in=below, valid_from__lte=now)
    for user, post in (holdings if users is None else holdings.filter(user__in=users)).values_list("user_id", "post_id"):
        found.setdefault(user, set()).update(below[post])
    return found


def held_lately(user: User, since: datetime) -> list[Holding]:
    """What the user holds now, and what ended after `since`, with the posts."""
    rows = Holding.objects.filter(user=user, valid_from__lte=clock.now()).filter(Q(valid_to=None) | Q(valid_to__gt=since))
    return list(rows.select_related("post__area").order_by("pk"))


@transaction.atomic
def hold(post: Post, user: User, *, since: datetime, until: datetime | None = None, handed_by: User | None = None) -> Holding:
    """Writes down that a user holds a post: the one place where that is done, so that what must be apart is. Refused duties-apart."""
    check_may_hold(user, _rights(Grant.objects.filter(Q(valid_to=None) | Q(valid_to__gt=since), post=post)), since=since, until=until, but=post)
    return Holding.objects.create(post=post, user=user, valid_from=since, valid_to=until, handed_by=handed_by)


def check_may_hold(user: User, rights: set[str], *, since: datetime, until: datetime | None, but: Post | None = None) -> None:
    """Whether a user may have these rights beside the posts that he holds in that time. Refused duties-apart. In a transaction: two who give him something at once come one after the other."""
    User.objects.select_for_update().get(pk=user.pk)
    overlapping = Q(valid_to=None) | Q(valid_to__gt=since)
    if until is not None:
        overlapping &= Q(valid_from__lt=until)
    others = list(Holding.objects.filter(overlapping, user=user).exclude(post=but).values_list("post_id", flat=True))
    if others:
        check_apart(_rights(Grant.objects.filter(Q(valid_to=None) | Q(valid_to__gt=since), post__in=others)), rights)


def _rights(grants: QuerySet[Grant]) -> set[str]:
    """What these grants allow, as far as it must be kept apart: the desk that may do everything counts as the duty officer that it becomes."""
    whole, becomes, _ = whole_role()
    return {p for role in grants.values_list("role", flat=True).distinct() for p in permissions_of(becomes if role == whole else role)}


#: Naming whoever holds this ends the one desk that does everything.
ADMINISTRATION = frozenset({"users.write"})


def is_demo() -> bool:
    """Whether this store holds an invented city."""
    return StoreInfo.objects.filter(kind__in=whole_role()[2]).exists()


def stands_for(role: str) -> str:
    """The role whose rights a new post of `role` gets: its own, save that of the desk that may do everything once the administration is in hands of its own."""
    whole, becomes, _except_in = whole_role()
    if role != whole:
        return role
    others = [name for name in roles() if name != whole and permissions_of(name) & ADMINISTRATION]
    now = clock.now()
    apart = Holding.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), post__role__in=others).exists()
    return becomes if apart and not is_demo() else role


def take_out_of_the_desk(scope: Scope, at: datetime) -> int:
    """The administration is in hands of its own: every post that could do everything may from now on do what a duty officer may. Answers how many posts."""
    whole, becomes, _ = whole_role()
    if is_demo():
        return 0
    standing = list(Grant.objects.filter(role=whole, valid_to=None))
    for one in standing:
        Grant.objects.create(post_id=one.post_id, role=becomes, area_id=one.area_id, purposes=one.purposes, valid_from=at)
    Grant.objects.filter(pk__in=[g.pk for g in standing]).update(valid_to=at)
    if standing:
        audit.write(scope, "users.desk_divided", [], posts=[g.post_id for g in standing])
    return len(standing)


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


@dataclass(frozen=True, slots=True)
class Held:
    """A post that somebody holds, from–to, with the grants that stand now."""

    holding: Holding
    grants: tuple[Grant, ...]

    @property
    def post(self) -> Post:
        return self.holding.post


def posts_with_grants(user: User, now: datetime, *, ended: bool = False) -> list[Held]:
    """The posts of a user that stand or will stand, with what they may do where; with `ended` those that are over too. In three statements."""
    rows = Holding.objects.filter(user=user).select_related("post__area", "handed_by").order_by("-valid_from", "-pk")
    held = list(rows if ended else rows.filter(Q(valid_to=None) | Q(valid_to__gt=now)))
    grants: dict[int, list[Grant]] = {}
    for g in Grant.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), post__in={h.post_id for h in held}).select_related("area"):
        grants.setdefault(g.post_id, []).append(g)
    return [Held(h, tuple(grants.get(h.post_id, ()))) for h in held]


@dataclass(frozen=True, slots=True)
class Listed:
    """A user in a list, with the titles of the posts held now."""

    user: User
    posts: tuple[Post, ...]


def users_of(scope: Scope, q: str = "", after: str = "", most: int = 50) -> list[Listed]:
    """Users whose posts lie in the areas where this scope gives posts, and those who hold none, in the order of their user names after `after`. In two statements."""
    scope.check("users.write")
    now = clock.now()
    stands = Q(valid_to=None) | Q(valid_to__gt=now)
    mine = Post.objects.filter(scope.area_filter("area", "users.write"))
    elsewhere = Holding.objects.filter(stands).exclude(post__in=mine).values("user")
    rows = User.objects.exclude(pk__in=elsewhere).filter(username__gt=after)
    if q:
        rows = rows.filter(Q(username__icontains=q) | Q(name__icontains=q))
    found = list(rows.order_by("username")[:most])
    held: dict[int, list[Post]] = {}
    for h in Holding.objects.filter(stands, user__in=found, valid_from__lte=now).select_related("post__area").order_by("pk"):
        held.setdefault(h.user_id, []).append(h.post)
    return [Listed(u, tuple(held.get(u.pk, ()))) for u in found]


def asks_of(scope: Scope) -> list[GrantAsk]:
    """Grants in the areas of this scope that wait for a second person, the oldest first."""
    return list(GrantAsk.objects.filter(scope.area_filter("area", "users.write"), decided_at=None).select_related("user", "area", "asked_by").order_by("asked_at")[:200])


USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,59}")


@transaction.atomic
def new_user(scope: Scope, username: str, name: str, language: str = "zh-hans") -> User:
    """A user who is new. Refused: user-name-unfit, user-name-taken."""
    scope.check("users.write")
    username, name = username.strip(), " ".join(name.split())[:60]
    if not USERNAME.fullmatch(username):
        raise Refused("user-name-unfit")
    if User.objects.filter(username__iexact=username).exists():
        raise Refused("user-name-taken", user=username)
    return add_user(scope, username, name, language)
