"""A run of a digit config that is killed, at any moment, and resumed ends bit for bit as an unbroken one."""
import random
import time

import pytest

from tests.kills import MOMENTS, outcome, require_equal, train
from vpt_mm.datasets.digits.scenes import write_scenes

AVERAGE = dict(custom_hooks__2__type='EMAHook')
GATHERED = dict(optim_wrapper__accumulative_counts=3)


@pytest.fixture(scope='module')
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp('scenes')
    write_scenes(folder, images=8, val_images=2, size=64)
    return folder


@pytest.fixture(scope='module')
def unbroken(scenes, tmp_path_factory):
    """Outcomes and seconds of unbroken runs, by their options."""
    known = {}

    def run(options):
        key = str(options)
        if key not in known:
            folder = tmp_path_factory.mktemp('unbroken')
            started = time.perf_counter()
            assert train(folder, scenes, log=folder / 'log', **options) == 0, (folder / 'log').read_text()
            known[key] = outcome(folder), time.perf_counter() - started
        return known[key]

    return run


@pytest.fixture(autouse=True)
def without_formatting(monkeypatch):
    monkeypatch.setattr('mmengine.config.config.FormatCode', lambda text, **kwargs: (text, True))
    monkeypatch.setattr('mmengine.runner.runner.collect_env', dict)


@pytest.mark.parametrize('moment, number', [
    ('step', 7), ('validation', 2), ('best', 2), ('removing', 4), ('half_written', 2)])
def test_a_killed_run_ends_as_an_unbroken_one(moment, number, scenes, unbroken, tmp_path):
    log, options = tmp_path / 'log', {**AVERAGE, **GATHERED}
    assert train(tmp_path / 'run', scenes, moment=moment, number=number, log=log, **options) == -9, log.read_text()
    assert train(tmp_path / 'run', scenes, resume='auto', log=log, **options) == 0, log.read_text()
    require_equal(outcome(tmp_path / 'run'), unbroken(options)[0])
    assert not list((tmp_path / 'run').glob('.*'))


@pytest.mark.slow
@pytest.mark.parametrize('options', [{}, AVERAGE, GATHERED, {**AVERAGE, **GATHERED}],
                         ids=['plain', 'average', 'gathered', 'both'])
def test_a_hundred_kills(options, scenes, unbroken, tmp_path, record_property):
    """25 of them, several to a run, at moments and after times that are drawn."""
    expected, seconds = unbroken(options)
    draw, kills, runs, log = random.Random(str(options)), 0, 0, tmp_path / 'log'
    while kills < 25:
        folder, resume, codes = tmp_path / f'run_{runs}', None, []
        for _ in range(draw.randint(1, 4)):
            moment = draw.choice([None, *MOMENTS])
            plan = (dict(after=draw.uniform(0, seconds)) if moment is None
                    else dict(moment=moment, number=draw.randint(1, MOMENTS[moment])))
            codes.append((train(folder, scenes, resume=resume, log=log, **plan, **options), plan))
            resume = 'auto'
        codes.append((train(folder, scenes, resume='auto', log=log, **options), None))
        assert all(code in (0, -9) for code, _ in codes) and codes[-1][0] == 0, f'{codes}\n{log.read_text()}'
        require_equal(outcome(folder), expected, str(codes))
        assert not list(folder.glob('.*')), codes
        kills, runs = kills + sum(code == -9 for code, _ in codes), runs + 1
    record_property('kills', f'{kills} in {runs} runs')
