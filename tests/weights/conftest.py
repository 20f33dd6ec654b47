"""What tests of weights share."""
import pytest
from huggingface_hub import constants


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of the hub, without a network; calling it returns the place of a model's file."""
    monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(tmp_path))
    monkeypatch.setattr(constants, 'HF_HUB_OFFLINE', True)

    def place(name, file='model.safetensors'):
        folder = tmp_path / f'models--timm--{name}'
        (folder / 'refs').mkdir(parents=True)
        (folder / 'refs/main').write_text('1')
        (folder / 'snapshots/1').mkdir(parents=True)
        return folder / 'snapshots/1' / file

    return place
