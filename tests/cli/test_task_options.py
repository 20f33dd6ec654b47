"""The options that the commands over many tasks share."""
import argparse

import pytest

from vpt_mm.apis import TaskInferencer
from vpt_mm.cli.main import main
from vpt_mm.cli.task_options import add_backbone_options
from vpt_mm.datasets.reading import MOST_PIXELS
from vpt_mm.errors import UsageError


def test_the_limit_of_images_is_that_of_the_package():
    parser = argparse.ArgumentParser()
    add_backbone_options(parser)
    assert parser.parse_args([]).most_pixels == MOST_PIXELS


@pytest.mark.parametrize('words', [['export'], ['predict'], ['app']])
def test_help_says_when_the_weights_are_needed(words, folder, capsys):
    with pytest.raises(SystemExit):
        main([*words, '--help'])
    helped = ' '.join(capsys.readouterr().out.split())
    assert 'needed unless timm has those that the task names, since no path out of a task file' in helped
    for path in (folder / 'birds.safetensors', folder / 'birds.pth'):  # which name a path that is there
        with pytest.raises(UsageError, match=r'is not opened: .*\(--checkpoint FILE\)'):
            TaskInferencer(path, device='cpu')
