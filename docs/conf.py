"""The site: bash tools/dev/build_docs.sh."""
from pathlib import Path

import vpt_mm

ROOT = Path(__file__).resolve().parents[1]
project = 'vpt_mm'
release = vpt_mm.__version__
project_copyright = 'the authors of vpt_mm'
extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon']
source_suffix = {'.md': 'markdown'}
# Parts of the reference whose package is not there.
exclude_patterns = [f'reference/{page.stem}.md' for page in (ROOT / 'docs' / 'reference').glob('*.md')
                    if not (ROOT / 'vpt_mm' / page.stem).is_dir()]

html_theme = 'furo'
html_title = 'vpt_mm'
myst_heading_anchors = 3
myst_fence_as_directive = []

autodoc_member_order = 'bysource'
autodoc_default_options = dict(members=True)
autodoc_typehints = 'none'
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
