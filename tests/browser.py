"""Chromium, as tests drive it, and what of a page is cut off or reaches out in it."""
import contextlib
import shutil

import pytest

WIDTHS = (360, 1024, 1600)
OPTIONS = ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic',
           '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
           '--window-size=1200,1000')
# Of all that is seen: what is wider than its place, unless that scrolls, and images that did not come. Drawers wait
# beside the page until they are asked for.
FAULTS = '''
const page = document.documentElement, faults = [];
const scrolls = (node) => /auto|scroll/.test(getComputedStyle(node).overflowX);
const boxed = (node) => node && node !== document.body && (scrolls(node) || boxed(node.parentElement));
const parked = (box) => box.right <= 0 || box.left >= page.clientWidth;
const named = (node) => [node.tagName.toLowerCase(), ...node.classList].join('.');
const say = (fault, node) => faults.push(
    `${fault}: ${named(node.parentElement)} > ${named(node)} ${JSON.stringify(node.textContent.trim().slice(0, 60))}`);
const scrollable = (node) => page.clientWidth < 400 || page.clientWidth < 1200 && node.tagName === 'PRE';
const tooWide = (node) => node.tagName !== 'INPUT' && node.clientWidth && node.scrollWidth > node.clientWidth + 1;
if (page.scrollWidth > page.clientWidth) faults.push(`the page is ${page.scrollWidth} pixels wide`);
for (const node of document.body.querySelectorAll('*:not(pre *)')) {
    const box = node.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) continue;
    const fault = (box.left < -1 || box.right > page.clientWidth + 1) && !boxed(node.parentElement) ? 'out of the page'
        : tooWide(node) && (scrolls(node) ? !scrollable(node) : ![...node.children].some(tooWide)) ? 'too wide'
        : node.scrollHeight > node.clientHeight + 1 && /hidden|clip/.test(getComputedStyle(node).overflowY) ? 'too high'
        : node.tagName === 'IMG' && !(node.complete && node.naturalWidth) ? 'no image' : '';
    if (!fault || !node.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const drawer = node.closest('.sidebar-drawer, .toc-drawer');
    if (!drawer || !parked(drawer.getBoundingClientRect())) say(fault, node);
}
return faults;
'''


@contextlib.contextmanager
def opened():
    """Chromium without a window; the test is skipped where it or selenium isn't there."""
    pytest.importorskip('selenium', reason='the page is driven by selenium, which is not installed')
    binary = shutil.which('chromium') or shutil.which('google-chrome')
    driver = shutil.which('chromedriver')
    if not (binary and driver):
        pytest.skip('the page is driven in chromium with chromedriver, which are not installed')
    from selenium import webdriver
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


def widen(browser, width, height=200):
    """Makes the page so many pixels wide, which a window can't be below 500."""
    browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                            dict(width=width, height=height, deviceScaleFactor=1, mobile=False))


def faults(browser):
    """{width: faults of the page that is open}, of the widths at which there are any."""
    found = {}
    for width in WIDTHS:
        widen(browser, width)
        found[width] = browser.execute_script(FAULTS)
    return {width: listed for width, listed in found.items() if listed}
