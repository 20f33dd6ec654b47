"""Old checkpoints go only after new ones stand."""
from vpt_mm.engine.file_backend import WholeFileBackend


def test_removals_wait(tmp_path):
    backend = WholeFileBackend()
    backend.put(b'old', tmp_path / 'old')
    backend.remove(tmp_path / 'old')
    assert (tmp_path / 'old').exists()
    backend.remove_retired()
    assert not (tmp_path / 'old').exists()
