"""What every command needs: the store, opened and brought to this version, and the scope of who types."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console


def _unset(*_: Any, **__: Any) -> Any:
    raise RuntimeError("the command line is started by `python -m sizao`")


#: Set by `wiring`, the only room that may open a database: boot(store, kind=…, time_zone=…) and migrate(kind, zone).
boot: Callable[..., Any] = _unset
migrate: Callable[..., bool] = _unset
serve: Callable[..., int] = _unset

err = Console(stderr=True, highlight=False)
out = Console(highlight=False, soft_wrap=True)


def language() -> str:
    """zh unless SIZAO_LANG or the terminal's locale says English."""
    said = os.environ.get("SIZAO_LANG") or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if said.lower().startswith("en") else "zh"


def say(zh: str, en: str, **style: Any) -> None:
    """A line for the person who types, on the error stream, so that JSON on the other stays whole."""
    err.print(zh if language() == "zh" else en, **{"soft_wrap": True, **style})


def print_json(value: Any) -> None:
    """One JSON document on standard output, as UTF-8."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def check_zone(zone: str) -> str:
    """Refused time-zone-unknown."""
    from sizao.kernel.errors import Refused

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Refused("time-zone-unknown", zone=zone) from None
    return zone


def open_store(store: Path | None = None, *, kind: str | None = None, time_zone: str | None = None) -> Any:
    """The store, its server running, its tables of this version. A new store gets its keys here, and says where they are."""
    opened = boot(store, kind=kind, time_zone=check_zone(time_zone or "Asia/Shanghai"))
    from sizao.kernel import keys

    fresh = migrate(opened.kind, opened.time_zone)
    folder = keys.folder()
    if fresh and not (folder / keys.FILE).exists() and not _has_people():
        keys.KeyRing.new(folder)
        say(f"已为本库生成密钥：{folder} 。请另行保管一份；没有密钥，密封的内容无法读取。", f"Keys of this store made: {folder}. Keep a copy elsewhere; without them what is sealed cannot be read.")
    return opened


def _has_people() -> bool:
    from sizao.kernel.models import PersonKey

    return PersonKey.objects.exists()


def me() -> str:
    """The user name under which a command acts: SIZAO_USER, else the name of the operating system."""
    if name := os.environ.get("SIZAO_USER"):
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid{os.getuid()}"


def scope(purpose: str = "response") -> Any:
    """The scope of who types. Refused user-unknown when the store does not know him, no-post when he holds none."""
    from sizao.kernel.organisation import user_named
    from sizao.kernel.scope import Scope

    return Scope.open(user_named(me()), purpose=purpose)


def first_desk(area: Any) -> Any:
    """In a store without users, who opens it becomes its duty desk; later users are added by name."""
    from sizao.kernel import organisation
    from sizao.kernel.models import User
    from sizao.kernel.scope import Scope

    if not User.objects.exists():
        system = Scope.system("first opening of the store")
        user = organisation.add_user(system, me())
        organisation.grant_post(system, user, "desk", area)
        say(f"本库的第一个用户：{me()}（办公室值守员）。", f"First user of this store: {me()} (duty desk).")
    return scope()


def instant(text: str | None, zone: str) -> datetime | None:
    """`2020-04-29` (the last instant of that local day) or `2020-04-29T18:00[+08:00]`. Refused bad-value."""
    from sizao.kernel import clock
    from sizao.kernel.errors import Refused

    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad-value", field="as-of", value=text, expected="2020-04-29 | 2020-04-29T18:00") from None
    if len(text) <= 10:
        return clock.end_of_day(at.date(), zone)
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))


def area_named(code: str | None, who: Any = None) -> Any:
    """The area of a code; without one that of the post of `who`, as on the pages, else the root. Refused area-unknown."""
    from sizao.kernel import areas
    from sizao.kernel.errors import Refused

    if code is None:
        return who.post.area if who is not None and who.post else areas.root()
    found = areas.resolve(code)
    if found is None:
        raise Refused("area-unknown", area=code)
    return found


def is_look_back(as_of: datetime) -> bool:
    """Whether this is a judgement of the past, which a running service must not replace by one of now."""
    from sizao.kernel import clock

    return clock.now() - as_of > timedelta(hours=36)
