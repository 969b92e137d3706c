"""HTTP addresses of plugins, under `/plugins/<plugin>`: for tokens, with a budget, and cut off
when they keep failing, as fields are.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import OpsgraphError, PluginUnavailableError
from core.http.endpoint import challenge, refusal
from core.http.gateway import Gateway
from core.http.graphql import failure, respond
from core.plugin import HttpRoute

log = logging.getLogger("opsgraph.http")


def plugin_routes(gateway: Gateway) -> list[Route]:
    """A route for each that a plugin in use declares."""
    return [
        Route(
            f"/plugins/{plugin}{declared.path}",
            _endpoint(gateway, plugin, declared),
            methods=list(declared.methods),
        )
        for plugin, declared in gateway.registry.routes
    ]


def _endpoint(
    gateway: Gateway, plugin: str, declared: HttpRoute
) -> Callable[[Request], Awaitable[Response]]:
    what = f"{' '.join(declared.methods)} /plugins/{plugin}{declared.path}"
    breaker = gateway.registry.guards.of(plugin, what)

    async def answer(request: Request) -> Response:
        actor = await gateway.actor(request.headers.get("authorization", ""))
        actor.require(declared.permission, what)
        breaker.check()
        now = gateway.clock()
        context = gateway.registry.context(plugin, actor.merchant_id, now, gateway.db)
        try:
            async with asyncio.timeout(breaker.limits.seconds):
                found = await declared.handle(request, context)
        except OpsgraphError:
            raise
        except TimeoutError as error:
            breaker.failed()
            raise PluginUnavailableError(f"{what} took too long.") from error
        except Exception:
            breaker.failed()
            raise
        breaker.succeeded()
        return found

    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request)
        except OpsgraphError as error:
            return respond(request, refusal(error), challenge(error))
        except Exception as error:  # a plugin's fault: masked, as in GraphQL
            error_id = secrets.token_hex(8)
            log.error("Error %s at %s: %s", error_id, what, type(error).__name__)
            text = f"Something went wrong here; the log has more under {error_id}."
            return respond(request, failure(500, "INTERNAL", text))

    return endpoint
