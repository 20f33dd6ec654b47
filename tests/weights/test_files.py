"""What a file says that it unpacks to is looked at first: weights hardly compress."""
import io
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save

from vpt_mm.errors import UsageError
from vpt_mm.weights import files
from vpt_mm.weights.files import load_bytes, load_from_disk


@pytest.fixture(autouse=True)
def little(monkeypatch):
    """Small files stand for large ones: a hundredth of the bytes are too many."""
    monkeypatch.setattr(files, 'MOST_BYTES', 64 * 2 ** 20 // 100)


def squeezed(path):
    """The same archive with compressed entries, as torch never writes it and reads it all the same."""
    out = path.with_name('squeezed.pth')
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as other:
        for entry in archive.infolist():
            other.writestr(entry.filename, archive.read(entry))
    return out


ZEROS, ONE = torch.zeros(400_000), torch.zeros(1)
STATES = dict(views=dict(a=ONE.expand(10_000, 10_000)), nested=dict(a=[dict(b=ONE.expand(1000, 1000))]),
              shared={f'{index}': ZEROS for index in range(20)})


@pytest.mark.parametrize('kind', ['zip', 'legacy'])
@pytest.mark.parametrize('state', STATES)
def test_tensors_that_a_file_does_not_hold(state, kind, tmp_path):
    torch.save(dict(state_dict=STATES[state]), tmp_path / 'x.pth', _use_new_zipfile_serialization=kind == 'zip')
    with pytest.raises(UsageError, match='x.pth of .* MB would unpack to .* MB, and weights do not'):
        load_from_disk(str(tmp_path / 'x.pth'))


def test_archives_that_are_squeezed(tmp_path, monkeypatch):
    """Refused before anything is unpacked."""
    torch.save(dict(state_dict=dict(a=ZEROS)), tmp_path / 'x.pth')
    np.savez_compressed(tmp_path / 'x.npz', a=ZEROS.numpy())
    monkeypatch.setattr(torch, 'load', lambda *_, **__: pytest.fail('was unpacked'))
    for path in (squeezed(tmp_path / 'x.pth'), tmp_path / 'x.npz'):
        with pytest.raises(UsageError, match='would unpack to 2 MB'):
            load_from_disk(str(path))


@pytest.mark.parametrize('kind', ['zip', 'legacy', 'squeezed'])
def test_weights_are_none_of_these(kind, tmp_path):
    """Noise, and a bias of zeros; tied once."""
    state = dict(a=torch.randn(500, 500), b=torch.zeros(500))
    state['c'] = state['a']
    torch.save(dict(state_dict=state), tmp_path / 'x.pth', _use_new_zipfile_serialization=kind != 'legacy')
    path = squeezed(tmp_path / 'x.pth') if kind == 'squeezed' else tmp_path / 'x.pth'
    assert torch.equal(load_from_disk(str(path))['state_dict']['c'], state['a'])


def test_small_files_may_be_anything(tmp_path):
    torch.save(dict(state_dict=dict(a=torch.zeros(100_000))), tmp_path / 'x.pth')
    assert load_from_disk(str(squeezed(tmp_path / 'x.pth')))['state_dict']['a'].shape == (100_000,)


def test_a_checkpoint_that_holds_itself(tmp_path):
    """Pickles may be circular; counting ends all the same."""
    circle = dict(state_dict=dict(a=ONE), meta={})
    circle['meta']['self'] = circle
    torch.save(circle, tmp_path / 'x.pth')
    assert torch.equal(load_from_disk(str(tmp_path / 'x.pth'))['state_dict']['a'], ONE)


def test_bytes_are_safetensors():
    state = dict(a=torch.randn(3))
    assert torch.equal(load_bytes(save(state))['state_dict']['a'], state['a'])
    buffer = io.BytesIO()
    torch.save(dict(state_dict=state), buffer)
    for content in (b'', b'x', buffer.getvalue()):
        with pytest.raises(UsageError, match='what was sent is not a safetensors file, as'):
            load_bytes(content)
    for content in (save(state)[:-1], save(state) + b'x', b'\xff' * 8 + b'{', (9).to_bytes(8, 'little') + b'{"a":1}}}'):
        with pytest.raises(UsageError, match='truncated or damaged'):
            load_bytes(content)
