"""The app's page, by Gradio: pick a task, drop an image, see the result, add a task file."""
import warnings

from ...errors import UsageError, needs_extra
from ..images import read_image
from ..results import describe, draw, summarize

with needs_extra('app', 'the app'):
    import gradio


def mount_page(app, inferencer, batcher, *, auth, most_upload):
    """The page at /; returns the app.

    Args:
        app: FastAPI's.
        inferencer: a :class:`TaskInferencer`.
        batcher: the :class:`Batcher` that answers.
        auth: (user, password) or None.
        most_upload: bytes of an image or task file.
    """
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
                image = gradio.Image(type='filepath', sources=['upload', 'clipboard'], label='Image', elem_id='image')
                # The file as it came: Gradio would open it, and read_image says what is wrong with one.
                image.preprocess = lambda payload: payload and payload.path
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
