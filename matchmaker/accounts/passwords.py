"""Passwords and signed links."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer

from config import Settings
from matchmaker.errors import InvalidError
from models import User

MIN_LENGTH = 10
COMMON = frozenset(
    "1234567890 0123456789 1111111111 password12 qwertyuiop password123 1q2w3e4r5t "
    "abcdefghij 123456789a iloveyou123 admin12345 woaini1314".split()
)
_hasher = PasswordHasher()
_nobody = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Hash with argon2id; the parameters are part of the result."""
    return _hasher.hash(password)


def matches(user: User | None, password: str) -> bool:
    """Tell whether it is the person's password; the same work is done when there is no person."""
    try:
        return _hasher.verify(user.password_hash if user else _nobody, password) and user is not None
    except (VerificationError, InvalidHashError):
        return False


def check_strength(password: str, *, email: str = "", name: str = "") -> None:
    """Refuse what is guessed first.

    Raises:
        InvalidError: too short, among the common ones, or made of one's own name or address.

    """
    folded = password.lower()
    own = [part for part in (email.split("@")[0].lower(), name.lower()) if len(part) > 3]
    if len(password) < MIN_LENGTH:
        raise InvalidError({"password": _l("密码至少 %(n)d 个字符，一句话就很好记。", n=MIN_LENGTH)})
    if folded in COMMON or len(set(folded)) < 4 or any(part in folded for part in own):
        raise InvalidError({"password": _l("这个密码太容易被猜到，请换一个，不要含姓名或邮箱。")})


class Links:
    """Signed links that are sent by mail; each kind has a salt of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def make(self, purpose: str, user: User, **values: str) -> str:
        """Return a token; it dies with the password that the person has now."""
        return self._serializer(purpose).dumps(
            {"id": user.id, "state": user.password_hash[-16:], **values}
        )

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
    """Tell whether a link still belongs to the password it was made for."""
    return user is not None and carried.get("state") == user.password_hash[-16:]
