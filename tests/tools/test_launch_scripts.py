"""dist_train.sh, dist_test.sh and slurm_train.sh start tools/train.py and tools/test.py."""
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.runs import build_runner, run_config, save_weights

ROOT = Path(__file__).parents[2]
RECORDER = f"""#!{sys.executable}
import json, sys
json.dump(sys.argv[1:], open('asked.json', 'w'))
"""


def bash(*command, folder, **variables):
    path = f'{folder}:{Path(sys.executable).parent}:{os.environ["PATH"]}'
    run = subprocess.run(['bash', *map(str, command)], cwd=folder, capture_output=True, text=True, timeout=200,
                         env={**os.environ, 'PYTHONPATH': str(ROOT), 'PATH': path, **variables})
    assert run.returncode == 0, run.stdout + run.stderr


def test_two_processes_test_as_one(tmp_path):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'weights.pth'), custom_imports=dict(
        imports=['vpt_mm', 'tests.runs']))
    runner = build_runner(config)
    runner.train()
    expected = runner.test()
    config.dump(tmp_path / 'config.py')
    bash(ROOT / 'tools/dist_test.sh', 'config.py', 'run/iter_6.pth', 2, folder=tmp_path, PORT='29617')
    log = max((tmp_path / 'run').glob('*/*.json'))
    assert json.loads(log.read_text())['accuracy/top1'] == expected['accuracy/top1']


def record(program, folder):
    """Put a program into the folder that only writes down what it was asked for."""
    (folder / program).write_text(RECORDER)
    (folder / program).chmod(0o755)


def test_processes_that_train_are_asked_for(tmp_path):
    """As those that test are, which really run above."""
    record('python', tmp_path)
    bash(ROOT / 'tools/dist_train.sh', 'config.py', 8, '--amp', folder=tmp_path, PORT='29618', NNODES='2')
    asked = json.loads((tmp_path / 'asked.json').read_text())
    assert asked == ['-m', 'torch.distributed.run', '--nnodes', '2', '--node-rank', '0', '--nproc-per-node', '8',
                     '--master-addr', '127.0.0.1', '--master-port', '29618', f'{ROOT}/tools/train.py', 'config.py',
                     '--launcher', 'pytorch', '--amp']


def test_slurm_is_asked_for_what_was_said(tmp_path):
    record('srun', tmp_path)
    bash(ROOT / 'tools/slurm_train.sh', 'vision', 'prompts', 'config.py', 'runs', '--amp', folder=tmp_path,
         GPUS='16', GPUS_PER_NODE='4', SRUN_ARGS='--time 1:00:00')
    asked = json.loads((tmp_path / 'asked.json').read_text())
    place = asked.index('python')
    assert set(asked[:place]) == {
        '-p', 'vision', '--job-name=prompts', '--gres=gpu:4', '--ntasks=16', '--ntasks-per-node=4', '--cpus-per-task=5',
        '--kill-on-bad-exit=1', '--time', '1:00:00'}
    assert asked[place:] == ['python', '-u', f'{ROOT}/tools/train.py', 'config.py', '--work-dir', 'runs',
                             '--launcher', 'slurm', '--amp']
