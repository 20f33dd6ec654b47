"""Draws the diagrams of docs/methods.md, one for each method: python docs/diagrams/methods.py [FOLDER]."""
import sys
from pathlib import Path

import among
import asked
import inside

DRAWN = {**inside.DRAWN, **among.DRAWN, **asked.DRAWN}

if __name__ == '__main__':
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_suffix(''))
    for name, draw in DRAWN.items():
        (folder / f'{name}.svg').write_text(draw().svg(), encoding='utf-8')
    print(f'{len(DRAWN)} diagrams in {folder}')
