"""Passwords and signed links."""

from __future__ import annotations

import hashlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer

from config import Settings
from matchmaker.errors import InvalidError
from models import User

MIN_LENGTH = 10
FEWEST_DIFFERENT = 4
SHORTEST_PART = 4
COMMON = frozenset({
    "1234567890", "0123456789", "12345678910", "1234554321", "1q2w3e4r5t", "abcdefghij",
    "abcd123456", "123456789a", "a123456789", "admin12345", "iloveyou123", "password12",
    "password123", "password1234", "qwertyuiop", "qwerty12345", "woaini1314", "woaini520520",
})  # fmt: skip
_hasher = PasswordHasher()
_nobody = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Hash with argon2id; the parameters are part of the result."""
    return _hasher.hash(password)


def matches(user: User | None, password: str) -> bool:
    """Tell whether it is the person's password; the same work is done when there is no person."""
    try:
        return (
            _hasher.verify(user.password_hash if user else _nobody, password) and user is not None
        )
    except (VerificationError, InvalidHashError):
        return False


def check_strength(password: str, *, email: str = "", name: str = "") -> None:
    """Refuse what is guessed first.

    Raises:
        InvalidError: too short, among the common ones, or made of one's own name or address.

    """
    folded = password.lower()
    own = [email.partition("@")[0].lower(), name.lower()]
    if len(password) < MIN_LENGTH:
        raise InvalidError(
            {"password": _l("密码至少 %(n)d 个字符，一句话就很好记。", n=MIN_LENGTH)}
        )
    mine = any(part in folded for part in own if len(part) >= SHORTEST_PART)
    if folded in COMMON or len(set(folded)) < FEWEST_DIFFERENT or mine:
        raise InvalidError({"password": _l("这个密码太容易被猜到，请换一个，不要含姓名或邮箱。")})


class Links:
    """Signed links that are sent by mail; each kind has a salt of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def make(self, purpose: str, user: User, **values: str) -> str:
        """Return a token; it dies with the password or address that the person has now."""
        return self._serializer(purpose).dumps({"id": user.id, "state": _state(user), **values})

    def read(self, purpose: str, token: str) -> dict[str, str] | None:
        """Return what the token carries, None when it is forged or too old."""
        age = int(self._settings.link_lifetime.total_seconds())
        try:
            found: dict[str, str] = self._serializer(purpose).loads(token, max_age=age)
        except BadSignature:
            return None
        return found

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._settings.secret_key, salt=f"matchmaker.{purpose}")


def is_current(user: User | None, carried: dict[str, str]) -> bool:
    """Tell whether a link still belongs to the password and address it was made for."""
    return user is not None and carried.get("state") == _state(user)


def _state(user: User) -> str:
    return hashlib.sha256(f"{user.email}\n{user.password_hash}".encode()).hexdigest()[:16]
