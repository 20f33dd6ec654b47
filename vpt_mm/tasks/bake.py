"""bake_task(): a task of words whose text features are settled, for which no text tower is needed."""
from __future__ import annotations

from typing import Any

from mmengine.config import ConfigDict
from torch import Tensor

from ..errors import UsageError
from ..models.class_texts import bake, texts_in
from ..models.frozen import frozen_keys, frozen_weights
from ..weights.fingerprint import fingerprint
from ..weights.state import compare_state
from .build import backbone_config, build_heads, scope_of
from .from_config import HEADS
from .task_file import require_backbone
from .words import WORDS


def bake_task(task: dict[str, Any], state: dict[str, Tensor],
              weights: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The same task with a linear layer in place of its text tower, and its tensors.

    Args:
        task: as :mod:`vpt_mm.tasks.schema` has it.
        state: its tensors.
        weights: path or name of the whole model, image and text tower, that it was trained on.

    Raises:
        UsageError: a task without words, other weights, tensors that are missing, or texts that depend on the image.
    """
    model = task['model']
    if model is None or model['head']['type'] not in WORDS:
        raise UsageError(f"a task is baked whose head is one of {', '.join(WORDS)}, and this one has "
                         f"{'no description' if model is None else model['head']['type']}.")
    source = dict(type='Pretrained', checkpoint=weights)
    with scope_of(model['kind']):
        built = build_heads(model, backbone=ConfigDict(backbone_config(model), init_cfg=source),
                            classes=task['classes'], words=source, weights=True)
    texts, prefix = texts_in(built), f"{HEADS[model['kind']]}."
    for tower in (built.backbone, texts.text):
        tower.init_weights()
    require_backbone(dict(vpt_mm=task), fingerprint(frozen_weights(built)))
    own = {key: tensor for key, tensor in state.items() if not key.startswith('auxiliary_head.')}
    frozen = set(frozen_keys(built))
    difference = compare_state(own, built.state_dict(), needed=[
        key for key in built.state_dict() if key not in frozen]).describe()
    if difference:
        raise UsageError(f'this task does not hold what it says: {difference}.')
    built.load_state_dict(own, strict=False)
    built.eval()
    built = bake(built)
    ours = {key: tensor for key, tensor in built.state_dict().items() if key.startswith(prefix)}
    kept = {key: tensor for key, tensor in state.items() if not key.startswith(prefix)}
    said = dict(model, head=_describe(built, model['head']))
    base = {place: name for place, name in task['base'].items() if place == 'backbone.'}
    return dict(task, model=said, base=base, frozen_weights=fingerprint(frozen_weights(built))), {**kept, **ours}


def _describe(built: Any, head: dict[str, Any]) -> dict[str, Any]:
    """``model.head`` of a task file, of a baked model whose head was this one."""
    if head['type'] == 'WordsHead':
        baked = built.head
        return dict(type='BakedWordsHead', num_classes=baked.num_classes, in_channels=baked.in_channels,
                    width=baked.projection.in_features)
    last = built.decode_head.conv_seg.fc
    return dict(type='BakedWordsDecodeHead', num_classes=last.out_channels, features=last.in_channels,
                decoder=head['decoder'])
