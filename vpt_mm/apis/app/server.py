"""An app over many tasks: a page for people and an HTTP API for programs, in front of one batching queue."""
import asyncio
import tempfile
from pathlib import Path

from ...errors import UsageError, needs_extra, require_counts
from ..images import read_image
from ..results import describe, draw, encode_png, summarize
from .access import knows, require_password, require_port
from .batching import Batcher, QueueFull
from .page import mount_page

with needs_extra('app', 'the app'):
    from fastapi import FastAPI, Request, Response
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import JSONResponse

MEGABYTE = 2 ** 20


def build_app(inferencer, *, auth=None, most_upload=32 * MEGABYTE, batch_size=16, most_waiting=256):
    """The app, for an ASGI server.

    ======================================  ==================================================================
    GET  /api/tasks                         name, kind, classes of every task, and whether it mixes
    POST /api/predict?task=NAME             body: an image file; scores, or the share of each class
    POST /api/predict?task=NAME&as=picture  the same as a PNG of the image with the prediction on it
    POST /api/predict?task=NAME&as=labels   for segmentation: the label of each pixel as a PNG
    POST /api/tasks?name=NAME               body: a task file, which is added
    ======================================  ==================================================================

    Errors are JSON, ``{"error": reason}``: 400 bad input, 401 no password, 403 a request from another site's page,
    404 no such task, 413 too large, 500 a fault of the server, which its log describes, 503 queue full.

    Args:
        inferencer: a :class:`TaskInferencer`.
        auth: (user, password) that page and API ask for (the API by HTTP basic authentication), or None.
        most_upload: bytes of an image or task file.
        batch_size: most images of a pass.
        most_waiting: most requests that wait.

    Raises:
        UsageError: a limit below 1.
    """
    require_counts(most_upload=most_upload)
    batcher = Batcher(inferencer, batch_size=batch_size, most_waiting=most_waiting)
    app = FastAPI(title='vpt_mm: one backbone, many tasks', docs_url=None, redoc_url=None, openapi_url=None)
    app.state.batcher, app.state.open = batcher, 0
    most_open = most_waiting + 2 * batch_size  # bodies that are in memory at once

    @app.middleware('http')
    async def guard(request, call_next):
        origin = request.headers.get('origin')
        if request.method == 'POST' and origin and origin.partition('://')[2] != request.headers.get('host'):
            return _refuse(403, 'requests from pages of other sites are not answered.')
        if request.url.path.startswith('/api/') and auth and not knows(request.headers.get('authorization', ''), auth):
            return _refuse(401, 'user and password are needed.', {'WWW-Authenticate': 'Basic'})
        if request.method != 'POST' or not request.url.path.startswith('/api/'):
            return await call_next(request)
        if app.state.open >= most_open:
            return _refuse(503, f'{most_open} requests are open already: try again later.')
        app.state.open += 1
        try:
            return await call_next(request)
        finally:
            app.state.open -= 1

    @app.exception_handler(UsageError)
    async def explain(request, error):
        return _refuse(getattr(error, 'status', 503 if isinstance(error, QueueFull) else 400), str(error))

    @app.exception_handler(Exception)
    async def apologise(request, error):  # starlette raises it again behind the answer, for the server's log
        return _refuse(500, 'the server failed at this request: its log says why.')

    @app.get('/api/tasks')
    async def tasks():
        return [dict(name=task.name, kind=task.kind, classes=task.classes, mixes=task.mixes)
                for task in inferencer.tasks.values()]

    @app.post('/api/tasks')
    async def add(request: Request, name: str = ''):
        content = await _body(request, most_upload)
        task = await run_in_threadpool(add_content, inferencer, content, name)
        return dict(name=task.name, kind=task.kind, classes=task.classes, mixes=task.mixes)

    @app.post('/api/predict')
    async def predict(request: Request, task: str = ''):
        _find(inferencer, task)
        form = request.query_params.get('as', 'json')
        if form not in ('json', 'picture', 'labels'):
            raise UsageError(f"as must be json, picture or labels, got {form!r}.")
        content = await _body(request, most_upload)
        array = await run_in_threadpool(read_image, content, most_pixels=inferencer.most_pixels)
        found, sample = await asyncio.wrap_future(batcher.submit(array, task))
        prediction = summarize(found, sample)
        if form == 'picture':
            drawn = await run_in_threadpool(lambda: encode_png(draw(found, array, sample)))
            return Response(drawn, media_type='image/png')
        if form == 'labels' and 'sem_seg' in prediction:
            return Response(encode_png(prediction['sem_seg']), media_type='image/png')
        return JSONResponse(describe(found, prediction))

    return mount_page(app, inferencer, batcher, auth=auth, most_upload=most_upload)


def add_content(inferencer, content, name):
    """Add a task file that came as bytes."""
    if not name:
        raise UsageError('a task needs a name: POST /api/tasks?name=NAME.')
    suffix = '.safetensors' if content[8:9] == b'{' else '.pth'
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f'uploaded{suffix}')
        file.write_bytes(content)
        return inferencer.add(file, name=name)


def serve(app, *, host='127.0.0.1', port=7860, auth=None):
    """Run the app until it is interrupted.

    Raises:
        UsageError: an address that others can reach, without a password, or no port.
    """
    import uvicorn
    require_password(host, auth)
    require_port(port)
    print(f'http://{host}:{port}  (API: /api/tasks, /api/predict?task=NAME)')
    uvicorn.run(app, host=host, port=port, log_level='warning')


async def _body(request, most):
    """The bytes of a request, refused as soon as they are too many."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise Refusal(413, f'an upload may have {most / MEGABYTE:.0f} MB, this one has more.')
    return bytes(content)


def _find(inferencer, name):
    try:
        return inferencer.find(name)
    except UsageError as error:
        raise Refusal(404, str(error)) from None


class Refusal(UsageError):
    """Bad input with an HTTP status of its own."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


def _refuse(code, reason, headers=None):
    return JSONResponse(dict(error=reason), code, headers)
