"""Test what was trained: python tools/test.py CONFIG CHECKPOINT. Same as `vpt-mm test`."""
import sys

if __name__ == '__main__':
    VPT_MM_COMMAND = 'test'  # vpt_mm may read the arguments before it registers anything: vpt_mm/cli/__init__.py
    from vpt_mm.cli.main import main
    main([VPT_MM_COMMAND, *sys.argv[1:]])
