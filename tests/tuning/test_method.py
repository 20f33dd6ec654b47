"""Building tuning methods from configs: lists, and what is refused."""
import pytest

from vpt_mm.errors import UsageError
from vpt_mm.tuning import DeepPrompt, TuningList, build_tuning


@pytest.mark.parametrize('config', [dict(type='DeepPromt', length=1), dict(length=1), 'DeepPromt', 7,
                                    dict(type='LinearClsHead')])
def test_unknown_type_names_the_known_ones(config):
    with pytest.raises(UsageError, match='one of the types .*DeepPrompt.*LinearProbe'):
        build_tuning(config)


def test_nearest_name_is_suggested():
    with pytest.raises(UsageError, match=r'Did you mean DeepPrompt\?'):
        build_tuning(dict(type='DeepPromt', length=1))


@pytest.mark.parametrize('kind', ['DeepPrompt', 'ShallowPrompt'])
@pytest.mark.parametrize('length', [0, -3, 2.5, '10', True, None])
def test_length_is_a_positive_whole_number(kind, length):
    with pytest.raises(UsageError, match=f'{kind}: length must be a whole number of at least 1, got'):
        build_tuning(dict(type=kind, length=length))


@pytest.mark.parametrize('dropout', [-0.1, 1, 1.5, 'half'])
def test_dropout_is_a_probability(dropout):
    with pytest.raises(UsageError, match=r'dropout must be in \[0, 1\)'):
        build_tuning(dict(type='DeepPrompt', length=1, dropout=dropout))


@pytest.mark.parametrize('configs, message', [
    ([], 'empty list'),
    ([dict(type='FullTuning'), dict(type='BiasTuning')], 'FullTuning stands alone'),
    ([dict(type='DeepPrompt', length=1), dict(type='LinearProbe')], 'LinearProbe stands alone'),
    ([dict(type='DeepPrompt', length=1), dict(type='DeepPrompt', length=2)], 'DeepPrompt 2 times')])
def test_compositions_that_contradict_themselves(configs, message):
    with pytest.raises(UsageError, match=message):
        build_tuning(configs)


def test_a_list_composes_and_an_object_is_taken_as_it_is():
    method = DeepPrompt(2)
    built = build_tuning([method, dict(type='BiasTuning')])
    assert isinstance(built, TuningList) and built[0] is method


def test_error_comes_through_a_segmentor_config_as_it_is():
    from mmengine.registry import MODELS
    config = dict(type='mmseg.EncoderDecoder', backbone=dict(type='PromptedViT', tuning=dict(type='Deep', length=1)),
                  decode_head=dict(type='mmseg.FCNHead', in_channels=4, channels=4, num_classes=2))
    with pytest.raises(UsageError, match='tuning needs a dict'):
        MODELS.build(config)


@pytest.mark.parametrize('config, told', [
    (dict(type='DeepPrompt', lenght=5), "DeepPrompt takes length, .*got 'lenght'. Did you mean length"),
    (dict(type='LinearProbe', length=5), "LinearProbe takes init_cfg, got 'length'"),
    (dict(type='DeepPrompt'), 'DeepPrompt needs length: add it'), ('Adapter', 'Adapter needs reduction')])
def test_arguments_of_another_name_and_missing_ones(config, told):
    with pytest.raises(UsageError, match=told):
        build_tuning(config)


def test_a_name_alone_is_a_method_without_arguments():
    assert type(build_tuning('BiasTuning')).__name__ == 'BiasTuning'
