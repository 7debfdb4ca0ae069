"""users · keys · audit · backup · restore · stop: what an operator does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import context
from .app import Json, Store, app

users_app = typer.Typer(no_args_is_help=True, help="用户与岗位 · users and posts")
keys_app = typer.Typer(no_args_is_help=True, help="密钥 · keys")
audit_app = typer.Typer(no_args_is_help=True, help="审计 · audit")
app.add_typer(users_app, name="users")
app.add_typer(keys_app, name="keys")
app.add_typer(audit_app, name="audit")


def done(json: bool, value: dict[str, Any], zh: str, en: str) -> None:
    """What came of a command: as JSON, or as a sentence."""
    if json:
        context.print_json(value)
    else:
        context.say(zh, en)


@users_app.command("add")
def add(username: str, name: Annotated[str, typer.Option("--name")] = "", lang: Annotated[str, typer.Option("--language")] = "zh-hans", store: Store = None, json: Json = False) -> None:
    """新增用户 · add a user"""
    context.open_store(store)
    from sizao.kernel import areas, organisation

    user = organisation.add_user(context.first_desk(areas.root()), username, name, lang)
    done(json, {"user": user.username, "id": user.pk}, f"用户 {user.username} 已登记。用 sizao users grant 给他岗位。", f"User {user.username} is registered. Give a post with `sizao users grant`.")


@users_app.command("grant")
def grant(
    username: str, role: str, area: Annotated[str | None, typer.Option("--area", metavar="CODE")] = None,
    unit: Annotated[str, typer.Option("--unit", help="为其填报的单位：名称或编号 · the unit it files for: name or id")] = "", store: Store = None, json: Json = False,
) -> None:  # fmt: skip
    """授予岗位 · give a post at an area, or at a unit"""
    context.open_store(store)
    if unit:
        return _staff(username, role, unit, json)
    from sizao.kernel import clock, granting, organisation
    from sizao.kernel.scope import Scope

    place, user = context.area_named(area), organisation.user_named(username)
    asked = granting.ask(context.scope(), user, role, place, since=clock.now())
    post = next((p for p in Scope.posts_of(user) if (p.role, p.area_id) == (role, place.pk)), None)
    told = {"user": username, "role": role, "area": place.code, "post": post.pk if post else None, "waits": asked.decided_at is None}
    if post is None:
        done(json, told, f"{username} 的岗位须另一名账号管理员复核后生效。", f"The post of {username} waits for another accounts administrator to confirm it.")
    else:
        done(json, told, f"{username} 现任：{post.title_zh}", f"{username} now holds: {post.title_en}")


def _staff(username: str, role: str, unit: str, json: bool) -> None:
    from sizao.flows import unit_staffed
    from sizao.kernel import organisation

    scope = context.scope()
    post = unit_staffed.staff(scope, organisation.user_named(username), role, [unit_staffed.unit_named(scope, unit)])
    told = {"user": username, "role": role, "area": post.area.code, "post": post.pk, "waits": False}
    done(json, told, f"{username} 现任：{post.title_zh}", f"{username} now holds: {post.title_en}")


@users_app.command("factors")
def factors(username: str, clear: Annotated[bool, typer.Option("--clear", help="全部清除，并结束其会话 · clear all, end all sessions")] = False, store: Store = None, json: Json = False) -> None:
    """第二因素：有几个；遗失时清除 · second factors: how many; cleared when they are lost"""
    context.open_store(store)
    from sizao.doors.account import factors as kept
    from sizao.doors.kit import sessions
    from sizao.kernel import granting, organisation

    scope, user = context.scope(), organisation.user_named(username)
    granting.check_may_admit(scope, user)
    if clear:
        kept.clear(scope, user)
        sessions.end(user)
    count = len(kept.of(user))
    done(json, {"user": username, "factors": count}, f"{username} 有 {count} 个第二因素。", f"{username} has {count} second factor(s).")


@users_app.command("link")
def link(username: str, port: Annotated[int, typer.Option("--port")] = 8000, minutes: Annotated[int, typer.Option("--minutes")] = 60, store: Store = None, json: Json = False) -> None:
    """一次性登录链接 · a one-time sign-in link"""
    context.open_store(store)
    from sizao.doors.kit.signin import make_link
    from sizao.kernel import organisation

    context.scope().check("users.write")
    address = make_link(organisation.user_named(username), minutes, f"http://127.0.0.1:{port}")
    if json:
        context.print_json({"user": username, "link": address, "minutes": minutes})
    else:
        print(address)


@users_app.command("token")
def token(username: str, purpose: Annotated[str, typer.Option("--purpose")] = "response", days: Annotated[int, typer.Option("--days")] = 90, sender: Annotated[str, typer.Option("--sender", help="数据来源的名称，如 lab:county · as whom it is heard among the feeds")] = "", store: Store = None, json: Json = False) -> None:
    """程序接口令牌（只显示一次） · a token for a program, shown once"""
    context.open_store(store)
    from sizao.doors.kit import tokens
    from sizao.kernel import organisation
    from sizao.kernel.scope import Scope

    context.scope().check("users.write")
    user = organisation.user_named(username)
    made = tokens.make(user, Scope.open(user, purpose=purpose).post, days=days, purpose=purpose, sender=sender.strip())
    if json:
        context.print_json({"user": username, "token": made, "purpose": purpose, "days": days, "sender": sender.strip()})
    else:
        print(made)


@keys_app.command("new")
def new(store: Store = None, json: Json = False) -> None:
    """为本库生成密钥 · make this store's keys"""
    from sizao.kernel import keys

    context.boot(store, setup=False)
    keys.KeyRing.new(keys.folder())
    done(json, {"keys": str(keys.folder())}, f"密钥在 {keys.folder()}", f"The keys are in {keys.folder()}")


@keys_app.command("rotate")
def rotate(phones: Annotated[bool, typer.Option("--phones", help="连同手机封存名单的密钥 · also the key that phones seal their lists with")] = False, store: Store = None, json: Json = False) -> None:
    """更换密钥，逐批重新加封 · new keys, and every person's key wrapped again"""
    context.open_store(store)
    from sizao.kernel import keys, sealed

    context.scope().check("system.write")
    keys.ring().rotate((*keys.KINDS, "device") if phones else keys.KINDS)
    total = sealed.rewrap_all()
    done(json, {"rewrapped": total}, f"已换用新密钥，重新加封 {total} 人。", f"New keys in use; {total} persons' keys wrapped again.")


@keys_app.command("export")
def export(target: Path, store: Store = None, json: Json = False) -> None:
    """以口令加密导出密钥 · export the keys under a passphrase"""
    import os

    from sizao.kernel import keys

    context.boot(store, setup=False)
    passphrase = os.environ.get("SIZAO_PASSPHRASE") or typer.prompt("口令 · passphrase", hide_input=True, confirmation_prompt=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
        f.write(keys.ring().export(passphrase))
    done(json, {"file": str(target)}, f"密钥已加密导出到 {target}", f"The keys are exported, encrypted, to {target}")


@keys_app.command("import")
def import_(source: Path, store: Store = None, json: Json = False) -> None:
    """取回导出的密钥 · bring exported keys back"""
    import os

    from sizao.kernel import keys

    context.boot(store, setup=False)
    passphrase = os.environ.get("SIZAO_PASSPHRASE") or typer.prompt("口令 · passphrase", hide_input=True)
    keys.KeyRing.import_(keys.folder(), source.read_bytes(), passphrase)
    done(json, {"keys": str(keys.folder())}, f"密钥已取回，在 {keys.folder()}", f"The keys are back, in {keys.folder()}")


@audit_app.command("verify")
def verify(store: Store = None, json: Json = False) -> None:
    """核对审计链 · check the chain of the audit trail"""
    context.open_store(store)
    from sizao.kernel import audit

    report = audit.verify()
    if json:
        context.print_json({"ok": report.ok, "events": report.events, "faults": [f.text("en") for f in report.faults]})
    else:
        for fault in report.faults:
            context.out.print(fault.text(context.language()), markup=False)
        context.say(f"{report.events} 条审计事件，{'全部相符' if report.ok else '有不符之处'}。", f"{report.events} events, {'all in order' if report.ok else 'not in order'}.")
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def backup(target: Path, store: Store = None, json: Json = False) -> None:
    """备份本库（不含密钥） · back this store up, without its keys"""
    opened = context.open_store(store)
    from sizao.kernel import postgres

    manifest = postgres.backup(opened, target)
    done(json, manifest, f"已备份到 {target}。密钥不在其中，请用 sizao keys export 另存。", f"Backed up to {target}. The keys are not in it; save them with `sizao keys export`.")


@app.command()
def restore(source: Path, store: Store = None, json: Json = False) -> None:
    """恢复到一个空库 · restore into an empty store"""
    opened = context.boot(store, setup=False)
    from sizao.kernel import postgres

    manifest = postgres.restore(source, opened)
    context.open_store(store)
    from sizao.kernel import audit

    audit.note_restored()
    done(json, manifest, "已恢复。没有密钥时本库只读。", "Restored. Without its keys the store is read-only.")


@app.command()
def stop(store: Store = None, json: Json = False) -> None:
    """停止服务与数据库 · stop the service and the database"""
    from sizao.kernel import postgres

    opened = postgres.Store.open(store, create=False)
    from .service import stop_service

    stop_service(opened)
    was = postgres.stop(opened)
    done(json, {"stopped": was}, "已停止。" if was else "本来就没有运行。", "Stopped." if was else "It was not running.")
