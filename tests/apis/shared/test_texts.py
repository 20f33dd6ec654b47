"""Text towers are held once, whatever task files say of them beside their weights."""
import pytest

from tests import served
from tests.clip import write_clip
from vpt_mm.apis.shared.texts import SharedTexts
from vpt_mm.errors import UsageError
from vpt_mm.tasks.from_config import describe


@pytest.fixture(scope='module')
def texts(tmp_path_factory):
    return SharedTexts(write_clip(tmp_path_factory.mktemp('words') / 'clip.safetensors'), 'cpu')


def tower(kind=served.classifier_by_name, **changes):
    return dict(describe(kind('x', None).to_dict())['head']['text'], **changes)


def test_descriptions_that_differ_in_no_tensor_share_the_weights(texts):
    first = texts.weights(tower())
    for said in (tower(eps=1e-3), tower(heads=1), tower(served.segmentor_by_name)):
        other = texts.weights(said)
        assert len(other) > 20 and all(tensor is first[key] for key, tensor in other.items())
    assert first.keys() - other.keys() == {'image_projection.weight'}  # of pixels, which have their own


def test_other_sizes_are_refused(texts):
    with pytest.raises(UsageError, match='layers is 2 there'):
        texts.weights(tower(layers=1))
