"""The press: typst, its files and its font.

Everything that people wrote reaches typst as data, as JSON, and is never read as markup. Large
papers are printed by a process of their own, because typst keeps the memory of its last pages:
`python -m matchmaker.paper.press agendas < data.json > agendas.pdf`.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst

HERE = Path(__file__).resolve().parent
TEMPLATES, FONTS = HERE / "typst", HERE / "fonts"
PATIENCE = 300
"""Seconds after which a paper is given up."""
ANY_MASK = 2
"""To find the best of the eight masks takes four fifths of the time of a code, and a hall needs two
thousand; a reader takes any."""


def press(kind: str, data: dict[str, Any], *, tagged: bool = True) -> bytes:
    """Print a paper here and now; tags are for screen readers and triple the size."""
    compiler = typst.Compiler(TEMPLATES / f"{kind}.typ", root=TEMPLATES, font_paths=_fonts())
    printed = compiler.compile(
        format="pdf", sys_inputs={"data": json.dumps(_drawn(data))}, pdf_tags=tagged
    )
    assert isinstance(printed, bytes)
    return printed


def press_apart(kind: str, data: dict[str, Any]) -> bytes:
    """Print a paper of many pages in a process of its own."""
    command = [sys.executable, "-m", __name__, kind]
    done = subprocess.run(  # noqa: S603 - our interpreter, our module, a kind of ours
        command, cwd=HERE.parents[1], input=json.dumps(data).encode(), capture_output=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip()[-1000:])
    return done.stdout


@cache
def _fonts() -> typst.Fonts:
    """Our own font first; those of the system have the characters that it lacks."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[FONTS])


def _drawn(data: dict[str, Any]) -> dict[str, Any]:
    """Put a drawing of the QR code beside each `code`."""
    found = dict(data)
    if "code" in data:
        found["qr"] = _qr(data["code"])
    if "people" in data:
        found["people"] = [
            {**person, "qr": _qr(person["code"], ANY_MASK)} for person in data["people"]
        ]
    return found


def _qr(text: str, mask: int | None = None) -> str:
    drawing = io.BytesIO()
    segno.make_qr(text, error="m", mask=mask).save(
        drawing, kind="svg", border=0, xmldecl=False, nl=False
    )
    return drawing.getvalue().decode()


if __name__ == "__main__":
    sys.stdout.buffer.write(press(sys.argv[1], json.load(sys.stdin.buffer), tagged=False))
