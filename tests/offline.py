"""Offline tasks of few images, drawn anew."""
from vpt_mm.datasets.offline import symbols, table

CACHED = (table._draw_part, symbols._fields)


def few_images(monkeypatch, **counts):
    """Body of a fixture: so many images of 'train', 'val' and 'test', and one field of noise of each spectrum."""
    monkeypatch.setattr(table, 'COUNTS', counts)
    monkeypatch.setattr(symbols, 'FIELDS', 1)
    for cached in CACHED:
        cached.cache_clear()
    yield
    for cached in CACHED:
        cached.cache_clear()
