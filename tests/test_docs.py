"""Documents say what the code does."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from config import ROOT
from matchmaker.engine import DEFAULT_WEIGHTS


@pytest.mark.parametrize("name", ["docs/engine.md", "docs/timetable.md"])
def test_the_examples_of_the_engine_run(name: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    exec(compile(code, name, "exec"), {})


def test_every_signal_stands_in_the_document() -> None:
    text = (ROOT / "docs/engine.md").read_text("utf-8")
    assert all(re.search(rf"\b{name}\b", text) for name in DEFAULT_WEIGHTS)


def test_every_setting_stands_in_the_document() -> None:
    used = set(re.findall(r"MATCHMAKER_[A-Z_]+", (ROOT / "config.py").read_text("utf-8")))
    told = set(
        re.findall(r"`(MATCHMAKER_[A-Z_]+)`", (ROOT / "docs/settings.md").read_text("utf-8"))
    )
    assert used == told


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/architecture.md"])
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_vendored_files_are_what_the_manifest_says() -> None:
    manifest = json.loads((ROOT / "static/vendor/manifest.json").read_text())
    for item in manifest:
        digest = hashlib.sha256((ROOT / item["file"]).read_bytes()).hexdigest()
        assert digest == item["sha256"], item["file"]


def test_no_lock_file_names_an_index() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in path.read_text(), path


def test_templates_have_no_inline_style_or_handler() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        found = re.findall(r'\sstyle="|\son[a-z]+="|javascript:', path.read_text("utf-8"))
        assert not found, path


def test_scripts_are_plain_shell() -> None:
    import subprocess

    for name in ("run", "test", "setup.sh"):
        subprocess.run(["sh", "-n", str(ROOT / name)], check=True)


def test_every_template_belongs_to_a_feature() -> None:
    features = {path.parent.name for path in Path(ROOT / "matchmaker").glob("*/__init__.py")}
    folders = {path.name for path in (ROOT / "templates").iterdir()}
    assert folders <= features | {"layout", "macros", "errors"}
