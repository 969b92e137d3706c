"""The browser page: what it serves with and without the built assets, and what it never does."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from core.http import pages
from core.http.pages import Example, explorer_routes

SHOPS = Example("Shops", "query Shops {\n  shops { id }\n}\n", '{"first": 5}', "All your shops.")
SOURCES = pages.HERE / "graphiql"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as `make assets` leaves it, with stand-ins for GraphiQL."""
    (tmp_path / "graphiql.js").write_text("export {};")
    (tmp_path / "graphiql.css").write_text("main {}")
    return tmp_path


def get(path: str, assets: Path, *examples: Example, **headers: str) -> httpx.Response:
    async def request() -> httpx.Response:
        app = Starlette(routes=explorer_routes(examples=examples, assets=assets))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://opsgraph") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(request())


def run_build(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The build script of a copied checkout, on a machine without npm."""
    shutil.copytree(SOURCES, checkout / "graphiql", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(pages.STATIC, checkout / "static")
    command = [sys.executable, str(checkout / "graphiql" / "build.py"), *arguments]
    environment = os.environ | {"PATH": str(checkout)}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_plain_page_without_assets(tmp_path: Path) -> None:
    """A gateway without built assets shows the examples and says how to get GraphiQL."""
    page = get("/", tmp_path, SHOPS)

    assert page.status_code == 200
    assert "static/plain.js" in page.text
    assert "make assets" in page.text
    assert ">query Shops {\n  shops { id }\n}</textarea>" in page.text
    assert get("/static/graphiql/graphiql.js", tmp_path).status_code == 404


def test_graphiql_with_assets(built: Path) -> None:
    """With built assets the page loads GraphiQL and hands it the examples."""
    page = get("/", built, SHOPS)

    assert "static/graphiql/graphiql.js" in page.text
    assert "plain.js" not in page.text
    assert "{&quot;first&quot;: 5}</textarea>" in page.text


@pytest.mark.parametrize("path", ["/", "/static/plain.js", "/static/graphiql/graphiql.js"])
def test_security_headers(built: Path, path: str) -> None:
    """Page, scripts and assets all forbid foreign code, sniffing, framing and referrers."""
    headers = get(path, built).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("folder", ["built", "tmp_path"])
def test_page_needs_nothing_from_elsewhere(folder: str, request: pytest.FixtureRequest) -> None:
    """Neither page has an inline script or an address outside the gateway."""
    page = get("/", request.getfixturevalue(folder), SHOPS).text

    assert page.count("<script") == page.count('<script type="module" src="static/') == 1
    assert "://" not in page
    assert 'href="/' not in page
    assert 'src="/' not in page


def test_examples_are_escaped(tmp_path: Path) -> None:
    """Nothing in an example can become markup."""
    evil = "</textarea><script>alert(1)</script>"

    page = get("/", tmp_path, Example(evil, evil, evil, evil)).text

    assert evil not in page
    assert page.count("&lt;/textarea&gt;&lt;script&gt;alert(1)") == 4


def test_paths_are_relative_to_the_page(tmp_path: Path) -> None:
    """The page calls the gateway beside itself, so a proxy may serve it under any path."""
    page = get("/", tmp_path).text

    assert '<body data-graphql="graphql" data-sdl="schema.graphql">' in page


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pages.py",
        "/static/%2e%2e/pages.py",
        "/static/..%2fpages.py",
        "/static/graphiql/..%2f..%2fpages.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/",
    ],
)
def test_traversal_is_refused(built: Path, path: str) -> None:
    """Only files inside the two static folders are served, and no listing of them."""
    assert get(path, built).status_code == 404


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/plain.js", "text/javascript"),
        ("/static/token.js", "text/javascript"),
        ("/static/page.css", "text/css"),
        ("/static/icon.svg", "image/svg+xml"),
        ("/static/graphiql/graphiql.js", "text/javascript"),
    ],
)
def test_static_files_have_their_type(built: Path, path: str, kind: str) -> None:
    """Browsers run a module only under its own type, so each file names it."""
    assert get(path, built).headers["content-type"].startswith(kind)


def test_browser_asks_again_and_gets_304(tmp_path: Path) -> None:
    """A cached file is revalidated by its ETag and sent only when it changed."""
    first = get("/static/plain.js", tmp_path)

    again = get("/static/plain.js", tmp_path, **{"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


def test_build_without_npm_succeeds_and_says_so(tmp_path: Path) -> None:
    """`make` goes on without npm, with one line that says what the gateway will show."""
    done = run_build(tmp_path)

    assert done.returncode == 0
    assert done.stdout == (
        "GraphiQL: not built (npm not found); the gateway shows its plain page\n"
    )
    assert not (tmp_path / "assets").exists()


def test_build_fails_where_graphiql_is_required(tmp_path: Path) -> None:
    """A release that must have GraphiQL fails without npm."""
    assert run_build(tmp_path, "--require").returncode == 1


def test_lock_pins_packages_without_addresses() -> None:
    """Every package is pinned by hash, and none says where it was downloaded."""
    packages = json.loads((SOURCES / "package-lock.json").read_text())["packages"]

    locked = [package for path, package in packages.items() if path]
    assert len(locked) > 50
    assert all("integrity" in package and "resolved" not in package for package in locked)
