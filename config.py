"""Settings: one frozen value, read once from the environment. No secret has a default."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MEGABYTE = 1024 * 1024


class SettingsError(ValueError):
    """A setting cannot be used; the message says which one and what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an administrator may choose. `docs/settings.md` explains each line."""

    instance: Path
    database_url: str
    secret_key: str
    base_url: str = "http://127.0.0.1:8000"
    secure_cookies: bool = False
    trusted_proxy: str = ""
    """Address of the proxy whose forwarded headers are believed; none without one."""
    site_name: str = "成渝科技成果对接平台"
    contact: str = ""
    smtp_url: str = ""
    mail_from: str = "matchmaker@localhost"
    session_lifetime: timedelta = timedelta(hours=12)
    remember_lifetime: timedelta = timedelta(days=30)
    link_lifetime: timedelta = timedelta(hours=2)
    posting_lifetime: timedelta = timedelta(days=365)
    attachment_bytes: int = 20 * MEGABYTE
    video_bytes: int = 200 * MEGABYTE
    request_bytes: int = 210 * MEGABYTE
    form_bytes: int = 2 * MEGABYTE
    suggestions_per_record: int = 20
    suggestion_floor: float = 0.28
    sign_in_limit: str = "5 per minute;50 per hour"
    """Wrong passwords for one account."""
    address_limit: str = "20 per minute;100 per hour"
    """Wrong passwords from one address; a whole office may stand behind it."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Weights of the signals that differ from `matchmaker.engine.DEFAULT_WEIGHTS`."""
    encoder: str = ""
    """Model of the signal of meaning: empty, "packaged", "packaged-e5", or a folder with an ONNX
    model."""
    tie_seed: int = 1
    """Orders suggestions of equal score; the same seed gives the same lists."""
    embedded_worker: bool = True
    testing: bool = False

    @property
    def attachments(self) -> Path:
        return self.instance / "attachments"

    @property
    def broker(self) -> Path:
        return self.instance / "broker"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read `MATCHMAKER_…` variables; the instance folder holds what is not given.

        Raises:
            SettingsError: a value has the wrong form, or the secret key cannot be read.

        """
        env = os.environ if env is None else env
        instance = Path(env.get("MATCHMAKER_INSTANCE", ROOT / "instance")).resolve()
        default_url = f"sqlite:///{instance / 'matchmaker.sqlite'}"
        return cls(
            instance=instance,
            database_url=env.get("MATCHMAKER_DATABASE_URL", default_url),
            secret_key=env.get("MATCHMAKER_SECRET_KEY") or read_secret(instance),
            base_url=env.get("MATCHMAKER_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
            secure_cookies=_flag(env, "MATCHMAKER_SECURE_COOKIES"),
            trusted_proxy=env.get("MATCHMAKER_TRUSTED_PROXY", "").strip(),
            site_name=env.get("MATCHMAKER_SITE_NAME", "成渝科技成果对接平台"),
            contact=env.get("MATCHMAKER_CONTACT", ""),
            smtp_url=env.get("MATCHMAKER_SMTP_URL", ""),
            mail_from=env.get("MATCHMAKER_MAIL_FROM", "matchmaker@localhost"),
            weights=_weights(env.get("MATCHMAKER_WEIGHTS", "")),
            encoder=env.get("MATCHMAKER_ENCODER", "").strip(),
            tie_seed=_whole(env, "MATCHMAKER_TIE_SEED", 1),
        )

    @classmethod
    def for_tests(cls, instance: Path, database_url: str = "") -> Settings:
        """Settings that touch nothing outside `instance`; the key is new each time."""
        return cls(
            instance=instance,
            database_url=database_url or f"sqlite:///{instance / 'test.sqlite'}",
            secret_key=secrets.token_hex(32),
            base_url="http://localhost",
            sign_in_limit="1000 per minute",
            address_limit="1000 per minute",
            embedded_worker=False,
            testing=True,
        )


def read_secret(instance: Path) -> str:
    """Return the key of this instance, making one (readable by its owner only) the first time."""
    path = instance / "secret_key"
    if not path.exists():
        instance.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < 32:
        message = f"The secret key in {path} is too short; remove the file to get a new one."
        raise SettingsError(message)
    return key


def _flag(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower()
    if value not in {"", "0", "1", "false", "true", "no", "yes"}:
        message = f"{name} must be 1 or 0, not {value!r}."
        raise SettingsError(message)
    return value in {"1", "true", "yes"}


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if text and not text.isdecimal():
        message = f"{name} must be a whole number, not {text!r}."
        raise SettingsError(message)
    return int(text) if text else default


def _weights(text: str) -> dict[str, float]:
    """Read `chain=0.2,region=0`."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    try:
        return {name.strip(): float(value) for name, _, value in pairs}
    except ValueError as error:
        message = f"MATCHMAKER_WEIGHTS must look like chain=0.2,region=0, not {text!r}."
        raise SettingsError(message) from error
