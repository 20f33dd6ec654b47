"""Five thousand requests to a process of its own: no wrong answer, no file, no memory that stays."""
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.apis.app.load import press

pytest.importorskip('starlette', reason='the app needs starlette, which is not installed')

SERVE = '''
import json, pathlib, sys
import vpt_mm
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.app.server import build_app, serve
files = json.loads(sys.argv[1])
base = pathlib.Path(files['birds']).with_name('base.pth')
inferencer = TaskInferencer(files['birds'], checkpoint=base, device='cpu', tasks=files)
serve(build_app(inferencer, most_upload=300_000), port=int(sys.argv[2]))
'''


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_five_thousand_requests(files, inferencer, tmp_path):
    """Of 32 clients, a tenth of them malformed; memory after the first thousand and at the end differs by 3 %."""
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    home, package = tmp_path / 'home', Path(__file__).parents[3]
    home.mkdir()
    places = {name: str(home) for name in ('HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'MPLCONFIGDIR')}
    command = [sys.executable, '-c', SERVE, json.dumps({name: str(file) for name, file in files.items()}), str(port)]
    with open(tmp_path / 'log', 'w') as log:
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, env={
            **os.environ, **places, 'PYTHONPATH': str(package), 'PYTHONDONTWRITEBYTECODE': '1'})
        try:
            while not answers(port):
                assert process.poll() is None, (tmp_path / 'log').read_text()
                time.sleep(0.2)
            before = set(home.rglob('*'))
            started, memory = time.monotonic(), []
            for first in range(0, 5000, 1000):
                wrong = press(port, inferencer, clients=32, requests=1000, most_upload=300_000, first=first)
                assert not wrong, wrong[:3]
                memory.append(resident(process.pid))
            print(f'5,000 requests in {time.monotonic() - started:.0f} s; memory after each thousand, MB: '  # noqa: T201  (a report)
                  + ', '.join(f'{one:.1f}' for one in memory))
            assert max(memory) < 1.03 * memory[0]
            assert set(home.rglob('*')) == before
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
    assert set(home.rglob('*')) == before and process.returncode == 0
    assert 'Traceback' not in (tmp_path / 'log').read_text()


def answers(port):
    try:
        socket.create_connection(('127.0.0.1', port), timeout=1).close()
    except OSError:
        return False
    return True


def resident(pid):
    """Megabytes of memory that a process holds."""
    line, = (line for line in Path(f'/proc/{pid}/status').read_text().splitlines() if line.startswith('VmRSS'))
    return int(line.split()[1]) / 1024
