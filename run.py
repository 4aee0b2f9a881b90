"""Start Matchmaker: web server and worker, from one command. `app` is the WSGI entry."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config import Settings, SettingsError
from matchmaker.console import progress, say
from matchmaker.instance import StartError, hold, prepare, writable_settings

if TYPE_CHECKING:  # loaded by the commands that need them
    from matchmaker.admin.imports import ImportResult
    from matchmaker.db import Database
    from models import PostingKind

VERSION = "0.1.0"
EXIT_UNUSABLE = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; problems are one sentence on stderr and a status of 2."""
    os.umask(0o077)  # people, mail and attachments are nobody else's on this machine
    options = parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], int] = options.run
        return command(options)
    except (StartError, SettingsError) as error:
        print(error, file=sys.stderr)
        return EXIT_UNUSABLE
    except KeyboardInterrupt as interrupt:
        print(str(interrupt) or _interrupted(), file=sys.stderr)
        return EXIT_INTERRUPTED


def _interrupted() -> str:
    return say(
        "已中断，没有写到一半的内容；再运行一次即可。",
        "Interrupted; nothing is half written, and it can simply be run again.",
    )


def parser() -> argparse.ArgumentParser:
    """Describe every command; without one the platform is served."""
    top = argparse.ArgumentParser(
        prog="./run",
        description=say(
            "启动成渝科技成果对接平台。", "Start Matchmaker, the platform for technology transfer."
        ),
    )
    _serve_options(top)
    top.set_defaults(run=serve)
    commands = top.add_subparsers(title=say("命令", "commands"), metavar="")
    serving = commands.add_parser(
        "serve", help=say("启动平台（默认）", "serve the platform (default)")
    )
    _serve_options(serving)
    serving.set_defaults(run=serve)
    importing = commands.add_parser(
        "import",
        help=say(
            "从 CSV 或 JSON Lines 导入", "import needs or achievements from CSV or JSON lines"
        ),
    )
    importing.add_argument("kind", choices=["needs", "achievements"])
    importing.add_argument("file", type=Path)
    importing.add_argument(
        "--as",
        dest="email",
        default="",
        help=say("以哪位组织方的名义", "e-mail of the organiser who imports"),
    )
    importing.add_argument(
        "--organisation",
        default="",
        help=say("归到哪家单位", "name of the organisation they belong to"),
    )
    importing.set_defaults(run=import_file)
    admin = commands.add_parser(
        "create-admin", help=say("新建系统管理员", "create an administrator")
    )
    admin.add_argument("email")
    admin.add_argument("--name", default="管理员")
    admin.set_defaults(run=create_admin)
    version = commands.add_parser("version", help=say("显示版本", "print the version"))
    version.set_defaults(run=lambda _options: print(VERSION) or 0)
    return top


def _serve_options(target: argparse.ArgumentParser) -> None:
    target.add_argument(
        "--host",
        default="127.0.0.1",
        help=say("监听地址，默认 127.0.0.1", "address to listen on (127.0.0.1)"),
    )
    target.add_argument(
        "--port", type=int, default=8000, help=say("端口，默认 8000", "port (8000)")
    )
    target.add_argument(
        "--empty",
        action="store_true",
        help=say("第一次启动时不载入演示数据", "no demonstration data the first time"),
    )
    target.add_argument(
        "--public-demo",
        action="store_true",
        help=say(
            "监听网络地址时仍开放演示账号",
            "open the demonstration accounts on a network address too",
        ),
    )


def serve(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C: one worker beside waitress in this process.

    Raises:
        StartError: the address is taken, the instance is in use or cannot be used, or the
            demonstration accounts, whose passwords everybody knows, would be open to a network.

    """
    listener = _listen(options.host, options.port)
    lock = hold(writable_settings())
    shielded = options.public_demo or _is_loopback(options.host)
    settings = prepare(demonstration=shielded and not options.empty, alone=True)
    _refuse_open_demonstration(settings, shielded=shielded)
    address = f"http://{options.host}:{listener.getsockname()[1]}"
    os.environ.setdefault("MATCHMAKER_BASE_URL", address)
    settings = Settings.from_env()
    from matchmaker.embedded import EmbeddedWorker

    worker = EmbeddedWorker(settings)
    signal.signal(signal.SIGTERM, _stop)
    try:
        import waitress

        app = _application(settings)
        worker.wait_until_warm()
        _greet(app, address)
        waitress.serve(
            app,
            sockets=[listener],
            threads=8,
            ident=None,
            max_request_body_size=settings.request_bytes,
            **_proxy(settings),
        )
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print(say("正在停止 …", "Stopping …"), flush=True)
        worker.stop()
        lock.close()
    return 0


def _proxy(settings: Settings) -> dict[str, Any]:
    """Believe the forwarded headers of the named proxy, and nobody else's."""
    if not settings.trusted_proxy:
        return {}
    return {
        "trusted_proxy": settings.trusted_proxy,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        "clear_untrusted_proxy_headers": True,
    }


def _application(settings: Settings) -> Any:
    from matchmaker.app import create_app
    from seed.load import demonstration_accounts

    app = create_app(settings)
    app.extensions["demonstration_accounts"] = demonstration_accounts(app.extensions["database"])

    def warm() -> None:
        """Fit the index before the first person asks for it."""
        from matchmaker.catalogue.index import live_index

        with app.app_context():
            live_index().warm()

    threading.Thread(target=warm, daemon=True).start()
    return app


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_open_demonstration(settings: Settings, *, shielded: bool) -> None:
    from matchmaker.db import open_database
    from seed.load import demonstration_accounts

    if shielded:
        return
    database = open_database(settings)
    exposed = demonstration_accounts(database)
    database.engine.dispose()
    if exposed:
        raise StartError(
            say(
                "这里有演示账号，密码人人知道，不能开放到网络。请用新的文件夹（MATCHMAKER_INSTANCE）启动；只想展示的话，加 --public-demo。",
                "The demonstration accounts have passwords that everybody knows and are not opened to a network. Start with a new folder (MATCHMAKER_INSTANCE), or add --public-demo to show them.",
            )
        )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise StartError(
                say(f"端口 {port} 已被占用，请换一个，例如 ./run --port {port + 1}。",
                    f"Port {port} is in use; choose another, for example ./run --port {port + 1}.")
            ) from error  # fmt: skip
        raise StartError(
            say(
                f"不能在 {host}:{port} 上监听（{error}）。",
                f"Cannot listen on {host}:{port} ({error}).",
            )
        ) from error
    return listener


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _greet(app: Any, address: str) -> None:
    from matchmaker import db

    mode = db.journal_mode()
    version = ".".join(str(part) for part in db.sqlite_version())
    print(f"\n  {say('平台已启动', 'Matchmaker is running')}: {address}")
    if app.extensions["database"].engine.dialect.name == "sqlite":
        print(f"  SQLite {version}, journal_mode={mode}")
    for role, email, password in app.extensions["demonstration_accounts"]:
        print(f"    {email:<34}{password}   {role}")
    if not _has_administrator(app):
        hint = say(
            "还没有管理员，请运行：./run create-admin 邮箱",
            "There is no administrator yet; run: ./run create-admin E-MAIL",
        )
        print(f"  {hint}")
    print(f"  {say('按 Ctrl-C 停止', 'Press Ctrl-C to stop')}\n", flush=True)


def _has_administrator(app: Any) -> bool:
    from sqlalchemy import select

    from models import Role, User

    with app.extensions["database"].reading() as session:
        return session.scalar(select(User.id).where(User.role == Role.ADMINISTRATOR)) is not None


def import_file(options: argparse.Namespace) -> int:
    """Import a file in this process and score everything; prints what became of the rows."""
    settings = prepare(demonstration=False)
    from sqlalchemy import select

    from matchmaker.admin.imports import read_records
    from matchmaker.app import create_app
    from matchmaker.errors import MatchmakerError
    from models import PostingKind, Role, User

    app = create_app(settings)
    database = app.extensions["database"]
    kind = PostingKind.NEED if options.kind == "needs" else PostingKind.ACHIEVEMENT
    started = time.monotonic()
    with app.app_context():
        with database.reading() as session:
            wanted = (
                User.email == options.email.lower()
                if options.email
                else User.role.in_([Role.ORGANISER, Role.ADMINISTRATOR])
            )
            organisers_first = User.role != Role.ORGANISER
            actor_id = session.scalar(
                select(User.id).where(wanted).order_by(organisers_first, User.id).limit(1)
            )
        if actor_id is None:
            raise StartError(_who_imports(app))
        try:
            records = list(read_records(options.file))  # all of it, before anything is written
            result = _import_rows(database, actor_id, kind, records, options.organisation)
        except MatchmakerError as error:
            raise StartError(str(error.message)) from error
        _score(database)
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({**result.as_json(), "seconds": seconds}, ensure_ascii=False, indent=1))
    return 0


def _import_rows(
    database: Database, actor_id: int, kind: PostingKind, rows: Sequence[Any], organisation: str
) -> ImportResult:
    """Import and have everything scored; interrupted, what is stored stays and is scored later."""
    from matchmaker import jobs
    from matchmaker.admin.imports import import_records

    stored = 0
    with progress(say("导入", "Importing")) as tell:

        def report(done: int, _result: ImportResult) -> None:
            nonlocal stored
            stored = done
            tell(done / len(rows))

        try:
            result = import_records(
                database, actor_id, kind, rows, organisation=organisation, report=report
            )
        except KeyboardInterrupt:
            with database.transaction() as session:
                jobs.enqueue(session, "matching.refresh_all")
            raise KeyboardInterrupt(
                say(
                    f"已中断：前 {stored} 行已经处理，后面的没有写入。行有编号（id）的话，再运行一次就能接着导入。",
                    f"Interrupted: the first {stored} rows are dealt with, nothing of the others is written. Where rows have an id, running it again does the rest.",
                )
            ) from None
    with database.transaction() as session:
        jobs.enqueue(session, "matching.refresh_all")
    return result


def _score(database: Database) -> None:
    from matchmaker import jobs

    database.send_job = lambda _job_id: None
    try:
        with progress(say("计算推荐", "Scoring")) as tell:
            jobs.run_due(database, tell)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            say(
                "已中断：导入已经完成，推荐会在平台运行时接着计算。",
                "Interrupted: everything is imported; the suggestions are worked out when the platform runs.",
            )
        ) from None


def _who_imports(app: Any) -> str:
    """Say in whose name an import can be, when it can be in nobody's."""
    if not _has_administrator(app):
        return say(
            "没有这个组织方账号，也还没有管理员。请先运行 ./run create-admin 邮箱，再导入。",
            "There is no such organiser and no administrator yet; run ./run create-admin E-MAIL first, then import.",
        )
    return say(
        "没有这个组织方账号，请用 --as 写出一位组织方或管理员的邮箱。",
        "There is no such organiser; name the e-mail of an organiser or administrator with --as.",
    )


def create_admin(options: argparse.Namespace) -> int:
    """Create an administrator; the password is read from the terminal or standard input."""
    import getpass

    settings = prepare(demonstration=False)
    from matchmaker.accounts.service import create_administrator
    from matchmaker.db import open_database
    from matchmaker.errors import MatchmakerError

    words = say("密码（至少 10 个字符）：", "Password (at least 10 characters): ")
    password = getpass.getpass(words) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        with open_database(settings).transaction() as session:
            create_administrator(
                session, email=options.email, name=options.name, password=password
            )
    except MatchmakerError as error:
        raise StartError(str(error)) from error
    print(say("已建好。", "Created."))
    return 0


def __getattr__(name: str) -> Any:
    """Build the WSGI application only for a server that asks for it (`gunicorn run:app`)."""
    if name == "app":
        from werkzeug.middleware.proxy_fix import ProxyFix

        from matchmaker.app import create_app

        settings = Settings.from_env()
        app = create_app(settings)
        if settings.trusted_proxy:  # such a server is reached through the proxy only
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
        return app
    raise AttributeError(name)


if __name__ == "__main__":
    sys.exit(main())
