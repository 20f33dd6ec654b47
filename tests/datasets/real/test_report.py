"""What the real tasks are like, on small data."""
import numpy as np
import pytest
from PIL import Image

from tests.real import write_fashion, write_stamps
from vpt_mm.datasets.real.report import colours, main, pixels, score


def test_features_are_of_colours_and_of_pixels():
    images = [np.full((28, 28, 3), 40, np.uint8), np.full((50, 50, 3), 90, np.uint8)]
    assert colours(images).tolist() == [[40, 40, 40, 0, 0, 0], [90, 90, 90, 0, 0, 0]]
    assert pixels(images).shape == (2, 588) and pixels(images)[1].tolist() == [90] * 588


def test_what_features_tell_is_scored():
    """How bright an image is, both see; which half of it is bright, pixels alone."""
    labels = np.arange(20) % 2
    shades = [np.full((28, 28, 3), 60 + 100 * label, np.uint8) for label in labels]
    halves = [np.zeros((28, 28, 3), np.uint8) for _ in labels]
    for image, label in zip(halves, labels):
        image[:, 14 * label:14 * label + 14] = 255
    assert score(colours, (shades, labels), (shades, labels)) == score(pixels, (shades, labels), (shades, labels)) == 1
    assert score(pixels, (halves, labels), (halves, labels)) == 1
    assert score(colours, (halves, labels), (halves, labels)) == 0.5


def test_the_command_prints_and_draws(nowhere, monkeypatch, capsys):
    write_fashion(nowhere, monkeypatch, tested=10)
    write_stamps(nowhere / 'stamps', each=8)
    main(['fashion', 'stamps', '--root', str(nowhere), '--picture', str(nowhere / 'out.png')])
    rows = [[cell.strip() for cell in line.split('│')[1:-1]] for line in capsys.readouterr().out.splitlines()
            if line.startswith('│')]
    assert [row[:7] for row in rows] == [['fashion', '10', '40', '20', '60', '100', '10.0'],
                                         ['stamps', '11', '33', '11', '44', '44', '9.1']]
    assert all(0 <= float(share) <= 100 for row in rows for share in row[7:])
    with Image.open(nowhere / 'out.png') as image:
        assert image.width > 800


def test_the_command_refuses(nowhere, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(['fashion', '--root', str(nowhere)])
    assert stopped.value.code == 2 and 'real.report: no Fashion-MNIST in' in capsys.readouterr().err
