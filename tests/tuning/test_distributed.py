"""Two processes learn what one learns from the same images."""
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.distributed import TRAINED, build_classifier, count_choices, run, run_stream, train
from tests.runs import save_weights


@pytest.fixture(scope='module')
def pair(tmp_path_factory):
    """What each of two processes has learned, and their folder."""
    folder = tmp_path_factory.mktemp('pair')
    save_weights(folder / 'base.pth')
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    shared = dict(os.environ, MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), WORLD_SIZE='2', OMP_NUM_THREADS='1')
    processes = [subprocess.Popen([sys.executable, '-m', 'tests.distributed', str(folder)], text=True,
                                  env=dict(shared, RANK=str(rank), LOCAL_RANK=str(rank)),
                                  cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                 for rank in range(2)]
    logs = [process.communicate(timeout=240)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], '\n'.join(log[-3000:] for log in logs)
    return [torch.load(folder / f'rank_{rank}.pth', weights_only=True) for rank in range(2)], folder


@pytest.mark.parametrize('backbone, protocol', TRAINED)
def test_two_processes_learn_as_one(pair, backbone, protocol):
    (first, second), _ = pair
    expected = train(build_classifier(backbone, protocol))
    assert expected.keys() == first[backbone, protocol].keys()
    for name, parameter in expected.items():
        assert torch.equal(first[backbone, protocol][name], second[backbone, protocol][name])
        torch.testing.assert_close(first[backbone, protocol][name], parameter, rtol=0, atol=1e-9)


def test_choices_are_counted_over_all_processes(pair):
    (first, second), _ = pair
    expected = count_choices()
    assert expected.sum() == 12
    assert first['choices'].tolist() == second['choices'].tolist() == expected.tolist()


def test_a_stream_of_tasks_on_two_processes(pair, tmp_path):
    (first, second), folder = pair
    (tmp_path / 'base.pth').write_bytes((folder / 'base.pth').read_bytes())
    accuracies, state = run_stream(tmp_path, batch=4)
    assert accuracies == first['stream'][0] == second['stream'][0] and len(accuracies) == 3
    for name, parameter in state.items():
        assert torch.equal(first['stream'][1][name], second['stream'][1][name])
        torch.testing.assert_close(first['stream'][1][name], parameter, rtol=0, atol=1e-4)


def test_a_whole_run_of_the_runner_on_two_processes(pair, tmp_path):
    (first, _), folder = pair
    (tmp_path / 'base.pth').write_bytes((folder / 'base.pth').read_bytes())
    expected = run(tmp_path, batch=4)
    assert expected.keys() == first['run'].keys()
    for name, parameter in expected.items():
        torch.testing.assert_close(first['run'][name], parameter, rtol=0, atol=1e-5)
    ours, theirs = (torch.load(place / 'iter_2.pth', weights_only=True) for place in (folder, tmp_path))
    assert len(ours['random_states']) == 2 and ours['gradients'].keys() == expected.keys()
    for name, gradient in theirs['gradients'].items():
        torch.testing.assert_close(ours['gradients'][name], gradient, rtol=0, atol=1e-5)
