"""The console's files: what `console/` is built to, served beside the API."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILT = Path(__file__).parent / "console_dist"
_NOT_BUILT = "The console is not built. `make console` builds it; `make demo` does so on its own.\n"
# Everything comes from here; only styles may stand in attributes, which the components' positions need.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def routes(folder: Path = BUILT) -> list[BaseRoute]:
    """The console under /console/, where every path that names no file is a page of it."""

    async def page(request: Request) -> Response:
        index = folder / "index.html"
        if not index.is_file():
            return PlainTextResponse(_NOT_BUILT, status_code=404)
        return FileResponse(index, headers={**_HEADERS, "Cache-Control": "no-cache"})

    async def entry(request: Request) -> Response:
        return RedirectResponse("/console/")

    assets = folder / "assets"
    built: list[BaseRoute] = [Mount("/console/assets", _Assets(directory=assets))] if assets.is_dir() else []
    icon = folder / "meridian.svg"
    if icon.is_file():
        built.append(Route("/console/meridian.svg", lambda request: FileResponse(icon, headers=_HEADERS)))
    return [*built, Route("/console/{path:path}", page), Route("/console", entry), Route("/", entry, methods=["GET"])]


class _Assets(StaticFiles):
    """
    Files whose names change with what they hold, so that they are good for ever.

    The build has put a file compressed by gzip beside each that is worth it; who takes that gets it.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As Starlette's, of the smaller file where there is one."""
        smaller = f"{path}.gz"
        takes_it = (
            "gzip" in Headers(scope=scope).get("accept-encoding", "") and self.lookup_path(smaller)[1] is not None
        )
        response = await super().get_response(smaller if takes_it else path, scope)
        if takes_it:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        return response

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """As Starlette's, with headers."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update({**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"})
        return response
