"""What a browser calls itself, in words for the list of one's sessions."""

from __future__ import annotations

BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(text: str) -> str:
    """Chrome · Windows; what is not known stays as it is, cut short."""
    found = [
        next((name for mark, name in table if mark in text), "") for table in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or text[:60]
