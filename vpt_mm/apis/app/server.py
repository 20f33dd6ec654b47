"""An app over many tasks: a page for people and an HTTP API for programs, in front of one batching queue."""
import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager

from ...errors import UsageError, needs_extra, require_counts
from ..images import read_image
from .access import LOOPBACK, require_password, require_port
from .batching import Batcher, QueueFull

with needs_extra('app', 'the app'):
    import anyio
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.middleware.authentication import AuthenticationMiddleware
    from starlette.middleware.body_limit import RequestBodyLimitMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    from .adding import Adding
    from .answers import FORMS, answer, colours_of, refuse
    from .bodies import BodiesInTime, HearsOut
    from .guard import Guard
    from .listen import listen
    from .page import make_page

MEGABYTE = 2 ** 20
MOST_NAMES = 100  # classes that a request can name: each is a text that passes through the tower
READERS = 2  # images that are decoded, and pictures that are drawn, at once
MOST_HELD = 8  # uploads of the largest size that are in memory at once


def build_app(inferencer, *, auth: tuple[str, str] | None = None, names: Sequence[str] = LOOPBACK, adding: bool = False,
              most_upload: int = 32 * MEGABYTE, batch_size: int = 16, most_waiting: int = 256,
              most_seconds: float = 10) -> Starlette:
    """The app, for an ASGI server.

    ======================================  ===================================================================
    GET  /                                  the page
    GET  /api/tasks                         name, kind, classes, colours of every task; whether it mixes, takes names
    POST /api/predict?task=NAME             body: an image file; scores, or the share of each class
    POST /api/predict?task=NAME&class=A...  the same of classes A, B, ... where the task tells classes by their names
    POST /api/predict?task=NAME&as=overlay  the same, and for segmentation the classes' colours, a PNG in base64
    POST /api/predict?task=NAME&as=picture  the image with the prediction on it, at most 1024 pixels wide, as a PNG
    POST /api/predict?task=NAME&as=labels   for segmentation: the label of each pixel as a PNG
    POST /api/tasks?name=NAME               body: a task file, which is added; with ``adding`` alone
    ======================================  ===================================================================

    Errors are JSON, ``{"error": reason}``: 400 bad input, 401 no password, 403 a request from another site's page,
    404 no such task, 405 adding where it is off, 408 too slow, 500 a fault of the server, which its log describes, 503
    too busy. In plain text: 400 for another server, 413 too large, 503 too many connections.

    Args:
        inferencer: a :class:`TaskInferencer`.
        auth: (user, password) that every request is asked for by HTTP basic authentication, or None.
        names: by which requests may ask for the server (:func:`~vpt_mm.apis.app.access.names_of`).
        adding: whether clients may add tasks.
        most_upload: bytes of an image or task file.
        batch_size: most images of a pass.
        most_waiting: most requests that wait.
        most_seconds: that one image may keep the backbone busy.

    Raises:
        UsageError: a limit below 1.
    """
    require_counts(most_upload=most_upload)
    batcher = Batcher(inferencer, batch_size=batch_size, most_waiting=most_waiting, most_seconds=most_seconds)
    desk = Desk(inferencer, batcher)

    @asynccontextmanager
    async def lifespan(app):
        yield
        batcher.close()

    app = Starlette(
        routes=[Route('/', make_page(adding=adding, most_upload=most_upload)),
                Route('/api/tasks', desk.list_tasks), Route('/api/predict', desk.predict, methods=['POST']),
                *([Route('/api/tasks', desk.add, methods=['POST'])] if adding else [])],
        middleware=[
            Middleware(HearsOut),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(names), www_redirect=False),
            Middleware(AuthenticationMiddleware, backend=Guard(auth), on_error=_keep_out),
            Middleware(RequestBodyLimitMiddleware, max_body_size=most_upload),
            Middleware(BodiesInTime, most_bytes=MOST_HELD * most_upload)],
        exception_handlers={UsageError: _explain, HTTPException: _explain_http, ClientDisconnect: _forget,
                            Exception: _apologise},
        lifespan=lifespan)
    app.state.batcher, app.state.auth = batcher, auth
    return app


class Desk:
    """Where requests of the API arrive."""

    def __init__(self, inferencer, batcher):
        self.inferencer, self.batcher = inferencer, batcher
        self.readers, self.drawers = anyio.CapacityLimiter(READERS), anyio.CapacityLimiter(READERS)
        self.adding = Adding(inferencer)

    async def list_tasks(self, request: Request) -> Response:
        return JSONResponse([_entry(task) for task in self.inferencer.tasks.values()])

    async def predict(self, request: Request) -> Response:
        name, form = request.query_params.get('task', ''), request.query_params.get('as', 'json')
        if form not in FORMS:
            raise UsageError(f'as must be one of {", ".join(FORMS)}; got {form!r}.')
        classes = request.query_params.getlist('class')
        if len(classes) > MOST_NAMES:
            raise UsageError(f'at most {MOST_NAMES} classes are named at once, got {len(classes)}.')
        self._require_task(name)
        content = await request.body()
        array, future = await anyio.to_thread.run_sync(self._submit, content, name, classes, limiter=self.readers)
        task, sample = await asyncio.wrap_future(future)
        return await anyio.to_thread.run_sync(answer, task, array, sample, form, limiter=self.drawers)

    async def add(self, request: Request) -> Response:
        name = request.query_params.get('name', '')
        if not name:
            raise UsageError('a task needs a name: POST /api/tasks?name=NAME.')
        return JSONResponse(_entry(await self.adding.add(await request.body(), name)))

    def _submit(self, content, name, classes):
        """Away from the loop: an image is decoded, and names in up to 200 sentences are tokenized."""
        array = read_image(content, most_pixels=self.inferencer.most_pixels)
        return array, self.batcher.submit(array, name, classes)

    def _require_task(self, name):
        try:
            self.inferencer.find(name)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None


def serve(app: Starlette, *, host: str = '127.0.0.1', port: int = 7860) -> None:
    """Run the app until it is interrupted.

    Raises:
        UsageError: an address that others can reach, for an app without a password, or no port.
    """
    require_password(host, app.state.auth)
    require_port(port)
    print(f'http://{f"[{host}]" if ":" in host else host}:{port}  (API: /api/tasks, /api/predict?task=NAME)')
    listen(app, host=host, port=port)


def _entry(task):
    return dict(name=task.name, kind=task.kind, classes=task.classes, mixes=task.mixes, takes_names=task.takes_names,
                **colours_of(task))


def _keep_out(request, error):
    return refuse(error.status, error, {'WWW-Authenticate': 'Basic'} if error.status == 401 else None)


async def _explain(request, error):
    return refuse(503 if isinstance(error, QueueFull) else 400, error)


async def _explain_http(request, error):
    return refuse(error.status_code, error.detail, error.headers)


async def _forget(request, error):
    """Nobody is there to read it."""
    return Response(status_code=400)


async def _apologise(request, error):  # starlette raises it again behind the answer, for the server's log
    return refuse(500, 'the server failed at this request: its log says why.')
