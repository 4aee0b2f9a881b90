"""Mail leaves through an outbox: a row with its cause, a job that delivers it."""

from __future__ import annotations

import logging
import smtplib
import ssl
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config import Settings
from matchmaker import clock, jobs
from matchmaker.jobs import JobRun
from models import Mail

log = logging.getLogger(__name__)
SMTP_TIMEOUT = 20


def post(session: Session, *, key: str, recipient: str, subject: str, body: str) -> Mail | None:
    """Put a mail into the outbox; a second one with the same key is not written."""
    if session.scalar(select(Mail.id).where(Mail.key == key)):
        return None
    mail = Mail(key=key, recipient=recipient, subject=subject, body=body, created_at=clock.now())
    session.add(mail)
    session.flush()
    jobs.enqueue(session, "mail.send", {"mail_id": mail.id})
    return mail


@jobs.task("mail.send")
def send(run: JobRun) -> None:
    """Deliver one mail; without SMTP it stays in the outbox and is shown on the console."""
    settings = run.database.settings
    with run.database.reading() as session:
        mail = session.get(Mail, run.payload["mail_id"])
    if mail is None or mail.sent_at is not None:
        return
    if not settings.smtp_url:
        log.warning("Mail to %s: %s\n%s", mail.recipient, mail.subject, mail.body)
        return
    try:
        deliver(settings, mail)
    except Exception as error:
        _note(run, mail, error=str(error)[:500])
        raise
    _note(run, mail)


def _note(run: JobRun, mail: Mail, error: str = "") -> None:
    sent_at = None if error else clock.now()
    with run.database.transaction() as session:
        session.execute(
            update(Mail)
            .where(Mail.id == mail.id)
            .values(attempts=Mail.attempts + 1, error=error, sent_at=sent_at)
        )


def deliver(settings: Settings, mail: Mail) -> None:
    """Hand a mail to the SMTP server of `smtp://user:password@host:port` or `smtps://…`."""
    url = urlsplit(settings.smtp_url)
    secure = url.scheme == "smtps"
    kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
    more: dict[str, Any] = {"context": ssl.create_default_context()} if secure else {}
    with kind(url.hostname or "localhost", url.port or 0, timeout=SMTP_TIMEOUT, **more) as server:
        server.ehlo_or_helo_if_needed()
        if not secure and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(_message(settings, mail))


def _message(settings: Settings, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = mail.recipient
    message["Subject"] = " ".join(mail.subject.split())
    message["Message-ID"] = f"<mail-{mail.id}@{urlsplit(settings.base_url).hostname}>"
    message.set_content(mail.body)
    return message
