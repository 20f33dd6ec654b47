"""LeftoversHook: what goes of a run that is resumed, and what stays."""
import shutil

import torch

from tests.runs import build_runner, run_config, save_weights


def test_what_an_unbroken_run_would_have_removed(tmp_path):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'))
    config.default_hooks.checkpoint.update(max_keep_ckpts=1, save_best='accuracy/top1')
    build_runner(config).train()
    folder = tmp_path / 'run'
    kept = {file.name for file in folder.glob('*.pth')}
    best, = (name for name in kept if name.startswith('best'))
    saved = torch.load(folder / 'iter_6.pth', weights_only=True)
    for name in ('iter_2.pth', 'best_accuracy_top1_iter_1.pth', 'iter_8.pth', 'best_accuracy_top1_iter_8.pth'):
        shutil.copy(folder / 'iter_6.pth', folder / name)
    saved['meta']['vpt_mm']['run'] = 'another'
    torch.save(saved, folder / 'iter_4.pth')
    torch.save({}, folder / 'mine.pth')
    config.resume, config.load_from = True, str(folder / 'iter_6.pth')
    build_runner(config).train()
    assert {file.name for file in folder.glob('*.pth')} - kept == {
        'iter_4.pth', 'mine.pth', 'iter_8.pth', 'best_accuracy_top1_iter_8.pth'}  # of others, and of steps to come
    assert (folder / best).is_file()
