"""The options that the commands over many tasks share."""
import argparse

from vpt_mm.cli.task_options import add_backbone_options
from vpt_mm.datasets.reading import MOST_PIXELS


def test_the_limit_of_images_is_that_of_the_package():
    parser = argparse.ArgumentParser()
    add_backbone_options(parser)
    assert parser.parse_args([]).most_pixels == MOST_PIXELS
