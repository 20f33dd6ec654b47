"""The site: bash tools/dev/build_docs.sh."""
from pathlib import Path

import vpt_mm

ROOT = Path(__file__).resolve().parents[1]
project = 'vpt_mm'
release = vpt_mm.__version__
project_copyright = 'the authors of vpt_mm'
extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon', 'sphinx.ext.viewcode', 'sphinx_copybutton']
source_suffix = {'.md': 'markdown'}
# Parts of the reference whose package is not there.
exclude_patterns = [f'reference/{page.stem}.md' for page in (ROOT / 'docs' / 'reference').glob('*.md')
                    if not (ROOT / 'vpt_mm' / page.stem).is_dir()]

html_theme = 'furo'
html_title = 'vpt_mm'
html_static_path = ['_static']
html_css_files = ['wide.css']
myst_heading_anchors = 3
myst_fence_as_directive = []

autodoc_member_order = 'bysource'
autodoc_default_options = dict(members=True)
autodoc_typehints = 'signature'
autodoc_typehints_format = 'short'
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True


def setup(app):
    """Beside a page of the reference stand its classes and functions, without what is inside them."""
    app.connect('object-description-transform', unlist_members)


def unlist_members(app, domain, kind, content):
    if kind in ('attribute', 'method', 'property'):
        content.parent['no-contents-entry'] = True
