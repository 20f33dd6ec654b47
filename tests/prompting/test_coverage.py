"""The table of docs/coverage.md can't shrink: what fits one config of each backbone, and, slowly, all of them."""
import json
from pathlib import Path

import pytest

from vpt_mm.cli.main import main
from vpt_mm.errors import UsageError
from vpt_mm.prompting import coverage_page
from vpt_mm.prompting.coverage import Coverage, count_one, count_shipped
from vpt_mm.prompting.fits import Fits, fits
from vpt_mm.prompting.shipped import Shipped, read_shipped, shipped_names

LISTED = json.loads((Path(__file__).parent / 'coverage.json').read_text())
LEAST = dict(mmpretrain=0.85, mmseg=0.95, mmdet=0.90)
# Backbones of attention over tokens: every one of their configs takes deep prompts.
ATTENDING = ('BEiT', 'BEiTViT', 'DeiT3', 'DistilledVisionTransformer', 'MAE', 'MixVisionTransformer',
             'PyramidVisionTransformer', 'PyramidVisionTransformerV2', 'SwinTransformer', 'SwinTransformerV2',
             'ViTEVA02', 'VisionTransformer')
OFTEN = (*ATTENDING, 'ConvNeXt', 'ResNet')  # counted in every run of the suite
RESNET = dict(type='ResNet', depth=18)


@pytest.mark.parametrize('row', [
    pytest.param(row, id=f"{row['library']}-{row['kind']}", marks=() if row['kind'] in OFTEN else pytest.mark.slow)
    for row in LISTED])
def test_what_fitted_fits(row):
    one = count_one(read_shipped(row['library'], row['config']))
    assert one.kind == row['kind'] and set(row['methods']) <= set(one.fits.methods), one.fits.reason


def test_the_page_and_the_list_name_the_same_backbones():
    page = (Path(__file__).parents[2] / 'docs' / 'coverage.md').read_text()
    named = {line.split(' | ')[0].removeprefix('| ') for line in page.splitlines() if line.startswith('| ')}
    assert {row['kind'] for row in LISTED} <= named
    assert all('DeepPrompt' in row['methods'] for row in LISTED if row['kind'] in ATTENDING)


@pytest.mark.slow
def test_nothing_is_lost_among_all_configs():
    coverage = count_shipped()
    for library, least in LEAST.items():
        prompted, total = coverage.share(library)
        assert prompted >= least * total, library
    listed = {(row['library'], row['kind']) for row in LISTED}
    assert listed == {(row.library, row.kind) for row in coverage.rows if row.prompted}
    for one in coverage.counted:
        assert one.kind not in ATTENDING or 'DeepPrompt' in one.fits.methods, one.config.name


@pytest.fixture(scope='module')
def small():
    """A count of a few configs, of which one has two backbones, one none, and one can't be read."""
    def shipped(name, trouble='', **backbones):
        return Shipped('mmdet', name, 'mmdet', backbones, trouble)

    words = dict(type='NoSuch')
    return Coverage([
        shipped('a.py', backbone=RESNET), shipped('b.py', backbone=dict(RESNET, norm_eval=False)),
        shipped('two.py', **{'reid.backbone': words, 'detector.backbone': RESNET}),
        shipped('dcn.py', backbone=dict(RESNET, depth=50, dcn=dict(type='DCN', deform_groups=1),
                                        stage_with_dcn=(False, True, True, True))),
        shipped('none.py'), shipped('lost.py', trouble='FileNotFoundError: gone'), shipped('odd.py', backbone=words)])


def test_what_is_counted(small):
    assert small.share('mmdet') == (3, 5) and [config.name for config in small.bare] == ['none.py']
    assert [config.name for config in small.unreadable] == ['lost.py']
    row, odd = small.rows
    assert (row.kind, row.configs, row.prompted) == ('ResNet', 4, 3) and (odd.kind, odd.prompted) == ('NoSuch', 0)
    assert row.methods['PixelPadPrompt'] == row.methods['PartialTuning'] == 3
    assert not row.methods['DeepPrompt'] and not row.methods['LinearProbe']
    assert [one.path for one in small.counted if one.config.name == 'two.py'] == ['detector.backbone']
    assert [[one.config.name for one in ones] for ones in small.compiled.values()] == [['dcn.py']]
    assert [[one.config.name for one in ones] for ones in small.refused.values()] == [['odd.py']]


def test_how_it_is_said(small):
    page = coverage_page.coverage_page(small, 'vpt-mm coverage')
    assert '3 of 5 configs with an image backbone can be prompted (60.0 %)' in page and '    vpt-mm coverage\n' in page
    assert '| ResNet | 4 | 3 | 3 |' in page and '| NoSuch | 1 | 0 |' in page
    assert 'Refused: 1 of mmdet NoSuch: there is no backbone NoSuch' in page and 'mmdet::lost.py' in page
    assert 'Not decided, since mmcv-lite has no compiled operators: 1 of mmdet ResNet: ' in page
    table, = coverage_page.coverage_tables(small)
    assert table.row_count == 2
    row, = json.loads(coverage_page.coverage_list(small))
    assert row['config'] == 'a.py' and 'BiasTuning' in row['methods']


def test_equal_backbones_are_built_once(monkeypatch, small):
    monkeypatch.setattr('vpt_mm.prompting.fits.build_backbone', None)
    assert fits(dict(RESNET, norm_eval=False, init_cfg=dict(type='Pretrained', checkpoint='x')), scope='mmdet').methods
    assert fits(dict(type='NoSuch'), scope='mmdet').methods == Fits((), 'any').methods


@pytest.mark.parametrize('name', ['vit_small_patch16_224', 'vit_small_patch14_dinov2'])
def test_a_vision_transformer_of_timms_in_mmpretrains_wrapper(name):
    assert 'DeepPrompt' in fits(dict(type='TIMMBackbone', model_name=name), scope='mmpretrain').methods


def test_a_library_that_is_not_there():
    with pytest.raises(UsageError, match='no_such is not installed'):
        shipped_names('no_such')


def test_the_command_writes_what_it_counts(tmp_path, monkeypatch, small, capsys):
    monkeypatch.setattr('vpt_mm.prompting.coverage.count_shipped', lambda libraries: small)
    page, rows = tmp_path / 'page.md', tmp_path / 'list'
    main(['coverage', '--libraries', 'mmdet', '--markdown', str(page), '--list', str(rows)])
    assert '3 of 5' in capsys.readouterr().out
    assert '# Coverage' in page.read_text() and json.loads(rows.read_text())
