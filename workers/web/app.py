"""The board as an ASGI application: its pages, its live streams, and the way in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from schemas.vocabulary import Stage
from workers.cli._glance import glances
from workers.ops import clock
from workers.store import reading
from workers.web import shown
from workers.web.access import COOKIE, Access, Guarded, is_own, session_of
from workers.web.live import Watch
from workers.web.shown import Missing

FORM_BYTES = 4096
PAUSE = 0.5
"""Seconds that a wrong token waits for its answer."""
VIEWS = {"board": "_board.html", "chart": "_chart.html"}
HOSTS = ("localhost", "127.0.0.1", "[::1]")


class Board:
    """Answers requests; `engine` is only ever read from."""

    def __init__(self, engine: AsyncEngine, access: Access) -> None:
        self._engine = engine
        self._access = access
        self._watch = Watch()
        self._pages = Environment(
            loader=PackageLoader("workers.web"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._pages.globals.update(address=address, stages=list(Stage))
        self._pages.filters["label"] = lambda word: str(word).replace("_", " ").title()

    async def home(self, request: Request) -> Response:
        """The studies of a workspace; without one, the workspaces there are."""
        workspace_id = request.query_params.get("workspace") or self._own(request)
        if workspace_id is None:
            async with self._reading() as connection:
                known = await reading.workspaces(connection)
            if len(known) != 1:
                return self._page("workspaces.html", request, workspaces=known)
            workspace_id = known[0]
        self._admit(request, workspace_id)
        async with self._reading() as connection:
            found = await glances(connection, workspace_id)
        return self._page("studies.html", request, workspace=workspace_id, studies=found)

    async def study(self, request: Request) -> Response:
        """One study: its board, or with `view=chart` its flow chart."""
        workspace_id, study_id = self._named(request, "study")
        view = _view(request)
        fragment = await self._fragment(view, workspace_id, study_id)
        return self._page(
            "study.html", request, workspace=workspace_id, study=study_id, view=view,
            fragment=fragment,
        )  # fmt: skip

    async def live(self, request: Request) -> Response:
        """The changing part of a study's page, for as long as somebody looks."""
        workspace_id, study_id = self._named(request, "study")
        view = _view(request)
        await self._fragment(view, workspace_id, study_id)  # a wrong study is told at once
        stream = self._watch.follow(
            (view, workspace_id, study_id), lambda: self._fragment(view, workspace_id, study_id)
        )
        return StreamingResponse(stream, media_type="text/event-stream")

    async def person(self, request: Request) -> Response:
        """One person: may they be contacted, where they are, and why."""
        workspace_id, person_id = self._named(request, "person")
        async with self._reading() as connection:
            found = await shown.person(connection, workspace_id, person_id)
        return self._page("person.html", request, workspace=workspace_id, person=found)

    async def enter(self, request: Request) -> Response:
        """The form that takes a token, and what is posted from it."""
        if request.method == "GET":
            return self._page("enter.html", request, wrong=False)
        if not is_own(request):
            raise HTTPException(403, "This form was not posted from here.")
        session = session_of(await _posted(request))
        if self._access.workspace(session) is None:
            await asyncio.sleep(PAUSE)
            return self._page("enter.html", request, wrong=True, status=403)
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, session, httponly=True, samesite="strict", secure=secure)
        return answer

    async def leave(self, request: Request) -> Response:
        """Forgets the cookie."""
        if not is_own(request):
            raise HTTPException(403, "This form was not posted from here.")
        answer = RedirectResponse("/enter", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    async def failed(self, request: Request, error: Exception) -> Response:
        """A page for what is not there or not allowed."""
        if isinstance(error, HTTPException) and error.status_code == 401:
            return RedirectResponse("/enter", 303)
        status, says = 404, str(error)
        if isinstance(error, HTTPException):
            status, says = error.status_code, error.detail
        return self._page("failed.html", request, says=says, status=status)

    async def _fragment(self, view: str, workspace_id: str, study_id: str) -> str:
        async with self._reading() as connection:
            found = await shown.board(connection, workspace_id, study_id)
        return self._pages.get_template(VIEWS[view]).render(
            board=found, workspace=workspace_id, now=clock.now()
        )

    def _named(self, request: Request, what: str) -> tuple[str, str]:
        """The workspace, if it may be seen, and what is asked for in it."""
        workspace_id = request.query_params.get("workspace", "")
        self._admit(request, workspace_id)
        named = request.query_params.get(what)
        if not named or not workspace_id:
            raise HTTPException(404, f"No {what} is named.")
        return workspace_id, named

    def _admit(self, request: Request, workspace_id: str) -> None:
        if self._access.allows(request, workspace_id):
            return
        if self._own(request) is None:
            raise HTTPException(401)
        raise HTTPException(403, "Your token belongs to another workspace.")

    def _own(self, request: Request) -> str | None:
        """The workspace of the visitor's token; 401 where one is asked for and not there."""
        if self._access.is_open:
            return None
        own = self._access.workspace(request.cookies.get(COOKIE))
        if own is None:
            raise HTTPException(401)
        return own

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as connection:
            yield await connection.execution_options(postgresql_readonly=True)

    def _page(self, name: str, request: Request, status: int = 200, **told: Any) -> Response:
        told = {"workspace": None, "is_open": self._access.is_open, **told}
        html = self._pages.get_template(name).render(now=clock.now(), **told)
        return HTMLResponse(html, status)


def create(engine: AsyncEngine, access: Access, hosts: tuple[str, ...] = ()) -> Starlette:
    """The application; it answers to loopback's names and to `hosts`."""
    board = Board(engine, access)
    failed: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: board.failed,
        Missing: board.failed,
    }
    return Starlette(
        routes=[
            Route("/", board.home),
            Route("/study", board.study),
            Route("/person", board.person),
            Route("/live", board.live),
            Route("/enter", board.enter, methods=["GET", "POST"]),
            Route("/leave", board.leave, methods=["POST"]),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ],
        middleware=[
            Middleware(Guarded),
            Middleware(TrustedHostMiddleware, allowed_hosts=[*HOSTS, *hosts]),
        ],
        exception_handlers=failed,
    )


def address(path: str, **told: str) -> str:
    """An address of ours: ids stand in the query, where any text is safe."""
    return f"{path}?{urlencode(told)}"


def _view(request: Request) -> str:
    view = request.query_params.get("view", "board")
    if view not in VIEWS:
        raise HTTPException(404, "There is no such view.")
    return view


async def _posted(request: Request) -> str:
    """The token of a posted form; a body that is too large is cut."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise HTTPException(413, "That is no token.")
    return parse_qs(body.decode(errors="replace")).get("token", [""])[0].strip()
