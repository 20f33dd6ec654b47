"""python -m vpt_mm, which is vpt-mm."""
from .cli.main import main

if __name__ == '__main__':
    main()
