"""vpt-mm export: the graph computes what the task does."""
import numpy as np
import pytest

from vpt_mm.apis import TaskInferencer


@pytest.mark.traced
def test_export(command, folder):
    onnxruntime = pytest.importorskip('onnxruntime', reason='graphs run in onnxruntime, which is not installed')
    pytest.importorskip('onnxscript', reason='export to ONNX needs onnxscript, which is not installed')
    file, task = folder / 'birds.onnx', folder / 'birds.safetensors'
    assert 'difference' in command('export', task, file, '--checkpoint', folder / 'base.pth')
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    logits, = session.run(['logits'], {'image': images.transpose(0, 3, 1, 2).astype(np.float32)})
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    served_here = TaskInferencer(task, checkpoint=folder / 'base.pth', device='cpu', tasks=dict(birds=task))
    for ours, image in zip(scores, images):
        theirs, = served_here(np.ascontiguousarray(image[..., ::-1]), 'birds')['predictions']
        np.testing.assert_allclose(ours, theirs['pred_scores'], atol=1e-4)
