"""The site of the pages builds without a warning, is whole in a browser, and finds what people look for."""
import importlib.util
import os
import subprocess
import sys

import pytest

from tests.browser import faults, opened
from tests.docs.pages import ROOT

NEEDED = ('sphinx', 'myst_parser', 'furo', 'sphinx_copybutton')
ABSENT = [name for name in NEEDED if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(ABSENT), reason=f'{", ".join(ABSENT)} not installed: pip install -e ".[docs]"')


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp('docs') / 'site'
    ended = subprocess.run(['bash', 'tools/dev/build_docs.sh', str(folder)], capture_output=True, text=True, cwd=ROOT,
                           env={**os.environ, 'PYTHON': sys.executable, 'PYTHONPATH': str(ROOT)})
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture(scope='module')
def browser():
    with opened() as browser:
        yield browser


@pytest.mark.slow
def test_the_site_builds_without_a_warning(site):
    for page in ('index', 'tutorials/classify', 'reference/tuning'):
        assert (site / f'{page}.html').is_file()
    reference = (site / 'reference/tuning.html').read_text()
    assert 'DeepPrompt' in reference
    assert 'href="../_modules/vpt_mm/tuning/prompts.html#DeepPrompt"' in reference, 'no link to the source'
    assert 'copybutton.js' in reference


@pytest.mark.slow
def test_nothing_is_cut_off_or_reaches_out(site, browser):
    """On every page, at each width; of the listings of sources, which are alike, on two."""
    pages = [page for page in sorted(site.rglob('*.html')) if not {'_modules', '_static'} & set(page.parts)]
    found = {}
    for page in [*pages, site / '_modules/index.html', site / '_modules/vpt_mm/tuning/prompts.html']:
        browser.get(page.as_uri())
        found[str(page.relative_to(site))] = faults(browser)
    assert not {page: told for page, told in found.items() if told}
    assert len(found) > 40


def test_the_look_finds_what_is_cut_off(browser, tmp_path):
    """At each width, and not what scrolls on a phone."""
    page = tmp_path / 'page.html'
    page.write_text("""<body style="margin: 0">
        <div id="out" style="position: relative; left: -9px; width: 99px">out</div>
        <div style="width: 99px"><p style="width: 150px">wide</p></div>
        <div style="overflow: hidden; height: 9px; width: 99px">high<br>high</div>
        <img src="absent.png" width="9" height="9">
        <pre style="overflow: auto; width: 300px">{long}</pre>
        <p style="overflow: hidden; visibility: hidden; height: 9px">unseen<br>unseen</p>""".format(long='x' * 400))
    browser.get(page.as_uri())
    kinds = {width: [fault.partition(':')[0] for fault in told] for width, told in faults(browser).items()}
    always = ['out of the page', 'too wide', 'too high', 'no image']
    assert kinds == {360: always, 1024: always, 1600: [*always, 'too wide']}


@pytest.mark.slow
@pytest.mark.parametrize('words', ['labelme', 'few-shot', 'multi-label', 'Cityscapes'])
def test_a_search_finds_a_page(site, browser, words):
    from selenium.webdriver.support.ui import WebDriverWait
    browser.get(f'{(site / "search.html").as_uri()}?q={words}')
    found = WebDriverWait(browser, 30).until(lambda one: one.find_elements('css selector', '#search-results li a'))
    assert 'Data as it lies on disk' in [link.text for link in found[:5]]
