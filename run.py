"""Start Matchmaker: web server and worker, from one command. `app` is the WSGI entry."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from config import Settings, SettingsError
from matchmaker.commands import create_admin, has_administrator, import_file
from matchmaker.console import say
from matchmaker.instance import StartError, hold, prepare, writable_settings

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
    if not has_administrator(app):
        hint = say(
            "还没有管理员，请运行：./run create-admin 邮箱",
            "There is no administrator yet; run: ./run create-admin E-MAIL",
        )
        print(f"  {hint}")
    print(f"  {say('按 Ctrl-C 停止', 'Press Ctrl-C to stop')}\n", flush=True)


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
