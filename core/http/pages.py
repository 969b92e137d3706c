"""The browser page: GraphiQL when its assets are built, a plain page of our own when they are not.

The page is public and therefore holds no data: a person enters an API token, and the page's script
sends it with every request, for the schema too.
"""

import mimetypes
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from core.plugin import Example

HERE = Path(__file__).parent
STATIC = HERE / "static"
ASSETS = HERE / "assets"

SECURITY_HEADERS = {
    # No script but our files. GraphiQL's dialogs insert a style element, its error marks are
    # images in data: URLs.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Browsers keep the files, but ask each time whether they still hold (ETag).
    "Cache-Control": "no-cache",
}

# Windows takes types from its registry, where .js may be text/plain: no browser runs that.
mimetypes.add_type("text/javascript", ".js")

# Addresses are relative to the page's own, so it works under any path of a proxy.
_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>opsgraph</title>
<link rel="icon" href="static/icon.svg">
<link rel="stylesheet" href="static/page.css">
$assets
</head>
<body data-graphql="$graphql_path" data-sdl="$sdl_path">
<header>
<strong><img src="static/icon.svg" alt="" width="24" height="24">opsgraph</strong>
<form id="token">
<label for="token-input">API token</label>
<input id="token-input" type="password" autocomplete="off" spellcheck="false">
<button>Use</button>
<output></output>
</form>
</header>
$main
</body>
</html>
""")

_GRAPHIQL_ASSETS = """\
<link rel="stylesheet" href="static/graphiql/graphiql.css">
<script type="module" src="static/graphiql/graphiql.js"></script>"""

_GRAPHIQL_MAIN = Template("""\
<main id="explorer"></main>
<template>$examples</template>""")

_PLAIN_ASSETS = """\
<script type="module" src="static/plain.js"></script>"""

_PLAIN_MAIN = Template("""\
<main id="plain">
<p>For GraphiQL here, with completion and documentation, run <code>make assets</code>
(it needs Node) and restart the gateway.</p>
$examples
<h2>Schema</h2>
<pre id="schema"></pre>
</main>""")

_EXAMPLE = Template("""\
<article class="example">
<h2>$title</h2>
<p>$description</p>
<label>Query <textarea rows="$query_rows" spellcheck="false">$query</textarea></label>
<label>Variables <textarea rows="$variables_rows" spellcheck="false">$variables</textarea></label>
<button type="button">Run</button>
<pre hidden></pre>
</article>
""")


def explorer_routes(
    *,
    examples: Sequence[Example],
    graphql_path: str = "/graphql",
    sdl_path: str = "/schema.graphql",
    assets: Path = ASSETS,
) -> list[BaseRoute]:
    """The page at `/` and its files under `/static`; `assets` is read once, when this is called."""
    has_graphiql = (assets / "graphiql.js").is_file()
    articles = "".join(map(_render_example, examples))
    page = _PAGE.substitute(
        assets=_GRAPHIQL_ASSETS if has_graphiql else _PLAIN_ASSETS,
        main=(_GRAPHIQL_MAIN if has_graphiql else _PLAIN_MAIN).substitute(examples=articles),
        graphql_path=escape(graphql_path.lstrip("/")),
        sdl_path=escape(sdl_path.lstrip("/")),
    )

    async def show_page(request: Request) -> HTMLResponse:
        return HTMLResponse(page, headers=SECURITY_HEADERS)

    graphiql = [Mount("/static/graphiql", _Files(directory=assets))] if has_graphiql else []
    return [Route("/", show_page), *graphiql, Mount("/static", _Files(directory=STATIC))]


def _render_example(example: Example) -> str:
    query, variables = example.query.strip(), example.variables.strip()
    return _EXAMPLE.substitute(
        title=escape(example.title),
        description=escape(example.description),
        query=escape(query),
        query_rows=query.count("\n") + 1,
        variables=escape(variables),
        variables_rows=variables.count("\n") + 1,
    )


class _Files(StaticFiles):
    """Static files under the page's headers."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(SECURITY_HEADERS)
        return response
