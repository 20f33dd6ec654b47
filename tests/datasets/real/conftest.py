"""What the tests of real data share."""
import pytest

from tests.real import nothing_installed


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """An empty folder, beside which no data are installed."""
    yield from nothing_installed(monkeypatch, tmp_path)
