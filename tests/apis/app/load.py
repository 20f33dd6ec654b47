"""Many clients at once, a tenth of whose requests are malformed."""
import http.client
import json
import threading

import numpy as np

from tests.apis.app.conftest import png

IMAGES = [png(seed) for seed in range(4)]


def malformed(most_upload):
    """[(path, body, headers, status, reason)]"""
    predict = '/api/predict?task='
    return [(f'{predict}birds', b'no image', {}, 400, 'cannot be read as an image'),
            (f'{predict}birds', IMAGES[0][:-30], {}, 400, 'be read as an image'),
            (f'{predict}cars', b'', {}, 400, 'be read as an image'),
            (f'{predict}bird', IMAGES[0], {}, 404, 'Did you mean birds?'),
            (predict, IMAGES[0], {}, 404, "is named ''."),
            (f'{predict}cars', b'x' * (most_upload + 1), {}, 413, 'Content Too Large'),
            (f'{predict}birds&as=poem', IMAGES[0], {}, 400, 'as must be one of'),
            (f'{predict}birds', IMAGES[0], {'Host': 'evil.example'}, 400, 'Invalid host header'),
            (f'{predict}birds', IMAGES[0], {'Origin': 'http://evil.example'}, 403, 'other sites'),
            ('/api/nothing', IMAGES[0], {}, 404, 'Not Found'), ('/api/tasks?name=x', IMAGES[0], {}, 405, 'Not Allowed')]


def press(port, inferencer, *, clients, requests, most_upload, first=0):
    """Ask; returns [(number, what was asked, status, answer)] of each wrong answer, or of one that never came."""
    names, bad = list(inferencer.tasks), malformed(most_upload)
    expected = {name: inferencer(IMAGES, name)['predictions'] for name in names}
    wrong, answered, places, lock = [], [], iter(range(first, first + requests)), threading.Lock()

    def client():
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=120)
        while True:
            with lock:
                place = next(places, None)
            if place is None:
                connection.close()
                return
            generator = np.random.default_rng(place)
            if place % 10 == 0:
                path, body, headers, status, reason = bad[generator.integers(len(bad))]
            else:
                name, index = names[generator.integers(len(names))], generator.integers(len(IMAGES))
                form = ('json', 'overlay')[generator.integers(2)]
                path, body, headers, status = f'/api/predict?task={name}&as={form}', IMAGES[index], {}, 200
            try:
                connection.request('POST', path, body, headers)
                answer = connection.getresponse()
                found, content = answer.status, answer.read().decode()
            except OSError as error:
                found, content = 0, str(error)
                connection.close()
            if found != status or not (reason in content if status != 200 else
                                       same(json.loads(content), expected[name][index])):
                wrong.append((place, path, found, content))
            answered.append(place)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answered) == list(range(first, first + requests))
    return wrong


def same(answer, expected):
    if 'sem_seg' not in expected:
        return answer['pred_class'] == expected['pred_class'] and np.allclose(
            answer['pred_scores'], expected['pred_scores'], atol=1e-5)
    labels, counts = np.unique(expected['sem_seg'], return_counts=True)
    # Pixels between two classes may fall to either side in another batch.
    return all(abs(answer['shares'].get(f'class {label}', 0) - count / expected['sem_seg'].size) < 0.01
               for label, count in zip(labels, counts))
