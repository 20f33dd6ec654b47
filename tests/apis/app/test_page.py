"""The page: it asks nobody else, runs nothing but its own script, and shows names as text; in a browser."""
import http.client
import re

import numpy as np
import pytest

pytest.importorskip('starlette', reason='the app needs starlette, which is not installed')

from tests import served
from tests.apis.app.conftest import DEEP, png
from tests.browser import faults, opened
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.app.server import build_app

EVIL = '<img src=x onerror="document.title=\'run\'">'


@pytest.fixture(scope='module')
def own(tmp_path_factory):
    """Tasks of this file alone; one has class names that are HTML."""
    folder = tmp_path_factory.mktemp('page')
    weights = served.save_base(folder / 'base.pth')
    files = dict(birds=served.write_task(folder / 'birds.safetensors', served.classifier(weights, DEEP)),
                 evil=served.write_task(folder / 'evil.safetensors', served.classifier(weights, DEEP),
                                        classes=[EVIL, '</script><script>document.title="run"</script>', '{{7*7}}']),
                 tags=served.write_task(folder / 'tags.safetensors', served.tagger(weights, DEEP, classes=40, thr=0.5)),
                 rare=served.write_task(folder / 'rare.safetensors', served.tagger(weights, DEEP, classes=40, thr=1.)),
                 ground=served.write_task(folder / 'ground.safetensors', served.segmentor(weights, DEEP), seed=1,
                                          classes=['background'] * 4),
                 scenes=served.write_task(folder / 'scenes.safetensors', served.segmentor(weights, DEEP)))
    added = files.pop('scenes')
    return TaskInferencer(files['birds'], checkpoint=weights, device='cpu', tasks=files), added


@pytest.fixture(scope='module')
def server(start, own):
    return start(build_app(own[0], adding=True, most_upload=300_000))


def test_it_asks_nobody_else(server):
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=60)
    connection.request('GET', '/')
    answer = connection.getresponse()
    html, policy = answer.read().decode(), answer.getheader('content-security-policy')
    assert not re.findall(r'https?://|//[a-z]+\.|@import|url\(', html)
    assert not re.findall(r'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\bon[a-z]+="', html)
    assert "default-src 'none'" in policy and 'unsafe' not in policy and '*' not in policy
    assert "frame-ancestors 'none'" in policy and "connect-src 'self'" in policy


def test_it_says_whether_tasks_may_be_added(start, server):
    assert b'data-adding="1" data-most-upload="300000"' in server.ask('GET', '/')[1]
    assert b'data-adding="0"' in start().ask('GET', '/')[1]


@pytest.fixture
def browser():
    with opened() as browser:
        yield browser


def read_lists(browser, inferencer, content):
    """All labels that reach the threshold with their scores, or the highest; background is left unpainted."""
    from selenium.webdriver.common.by import By
    cards = {card.find_element(By.TAG_NAME, 'h2').text: card for card in browser.find_elements(By.TAG_NAME, 'article')}

    def shown(card):
        rows = [row.find_elements(By.TAG_NAME, 'span') for row in card.find_elements(By.CSS_SELECTOR, 'ul.scores')[0]
                .find_elements(By.TAG_NAME, 'li')]
        return {name.text: score.text for name, score in rows}

    tagged, rare = (inferencer([content], name)['predictions'][0] for name in ('tags', 'rare'))
    assert 9 < len(tagged['pred_classes']) < 40 and not rare['pred_classes']
    card = cards['image.png: tags']
    assert shown(card) == {f'class {label}': f'{100 * tagged["pred_scores"][label]:.1f} %'
                           for label in tagged['pred_labels']}
    assert f'{len(tagged["pred_classes"])} of 40 classes score 50.0 % or more' in card.text
    assert f'{40 - len(tagged["pred_classes"])} more' in card.text
    card = cards['image.png: rare']
    assert 'No class scores 100.0 % or more. The highest:' in card.text
    assert list(shown(card)) == [f'class {label}' for label in np.argsort(rare['pred_scores'])[:-4:-1]]
    swatch = cards['image.png: ground'].find_element(By.CSS_SELECTOR, '.swatch')
    assert swatch.value_of_css_property('background-color') == 'rgba(0, 0, 0, 0)'


def test_in_a_browser(server, browser, own, tmp_path):
    """Images are chosen, predicted and seen; a task file is added and used; names are text."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait
    inferencer, added = own
    for name, content in (('image', png(2)), ('broken', png(2)[:-40]), ('large', png(0, (400, 400)))):
        (tmp_path / f'{name}.png').write_bytes(content)
    browser.get(f'http://127.0.0.1:{server.port}/')
    wait = WebDriverWait(browser, 30)

    def find(selector):
        return wait.until(lambda one: one.find_element(By.CSS_SELECTOR, selector))

    def shown(selector, *texts):
        wait.until(lambda one: all(text in one.find_element(By.CSS_SELECTOR, selector).text for text in texts))

    shown('#tasks', 'birds', 'classification, 3 classes')
    find('#predict').click()
    shown('#said', 'Choose an image first.')
    find('#images').send_keys('\n'.join(str(tmp_path / f'{name}.png') for name in ('image', 'broken', 'large')))
    find('#tasks input[value=evil]').click()
    find('#predict').click()
    shown('#results', 'image.png: birds', inferencer([png(2)], 'birds')['predictions'][0]['pred_class'], EVIL,
          '</script>', 'broken.png: birds', 'cannot be read as an image', 'large.png has more than the 0.3 MB')
    assert find('#results img.original').get_property('naturalWidth') == 32
    find('#file').send_keys(str(added))
    find('#name').send_keys('a/b')
    find('#add').click()
    shown('#added', 'becomes a folder')
    find('#name').clear()
    find('#name').send_keys(EVIL)
    find('#add').click()
    shown('#added', f'{EVIL}: segmentation, 4 classes')
    assert EVIL in inferencer.tasks
    find('#predict').click()
    shown('#results', f'image.png: {EVIL}', 'class 0', '%')
    overlay = find('#results img.overlay')
    wait.until(lambda _: overlay.get_property('naturalWidth') == 32)
    assert find('#results .swatch').value_of_css_property('background-color') != 'rgba(0, 0, 0, 0)'
    assert not faults(browser)
    assert browser.title == 'vpt_mm: one backbone, many tasks'
    assert not [entry for entry in browser.get_log('browser') if 'Content Security Policy' in entry['message']]
    for name in (EVIL, 'tags', 'rare', 'ground'):
        find(f'#tasks input[value="{name}"]' if name != EVIL else '#tasks label:last-child input').click()
    find('#predict').click()
    shown('#results', 'image.png: tags', 'No class', 'background')
    wait.until(lambda _: 'waiting' not in find('#results').text)
    read_lists(browser, inferencer, png(2))
    find('#clear').click()
    wait.until(lambda _: find('#results').text == '')
