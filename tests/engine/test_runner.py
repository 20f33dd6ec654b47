"""What is changed in a config for the machine that it runs on."""
import pytest
import torch
from mmengine.config import Config

from vpt_mm.engine.runner import fit_to_machine

NORM = dict(type='SyncBN', requires_grad=True)


def config(**loader):
    return Config(dict(
        model=dict(backbone=dict(norm_cfg=NORM), heads=[dict(norm_cfg=NORM), dict(norm_cfg=dict(type='LN'))]),
        train_dataloader=dict(persistent_workers=True, prefetch_factor=4, **loader), launcher='pytorch'))


@pytest.mark.parametrize('loader, kept', [(dict(num_workers=0), False), ({}, False), (dict(num_workers=2), True)])
def test_workers_that_are_not_there_do_not_persist(loader, kept):
    changed = config(**loader)
    fit_to_machine(changed)
    persistent = dict(persistent_workers=True, prefetch_factor=4) if kept else {}
    assert changed.train_dataloader == dict(loader, **persistent)


@pytest.mark.parametrize('gpus, launcher, kind', [
    (False, 'pytorch', 'BN'), (True, 'pytorch', 'SyncBN'), (False, 'none', 'SyncBN')])  # which mmengine reverts
def test_batch_norms_synchronise_on_gpus_alone(gpus, launcher, kind, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpus)
    changed = config()
    changed.launcher = launcher
    fit_to_machine(changed)
    assert changed.model.backbone.norm_cfg.type == changed.model.heads[0].norm_cfg.type == kind
    assert changed.model.heads[1].norm_cfg.type == 'LN'
    assert ('each process normalises by its own images' in capsys.readouterr().out) == (kind == 'BN')
