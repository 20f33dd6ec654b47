"""An app over many tasks: a page for people and an HTTP API for programs, in front of one batching queue."""
import asyncio
import base64
import binascii
import ipaddress
import secrets
import tempfile
import warnings
from pathlib import Path

from ..errors import UsageError
from .batching import Batcher, QueueFull
from .images import read_image
from .results import describe, draw, encode_png, summarize

try:
    from fastapi import FastAPI, Request, Response
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import JSONResponse
except ImportError:
    raise UsageError('the app needs gradio: pip install -e ".[app]".') from None

MEGABYTE = 2 ** 20


def build_app(inferencer, *, auth=None, most_upload=32 * MEGABYTE, batch_size=16, most_waiting=256):
    """The app, for an ASGI server.

    ======================================  ==================================================================
    GET  /api/tasks                         name, kind, classes of every task, and whether it mixes
    POST /api/predict?task=NAME             body: an image file; scores, or the share of each class
    POST /api/predict?task=NAME&as=picture  the same as a PNG of the image with the prediction on it
    POST /api/tasks?name=NAME               body: a task file, which is added
    ======================================  ==================================================================

    Errors are JSON, ``{"error": reason}``: 400 bad input, 401 no password, 403 a request from another site's page,
    404 no such task, 413 too large, 503 queue full.

    Args:
        inferencer: a :class:`TaskInferencer`.
        auth: (user, password) that page and API ask for (the API by HTTP basic authentication), or None.
        most_upload: bytes of an image or task file.
        batch_size: most images of a pass.
        most_waiting: most requests that wait.
    """
    batcher = Batcher(inferencer, batch_size=batch_size, most_waiting=most_waiting)
    app = FastAPI(title='vpt_mm: one backbone, many tasks', docs_url=None, redoc_url=None, openapi_url=None)
    app.state.batcher = batcher

    @app.middleware('http')
    async def guard(request, call_next):
        origin = request.headers.get('origin')
        if request.method == 'POST' and origin and origin.partition('://')[2] != request.headers.get('host'):
            return _refuse(403, 'requests from pages of other sites are not answered.')
        if request.url.path.startswith('/api/') and auth and not _knows(request, auth):
            return _refuse(401, 'user and password are needed.', {'WWW-Authenticate': 'Basic'})
        return await call_next(request)

    @app.exception_handler(UsageError)
    async def explain(request, error):
        return _refuse(getattr(error, 'status', 503 if isinstance(error, QueueFull) else 400), str(error))

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
        picture = request.query_params.get('as') == 'picture'
        content = await _body(request, most_upload)
        array = await run_in_threadpool(read_image, content, most_pixels=inferencer.most_pixels)
        found, sample = await asyncio.wrap_future(batcher.submit(array, task))
        if picture:
            drawn = await run_in_threadpool(lambda: encode_png(draw(found, array, sample)))
            return Response(drawn, media_type='image/png')
        return JSONResponse(describe(found, summarize(found, sample)))

    return mount_page(app, inferencer, batcher, auth=auth, most_upload=most_upload)


def mount_page(app, inferencer, batcher, *, auth, most_upload):
    """The page, by Gradio, at /."""
    try:
        import gradio
    except ImportError:
        raise UsageError('the app needs gradio: pip install -e ".[app]".') from None

    def names():
        return list(inferencer.tasks)

    def predict(task, path):
        try:
            if not path:
                raise UsageError('choose an image first.')
            array = read_image(path, most_pixels=inferencer.most_pixels)
            found, sample = batcher.submit(array, task or '').result()
            prediction = describe(found, summarize(found, sample))
        except UsageError as error:
            raise gradio.Error(str(error), print_exception=False) from None
        if found.kind == 'segmentation':
            return prediction['shares'], draw(found, array, sample)
        return dict(zip(found.classes, prediction['pred_scores'])), array[..., ::-1]

    def add(path, name):
        try:
            if not path:
                raise UsageError('choose a task file first.')
            task = inferencer.add(path, name=name.strip() or None)
        except UsageError as error:
            raise gradio.Error(str(error), print_exception=False) from None
        return gradio.update(choices=names(), value=task.name), f'{task.name}: {task.kind}, {len(task.classes)} classes'

    with gradio.Blocks(title='vpt_mm: one backbone, many tasks', analytics_enabled=False) as page:
        gradio.Markdown('## One backbone, many tasks')
        with gradio.Row():
            with gradio.Column():
                task = gradio.Dropdown(names(), label='Task', elem_id='task', filterable=True)
                image = gradio.Image(type='filepath', image_mode=None, format='png', sources=['upload', 'clipboard'],
                                     label='Image', elem_id='image')
                button = gradio.Button('Predict', variant='primary', elem_id='predict')
            with gradio.Column():
                scores = gradio.Label(num_top_classes=5, label='Classes', elem_id='scores')
                picture = gradio.Image(label='Prediction', elem_id='picture', format='png')
        with gradio.Accordion('Add a task', open=True):
            file = gradio.File(label='Task file', file_types=['.safetensors', '.pth'], elem_id='file')
            name = gradio.Textbox(label='Name (default: that of the file)', elem_id='name')
            more, added = gradio.Button('Add', elem_id='add'), gradio.Markdown(elem_id='added')
        button.click(predict, [task, image], [scores, picture], concurrency_limit=16)
        more.click(add, [file, name], [task, added])
        page.load(lambda: gradio.update(choices=names(), value=next(iter(inferencer.tasks), None)), None, task)
    page.queue(max_size=batcher.waiting.maxsize)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return gradio.mount_gradio_app(app, page, path='/', auth=auth, max_file_size=most_upload, ssr_mode=False,
                                       show_error=True)


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
        UsageError: an address that others can reach, without a password.
    """
    import uvicorn
    require_password(host, auth)
    print(f'http://{host}:{port}  (API: /api/tasks, /api/predict?task=NAME)')
    uvicorn.run(app, host=host, port=port, log_level='warning')


def require_password(host, auth):
    """Raise UsageError for an address beyond this machine without (user, password)."""
    try:
        loopback = host == 'localhost' or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not auth:
        raise UsageError(f'{host} can be reached from other machines: give --auth USER:PASSWORD, or set '
                         'VPT_MM_AUTH=USER:PASSWORD.')


def parse_auth(text):
    """'USER:PASSWORD' to a pair, None for nothing.

    Raises:
        UsageError: one of both is missing.
    """
    if not text:
        return None
    user, _, password = text.partition(':')
    if not user or not password:
        raise UsageError('--auth (or VPT_MM_AUTH) is USER:PASSWORD, neither of them empty.')
    return user, password


async def _body(request, most):
    """The bytes of a request, refused as soon as they are too many."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise _status(413, f'an upload may have {most / MEGABYTE:.0f} MB, this one has more.')
    return bytes(content)


def _find(inferencer, name):
    try:
        return inferencer.find(name)
    except UsageError as error:
        raise _status(404, str(error)) from None


def _status(code, reason):
    error = UsageError(reason)
    error.status = code
    return error


def _refuse(code, reason, headers=None):
    return JSONResponse(dict(error=reason), code, headers)


def _knows(request, auth):
    kind, _, text = request.headers.get('authorization', '').partition(' ')
    try:
        given = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return kind.lower() == 'basic' and secrets.compare_digest(given, ':'.join(auth).encode())
