"""Export of a task: the backbone with its prompts and heads as one graph, for ONNX or torch.export."""
import importlib
import json
import os
import tempfile
from pathlib import Path

import torch
from mmpretrain.models.heads import MultiLabelClsHead
from torch import nn

from ..errors import UsageError, line_of, needs_extra, require_counts
from ..files import require_writable
from ..models.class_texts import bake, texts_in
from ..models.openmmlab import head_of, normalisation_of, swaps_channels
from ..models.output import feature_of
from ..version import __version__
from .shared.mixed import MIXED, Answered, combine
from .shared.passes import TOO_SMALL

OPSET = 20
LOWEST_OPSET = 18  # that torch writes; it turns graphs into older ones only at times
INPUT, OUTPUT = 'image', 'logits'
MOST_DIFFERENCE = 1e-4  # between the exported graph and torch, of the largest logit or of one
BATCHES = (1, 3)  # that are compared


class ExportedTask(nn.Module):
    """A task from pixels to logits: what is exported.

    The normalisation is part of it. Keys and values of prompts are constants, and so are texts of classes; prompts that
    an image chooses, and the plain pass by which it does, are in the graph.

    Args:
        task: a :class:`ServedTask` (no ensemble).
    """

    def __init__(self, task):
        super().__init__()
        if len(task.members) > 1:
            raise UsageError(f'{task.name} is an ensemble of {len(task.members)} task files: export each of them.')
        self.task, model = task, task.model
        model = model if texts_in(model) is None else bake(model)
        self.segments = task.kind == 'segmentation'
        self.backbone = task.shared.model if task.mixes else task.view
        self.neck = getattr(model, 'neck', None)
        self.head = head_of(model)
        self.flip = swaps_channels(model.data_preprocessor)  # from OpenMMLab's BGR
        for name, value in zip(('mean', 'std'), normalisation_of(model.data_preprocessor)):
            self.register_buffer(name, value.clone())
        self.tuning = task.tuning if task.mixes and task.tuning.chooses else None
        self.settled = None if task.mixes else task.tuning.settled()
        if task.mixes and self.tuning is None:
            for name, of_blocks in zip(('joined', 'seen'), combine([task.shared.projected(task)])):
                for block, tensor in enumerate(of_blocks):
                    self.register_buffer(f'{name}{block}', tensor)

    def forward(self, image):
        """(B, 3, H, W), RGB of 0..255, to (B, classes), or for segmentation to (B, classes or 1, H, W)."""
        features = self.read(((image if self.flip else image.flip(1)) - self.mean) / self.std)
        features = features if self.neck is None else self.neck(features)
        if not self.segments:
            return self.head(features)
        return self.head.predict(features, [dict(img_shape=image.shape[2:])], None)

    def read(self, image):
        if not self.task.mixes:
            return self.backbone.run(image, self.settled)
        if self.tuning is not None:
            query = feature_of(self.backbone.plain(image, outputs=[self.task.queried]), class_token=False)
            memory = self.tuning.begin(image, Answered(query))
            return self.backbone.walk(image, self.tuning, memory, outputs=self.task.outputs)
        blocks = range(len(self.backbone.blocks))
        memory = {name: [getattr(self, f'{name}{block}') for block in blocks] for name in ('joined', 'seen')}
        return self.backbone.walk(image, MIXED, memory, outputs=self.task.outputs)


def export_task(task, out, *, size=None, opset=OPSET):
    """Write a task as one graph, and compare it with torch.

    The batch is dynamic, height and width are fixed: the position embedding is resized for them at export.

    Args:
        task: a :class:`ServedTask` on the CPU in float32.
        out: file to write, ``*.onnx`` or ``*.pt2`` (torch.export).
        size: (height, width) of the images; what the backbone was built for by default.
        opset: of ONNX.

    Returns:
        dict: what the file says of itself, and the largest ``difference`` to torch.

    Raises:
        UsageError: another kind of file or one that cannot be written, an ensemble, a size that the backbone does not
            take, an opset that is not known, or a graph that does not compute what torch does.
    """
    suffix = Path(out).suffix
    if suffix not in ('.onnx', '.pt2'):
        raise UsageError(f'a task is exported to *.onnx or *.pt2, got {out}.')
    module = ExportedTask(task).eval()
    size = tuple(size or task.shared.model.host.image_size)
    require_counts(height=size[0], width=size[1])
    if suffix == '.onnx':
        _require_opset(opset)
    require_writable(out)
    facts = describe_export(task, size, opset if suffix == '.onnx' else None)
    generator = torch.Generator().manual_seed(0)
    images = [255 * torch.rand(count, 3, *size, generator=generator) for count in BATCHES]
    with torch.no_grad():
        expected = _run(module, images)
        program = torch.export.export(module, (images[-1],), strict=True,
                                      dynamic_shapes=({0: torch.export.Dim('batch', min=1)},))
    Path(out).absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=Path(out).absolute().parent, prefix='.export-') as folder:
        file = os.path.join(folder, f'task{suffix}')
        made = (_write_onnx if suffix == '.onnx' else _write_program)(program, file, facts, opset, images)
        facts['difference'] = max(float((one - other).abs().max() / other.abs().max().clamp(min=1))
                                  for one, other in zip(made, expected))
        if not facts['difference'] <= MOST_DIFFERENCE:
            raise UsageError(f'the exported graph differs from torch by {facts["difference"]:.1e}, more than '
                             f'{MOST_DIFFERENCE}: {out} was not written.')
        os.replace(file, out)
    return facts


def describe_export(task, size, opset):
    """What a file says of itself, as text by name."""
    channels, meaning, facts = describe_logits(task)
    place = f', {size[0]}, {size[1]}' if task.kind == 'segmentation' else ''
    return dict(task=task.name, kind=task.kind, classes=json.dumps(task.classes), vpt_mm=__version__,
                input=f'{INPUT}: float32 (batch, 3, {size[0]}, {size[1]}), RGB, 0 to 255; normalisation is in the '
                      'graph; the batch is dynamic, height and width are fixed',
                output=f'{OUTPUT}: float32 (batch, {channels}{place}); {meaning}', **facts,
                base=task.base, **(dict(opset=str(opset)) if opset else {}))


def describe_logits(task):
    """The axis behind the batch, how its logits become predictions, and the numbers which that needs, by name.

    As mmseg's ``postprocess_result`` and mmpretrain's heads predict.
    """
    if task.kind == 'segmentation':
        head = task.model.decode_head
        if getattr(head, 'out_channels', None) != 1:
            return 'classes', 'the class of a pixel is that of its largest logit', {}
        return 1, (f'sigmoid gives the score of {task.classes[1]}: a pixel is of that class where it is above '
                   f'{head.threshold}, else of {task.classes[0]}'), dict(threshold=str(head.threshold))
    if not isinstance(task.model.head, MultiLabelClsHead):
        return 'classes', 'softmax over the classes gives scores', {}
    if task.model.head.thr is None:
        most = task.model.head.topk
        return 'classes', f'sigmoid gives a score of each class: the {most} highest are predicted', dict(topk=str(most))
    least = task.model.head.thr
    return 'classes', f'sigmoid gives a score of each class: those of {least} and more are predicted', dict(
        threshold=str(least))


def _require_opset(opset):
    with needs_extra('export', 'export to ONNX'):
        onnx, *_ = map(importlib.import_module, ('onnx', 'onnxscript', 'onnxruntime'))  # the others are needed later
    highest = onnx.defs.onnx_opset_version()
    if not LOWEST_OPSET <= opset <= highest:
        raise UsageError(f'opset must be {LOWEST_OPSET}..{highest}, got {opset}.')


def _run(module, images):
    try:
        return [module(image) for image in images]
    except RuntimeError as error:
        if TOO_SMALL not in str(error):
            raise
        raise UsageError(f'images of {images[0].shape[2]} {images[0].shape[3]} are too small for '
                         f'{type(module.backbone).__name__}: give a larger --size.') from None


def _write_onnx(program, file, facts, opset, images):
    import onnxruntime
    exported = torch.onnx.export(program, opset_version=opset, input_names=[INPUT], output_names=[OUTPUT], dynamo=True,
                                 verbose=False)
    made = exported.model.opset_imports['']
    if made != opset:
        raise UsageError(f'torch writes this task with opset {made}, not {opset}: choose another --opset.')
    exported.model.metadata_props.update(facts)
    exported.save(file, external_data=False)
    try:
        session = onnxruntime.InferenceSession(file, providers=['CPUExecutionProvider'])
    except Exception as error:  # of its own kinds, which have no common base
        raise UsageError(f'onnxruntime {onnxruntime.__version__} does not take the graph of opset {opset}: '
                         f'{line_of(error)}') from None
    return [torch.from_numpy(session.run([OUTPUT], {INPUT: image.numpy()})[0]) for image in images]


def _write_program(program, file, facts, opset, images):
    torch.export.save(program, file, extra_files={'task.json': json.dumps(facts)})
    module = torch.export.load(file).module()
    with torch.no_grad():
        return [module(image) for image in images]
