"""What the commands refuse: one line, before anything is run."""
import pytest

from vpt_mm.cli.main import main


@pytest.mark.parametrize('command', [
    'analyse tsne config.py task.pth --perplexity nan', 'analyse tsne config.py task.pth --images 0',
    'cost blocks --batch 0', 'cost blocks --repeats 0', 'cost blocks --threads 0', 'cost blocks --lengths 5 0',
    'cost blocks --size 7', 'cost steps config.py --batch 0', 'cost steps config.py --repeats 0',
    'cost steps config.py --size 0', 'cost tasks --batch 0', 'cost tasks --repeats 0',
    'convert in.pth out.pth --grid 0 0', 'cost memory --batch -2', 'cost memory --size 0', 'cost memory --size 7',
    'report config.py --number-of-tasks -5', 'sweep sweep.py --limit -1', 'sweep sweep.py --cpus 0',
    'sweep sweep.py --cpus-per-run 0', 'sweep sweep.py --gpus-per-run -1', 'sweep sweep.py --resolution 0',
    'predict images out --batch-size 0', 'app --batch-size 0', 'app --queue -1', 'app --most-upload 0',
    'cost throughput config.py --processes 1 0', 'visualise config.py task.pth --prompts 0'])
def test_a_number_that_makes_no_sense_is_refused(command, capsys):
    words = command.split()
    option = next(word for word in words if word.startswith('--'))
    assert said(words, capsys).startswith(f'error: argument {option}: must be a ')


@pytest.mark.parametrize('option', ['--method DeepPrompt', '--read patches', '--dropout 0.1', '--stored bfloat16',
                                    '--checkpointing', '--plot out.png'])
def test_methods_that_choose_are_compared_as_their_papers_have_them(option, capsys):
    line = said(['cost', 'blocks', '--choosing', 'all', *option.split()], capsys)
    assert line.startswith(f'error: argument {option.split()[0]}: --choosing compares')


@pytest.mark.parametrize('option', ['--method DeepPrompt', '--dropout 0.1', '--plot out.png', '--choosing all'])
def test_methods_side_by_side_are_as_their_table_says(option, capsys):
    line = said(['cost', 'blocks', *option.split(), '--methods', 'all'], capsys)
    assert line.startswith(f'error: argument {option.split()[0]}: --')


@pytest.mark.parametrize('command', ['cost steps config.py --cfg-options', 'prompt x.py --tuning-options'])
def test_an_entry_without_a_value_is_refused(command, capsys):
    words = command.split()
    assert said([*words, 'length'], capsys) == f"error: {words[-1]} takes KEY=VALUE, got 'length'."


@pytest.mark.parametrize('command', ['cost blocks', 'cost steps config.py', 'cost tasks'])
def test_a_device_that_is_not_there_is_refused(command, capsys):
    line = said([*command.split(), '--device', 'foo'], capsys)
    assert line.startswith('error: argument --device: device must be one that is here, such as cpu or cuda:0, got foo')


@pytest.mark.parametrize('command', [
    'report', 'cost memory --config', 'visualise', 'sweep', 'prompt', 'cost throughput', 'cost steps'])
def test_what_is_no_config_is_refused(command, capsys, tmp_path):
    (tmp_path / 'notes.md').write_text('# Notes')
    more = ['task.pth'] if command == 'visualise' else []
    line = said([*command.split(), str(tmp_path / 'notes.md'), *more], capsys)
    assert 'notes.md cannot be read as a config: OSError' in line


@pytest.mark.parametrize('command, way_out', [
    ('train clasify.py', 'Did you mean classify.py? vpt-mm data FOLDER writes one'),
    ('train mmseg::fcn/fcn.py', 'vpt-mm prompt mmseg::fcn/fcn.py makes a file of it'),
    ('prompt clasify.py', 'Did you mean classify.py?'), ('prompt mmsegg::fcn/fcn.py', 'Did you mean mmseg?'),
    ('prompt mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512.py',
     'Did you mean mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512x512.py?'),
    ('data photo', 'Did you mean photos?'), ('data photos --layout labelm', 'Did you mean labelme?'),
    ('predict photos out --task bird.safetensors', 'Did you mean birds.safetensors? Put the file there, or correct the '
     'path; vpt-mm publish CHECKPOINT bird.safetensors makes a task file of one.'),
    ('publish iter_2.pth out.safetensors', 'vpt-mm train CONFIG writes them into its work dir'),
    ('sweep vtab.py', 'Those of vpt_mm are in configs/sweeps'),
    ('cost blocks --backbone vit-bas', 'Did you mean vit-base?'), ('cost memory --methods VPT-dep', 'mean VPT-deep?')])
def test_what_is_not_there_is_told_with_the_way_out(command, way_out, capsys, tmp_path, monkeypatch):
    (tmp_path / 'classify.py').write_text('')
    (tmp_path / 'birds.safetensors').write_text('')
    (tmp_path / 'photos').mkdir()
    monkeypatch.chdir(tmp_path)
    assert way_out in said(command.split(), capsys)


@pytest.mark.parametrize('command', [
    'report', 'cost memory --config', 'visualise', 'prompt', 'cost throughput', 'cost steps', 'prototypes',
    'merge', 'prune', 'analyse tsne'])
def test_a_config_without_a_model_is_refused(command, capsys, tmp_path):
    (tmp_path / 'rate.py').write_text('lr = 1')
    more = {'visualise': ['task.pth'], 'prototypes': ['out'], 'merge': ['task.pth', 'out.pth'],
            'prune': ['task.pth', 'out.pth'], 'analyse tsne': ['task.pth']}
    line = said([*command.split(), str(tmp_path / 'rate.py'), *more.get(command, ())], capsys)
    assert 'rate.py has no ' in line or 'the config has no model.backbone' in line


@pytest.mark.parametrize('command', [
    'analyse table results.csv --plot', 'analyse curve results.csv --over length --plot',
    'analyse tsne config.py task.pth --out', 'cost blocks --plot', 'demo-report runs --out', 'offline-tasks --picture',
    'report config.py --plot'])
def test_a_picture_that_could_not_be_written_is_refused_before_the_work(command, capsys, tmp_path):
    (tmp_path / 'file').write_text('')
    words = command.split()
    assert 'a picture ends in one of' in said([*words, 'out.foo'], capsys)
    out = str(tmp_path / 'file/out.png')
    assert f'{out} cannot be written: Not a directory' in said([*words, out], capsys)


@pytest.mark.parametrize('command', [
    'analyse seeds results.csv --markdown', 'prototypes {config}', 'convert in.pth',
    'merge {config} task.pth', 'sweep sweep.py --out', 'visualise config.py task.pth --out'])
def test_a_file_that_could_not_be_written_is_refused_before_the_work(command, capsys, tmp_path):
    (tmp_path / 'file').write_text('')
    (tmp_path / 'config.py').write_text('model = dict(type="One", backbone=dict(type="Two"))')
    words = command.format(config=tmp_path / 'config.py').split()
    assert 'cannot be written: Not a directory' in said([*words, str(tmp_path / 'file/out.pth')], capsys)


def said(words, capsys):
    """The one line that a command ends with."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    line = str(ended.value.code) if isinstance(ended.value.code, str) else capsys.readouterr().err.splitlines()[-1]
    return line[line.index('error: '):]
