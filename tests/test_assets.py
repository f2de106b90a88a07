"""Static files: named by their content, compressed once, kept by browsers for good; the stylesheet rides in the page."""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode

import brotli
import pytest

from portal import assets
from portal.assets import STATIC, Assets, served_content

NAMES = sorted(path.name for path in STATIC.iterdir() if path.suffix in assets.SERVED)


def fetched(visitor, path: str, encoding: str = "identity"):
    with visitor.browser.get(path, headers={"Accept-Encoding": encoding}) as answer:
        return answer.status_code, dict(answer.headers), answer.get_data()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_served_under_the_hash_of_its_content_for_good(app, visitor, name) -> None:
    url, content = app.extensions["assets"].url(name), served_content(STATIC / name)
    assert hashlib.sha256(content).hexdigest()[:8] in url
    status, headers, body = fetched(visitor, url)
    assert (status, body) == (200, content)
    age, *others = headers["Cache-Control"].split(", ")
    assert int(age.removeprefix("max-age=")) >= 31_536_000
    assert set(others) == {"public", "immutable"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_compressed_beforehand(app, visitor, name) -> None:
    url, content = app.extensions["assets"].url(name), served_content(STATIC / name)
    for encoding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        _, headers, body = fetched(visitor, url, f"{encoding};q=1.0")
        assert headers["Content-Encoding"] == encoding
        assert headers["Vary"] == "Accept-Encoding"
        assert unpack(body) == content
        assert len(body) < len(content)
    assert fetched(visitor, url, "gzip, deflate, br, zstd")[1]["Content-Encoding"] == "br"


def test_types_are_those_of_their_kind(app, visitor) -> None:
    kinds = {".js": "text/javascript", ".svg": "image/svg+xml"}
    for name in NAMES:
        _, headers, _ = fetched(visitor, app.extensions["assets"].url(name))
        assert headers["Content-Type"].partition(";")[0] == kinds[name[name.rindex(".") :]]


@pytest.mark.parametrize(
    "path",
    ["/static/app.js", "/static/app.css", "/static/app.00000000.js", "/static/", "/static/../app.py",
     "/static/%2e%2e/portal.db", "/static/..%2fdemo-secret-key", "/static/app.00000000.js.br"],
)  # fmt: skip
def test_nothing_else_is_served(visitor, path) -> None:
    status, _, body = fetched(visitor, path)
    assert status in {404, 405}
    assert "Não encontrado".encode() in body


def test_pages_name_no_other_static_file(visitor, app) -> None:
    named = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', visitor.get("/login").text))
    assert named
    assert named <= set(app.extensions["assets"].urls.values())


def test_a_name_that_a_template_misspells_is_a_fault(app) -> None:
    with pytest.raises(KeyError):
        app.extensions["assets"].url("ap.js")


def test_publishing_twice_writes_once(tmp_path) -> None:
    first = Assets(tmp_path)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    second = Assets(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == written
    assert second.urls == first.urls
    assert len(written) == 3 * len(first.urls)


def test_a_file_that_was_cut_off_is_written_again(tmp_path) -> None:
    published = Assets(tmp_path)
    path = tmp_path / published.urls["app.js"].rpartition("/")[2]
    path.write_bytes(b"half")
    Assets(tmp_path)
    assert path.read_bytes() == served_content(STATIC / "app.js")


def test_our_script_travels_without_its_comments_and_a_vendored_one_as_it_is() -> None:
    written, served = (STATIC / "app.js").read_text(), served_content(STATIC / "app.js").decode()
    assert "/*" in written
    assert "/*" not in served
    assert set(served.splitlines()) <= set(written.splitlines())
    for path in STATIC.glob("htmx-*.js"):
        assert served_content(path) == path.read_bytes()


def test_the_policy_allows_the_one_stylesheet_of_the_page(app, visitor) -> None:
    text = visitor.get("/login").text
    [css] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert (
        f"'sha256-{b64encode(hashlib.sha256(css.encode()).digest()).decode()}'" == app.extensions["assets"].css_source
    )


def test_the_stylesheet_loses_comments_and_blanks_and_nothing_else() -> None:
    css = "/* why */\na > b:hover ,\nc { color : red ;\n  margin: 0 auto; }\n@media (width < 40em) { a b { x: y } }\n"
    assert assets._compact(css) == "a>b:hover,c{color:red;margin:0 auto}@media (width < 40em){a b{x:y}}"


def test_the_real_stylesheet_keeps_its_braces_and_descendants() -> None:
    css = (STATIC / "app.css").read_text(encoding="utf-8")
    compact = assets._compact(css)
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    assert re.sub(r"[\s;]", "", compact) == re.sub(r"[\s;]", "", bare)
    assert "calc(" not in css or not re.search(r"calc\([^)]*[^ ][+-][^ ]", re.sub(r"var\([^)]*\)", "v", compact))
