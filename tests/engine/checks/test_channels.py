"""Statistics of colours in the other order than the colours are told."""
import re

import pytest

from vpt_mm.engine.checks import channels
from vpt_mm.engine.checks.channels import check_channels

RGB = [123.675, 116.28, 103.53]


@pytest.mark.parametrize('preprocessor, told', [
    (dict(mean=RGB, bgr_to_rgb=True), None), (dict(mean=RGB, to_rgb=True), None), (dict(mean=RGB[::-1]), None),
    (dict(mean=[127.5] * 3), None), (dict(), None), (dict(mean=RGB), 'means of RGB .* images are BGR'),
    (dict(mean=RGB[::-1], to_rgb=True), 'means of BGR .* images are RGB')])
@pytest.mark.parametrize('inside', [True, False])
def test_orders(preprocessor, told, inside, monkeypatch):
    said = []
    monkeypatch.setattr(channels, 'warn', said.append)
    model = dict(data_preprocessor=preprocessor) if inside else dict()
    check_channels(dict(model=model, data_preprocessor=preprocessor))
    assert bool(said) == bool(told)
    if told:
        assert re.search(told, said[0])
