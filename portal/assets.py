"""Static files under names that hold their content's hash, compressed once, cached by browsers for good."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import brotli
from flask import Flask
from whitenoise import WhiteNoise

from portal.config import ROOT

STATIC = ROOT / "static"
SERVED = (".js", ".svg")
COMMENTS = re.compile(rb"^ */\*.*?\*/\n", re.DOTALL | re.MULTILINE)
"""Comments on lines of their own."""


class Assets:
    """The published files by their plain names, and the stylesheet that rides in every page."""

    def __init__(self, folder: Path) -> None:
        """Publish the static folder into ``folder`` (several processes may do so at once)."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.urls = {path.name: self._publish(path) for path in sorted(STATIC.iterdir()) if path.suffix in SERVED}
        self.css = _compact((STATIC / "app.css").read_text(encoding="utf-8"))
        digest = hashlib.sha256(self.css.encode()).digest()
        self.css_source = f"'sha256-{b64encode(digest).decode()}'"

    def _publish(self, path: Path) -> str:
        content = served_content(path)
        name = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:8]}{path.suffix}"
        _write(self.folder / name, content)
        _write(self.folder / f"{name}.br", brotli.compress(content, quality=11))
        _write(self.folder / f"{name}.gz", gzip.compress(content, 9, mtime=0))
        return f"/static/{name}"

    def url(self, name: str) -> str:
        """Return the address of a static file; an unknown name is a fault in a template."""
        return self.urls[name]


def served_content(path: Path) -> bytes:
    """Return what is served of a file: a vendored one is what was reviewed, ours goes without its comments."""
    content = path.read_bytes()
    return COMMENTS.sub(b"", content) if path.name == "app.js" else content


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    scratch = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    scratch.write_bytes(content)
    scratch.replace(path)


def _compact(css: str) -> str:
    """Drop comments and the blanks that mean nothing."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{}:;,>])\s*", r"\1", re.sub(r"\s+", " ", bare)).replace(";}", "}").strip()


def _add_headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


def init_app(app: Flask, folder: Path) -> Assets:
    """Publish the files and serve them in front of the application."""
    assets = Assets(folder)
    served: Any = WhiteNoise(
        app.wsgi_app,
        max_age=365 * 86_400,
        immutable_file_test=lambda *_: True,
        allow_all_origins=False,
        add_headers_function=_add_headers,
    )
    served.add_files(str(folder), prefix="static/")
    app.wsgi_app = served  # type: ignore[method-assign]
    app.extensions["assets"] = assets
    app.jinja_env.globals["asset"] = assets.url
    app.jinja_env.globals["css"] = assets.css
    return assets
