"""Train a prompted classifier, segmentor or detector: python tools/train.py CONFIG. Same as `vpt-mm train`."""
import sys

if __name__ == '__main__':
    VPT_MM_COMMAND = 'train'  # vpt_mm may read the arguments before it registers anything: vpt_mm/cli/__init__.py
    from vpt_mm.cli.main import main
    main([VPT_MM_COMMAND, *sys.argv[1:]])
