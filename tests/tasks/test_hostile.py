"""Hostile task files, sealed as anyone can seal them: refused in one sentence, or served; nothing else happens."""
import contextlib
import copy
import json
import random
import sys
import warnings

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader
from safetensors import safe_open
from safetensors.torch import save

from tests import served
from vpt_mm.apis import TaskInferencer
from vpt_mm.errors import UsageError
from vpt_mm.tasks import first_format, load_task, publish_task, schema
from vpt_mm.weights.header import seal

DEEP = dict(type='DeepPrompt', length=2)
WATCHED = ('open', 'exec', 'import', 'pickle.find_class', 'subprocess.Popen', 'ctypes.dlopen')
WATCHED_KINDS = ('socket.', 'os.', 'shutil.', 'urllib.', 'http.', 'ftplib.', 'tempfile.')
HARMLESS = {'os.listdir', 'os.scandir', 'os.putenv', 'os.unsetenv'}
PROBED = {'torch_musa'}  # mmengine looks for this device before each line of its log
SEEN: list = []
ARMED: set = set()  # paths that may be opened; empty where nobody watches


@sys.addaudithook
def _watch(event, arguments):
    if not ARMED or event in HARMLESS or not (event in WATCHED or event.startswith(WATCHED_KINDS)):
        return
    known = ARMED if event == 'open' else PROBED if event == 'import' else ()
    if str(arguments[0]) not in known:
        SEEN.append((event, str(arguments)[:200]))


@contextlib.contextmanager
def nothing_else(*opened):
    """Fail if anything is opened but these files, fetched, imported or run."""
    SEEN.clear()
    ARMED.update(map(str, opened))
    try:
        yield
    finally:
        ARMED.clear()
    assert not SEEN, SEEN[:3]


@pytest.fixture(scope='module')
def desk(tmp_path_factory):
    """Sound files by name, the inferencer and model that take them, and all modules that they need, imported."""
    folder = tmp_path_factory.mktemp('hostile')
    weights = served.save_base(folder / 'base.pth')
    configs = dict(plain=served.classifier(weights, DEEP), lora=served.classifier(weights, [DEEP, dict(
        type='LoRA', rank=2)]), scenes=served.segmentor(weights, DEEP, mode='slide'))
    files = {name: served.write_task(folder / f'{name}.safetensors', config) for name, config in configs.items()}
    desk = Desk(folder, weights, files, configs)
    for name, file in files.items():  # libraries import some of their parts at the first use
        desk._predict(desk.inferencer, desk.inferencer.add(file, name=name))
    with contextlib.suppress(UsageError):
        publish_task(files['plain'], folder / 'again.safetensors')
    load_task(desk.model, files['plain'])
    TaskInferencer(files['plain'], checkpoint=weights, device='cpu')
    for name in files:
        assert desk.answers(desk.sound[name], source=name == 'plain')[0] == 'served'
    return desk


class Desk:
    """Writes files that say anything, and asks for them in every way that there is."""

    def __init__(self, folder, weights, files, configs):
        self.folder, self.weights, self.files = folder, weights, files
        self.sound = {name: self.parts(name) for name in files}
        self.inferencer = TaskInferencer(configs['plain'], device='cpu')
        self.model = served.build(configs['plain'])
        self.image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
        self.file = folder / 'x.safetensors'

    def parts(self, name):
        """The description and the tensors of a sound file."""
        with safe_open(self.files[name], 'pt') as file:
            return json.loads(file.metadata()['task']), {key: file.get_tensor(key) for key in file.keys()}

    def answers(self, parts, *, header=None, source=False):
        """What is said to the file: ('served' or 'refused', in which words)."""
        task, state = parts
        made = dict(format=schema.FORMAT, task=json.dumps(task, ensure_ascii=False, sort_keys=True)) \
            if header is None else header
        made['seal'] = seal(made, state)
        self.file.write_bytes(save(state, made))
        try:
            with nothing_else(self.file):
                task = self.inferencer.add(self.file, name='x')
                said = 'served', self._predict(self.inferencer, task)
        except UsageError as error:
            said = 'refused', str(error)
            assert len(said[1]) < 4000 and '\x1b' not in said[1] and 'x' not in self.inferencer.tasks
        finally:
            if 'x' in self.inferencer.tasks:
                self.inferencer.remove('x')
        if source:
            self._ask_otherwise()
        return said

    def _predict(self, inferencer, task):
        try:
            return str(inferencer.predict([self.image], [task])[0].get('pred_score', ''))
        except UsageError as error:
            return str(error)

    def _ask_otherwise(self):
        """As the source of a backbone, onto a model, and published again."""
        for ask in (lambda: TaskInferencer(self.file, checkpoint=self.weights, device='cpu'),
                    lambda: TaskInferencer(self.file, device='cpu'), lambda: load_task(self.model, self.file),
                    lambda: publish_task(self.file, self.folder / 'again.safetensors')):
            with nothing_else(self.file, self.weights), contextlib.suppress(UsageError):
                ask()
        assert not (self.folder / 'again.safetensors').exists()


URL = 'http://127.0.0.1:9/w.pkl'
TEXTS = ['/etc/passwd', '../../x.pth', 'file:///etc/passwd', URL, 's3://a/b', 'timm://hf-hub:a/b', 'local-dir:/tmp',
         'os.system', '__import__("os").system("true")', 'mmengine.Config', 'pathlib.Path', 'a\x1b[2J', 'x' * 10_000]
PLACES = ['plain:model.kind', 'plain:model.backbone.type', 'plain:model.backbone.arch', 'plain:model.backbone.out_type',
          'plain:model.backbone.norm_cfg.type', 'plain:model.backbone.frozen_dtype', 'plain:model.tuning.type',
          'lora:model.tuning.1.targets', 'plain:model.head.type', 'scenes:model.head.norm_cfg.type',
          'scenes:model.head.input_transform', 'plain:model.input.steps.0.type',
          'plain:model.input.steps.0.interpolation', 'plain:base.backbone.', 'plain:frozen_weights', 'plain:classes.1',
          'plain:date']
SIZES = ['plain:model.head.num_classes', 'plain:model.head.in_channels', 'plain:model.tuning.length',
         'plain:model.backbone.img_size', 'plain:model.backbone.patch_size', 'plain:model.backbone.out_indices',
         'lora:model.tuning.1.rank', 'scenes:model.head.num_convs', 'scenes:model.head.up_scale',
         'scenes:model.windows.size.0', 'scenes:model.windows.stride.1', 'plain:model.input.steps.0.scale.0']
NUMBERS = [0, -1, 2 ** 31, 10 ** 30, 1e308, True, [1] * 1000]
EXTRAS = ['model', 'model.backbone', 'model.tuning', 'model.head', 'model.input', 'model.input.steps.0', 'base']
KEYS = ['init_cfg', '_scope_', 'prototypes', 'loss', 'pretrained', 'train_cfg', '__class__']
HAND_MADE = [*((place, text) for place in PLACES for text in TEXTS),
             *((place, number) for place in SIZES for number in NUMBERS),
             *((f'plain:{place}.{key}', URL) for place in EXTRAS for key in KEYS)]


def is_harmless(place, value):
    """A name that is only shown, or what was there before in other words."""
    shown = ':base.' in place or place.endswith((':classes.1', ':date'))
    return shown and value in [*TEXTS, URL] or place.endswith('out_indices') and value == -1


def put(task, place, value):
    """Set an entry of a description, named with dots; a name may end with one."""
    *path, last = place.removesuffix('.').split('.')
    for key in path:
        task = task[int(key)] if isinstance(task, list) else task[key]
    last += '.' * place.endswith('.')
    task[int(last) if isinstance(task, list) else last] = value


def ask_hand_made(desk, place, value, *, source=False):
    name, _, place = place.partition(':')
    task, state = copy.deepcopy(desk.sound[name])
    put(task, place, value)
    return desk.answers((task, state), source=source)


@pytest.mark.parametrize('start', range(6))
def test_what_is_made_by_hand(desk, start):
    """A sixth of them stands for all in the suite: the whole is in the slow test below."""
    for place, value in HAND_MADE[start::6][:12]:
        said = ask_hand_made(desk, place, value, source=True)
        assert said[0] == 'refused' or is_harmless(place, value)
        assert ask_hand_made(desk, place, value) == said


def mutate(parts, chance):
    """One or two faults in a description, or in the tensors."""
    task, state = copy.deepcopy(parts)
    for _ in range(chance.choice([1, 1, 2])):
        if chance.random() < 0.2:
            _spoil_tensor(state, chance)
            continue
        holders = [one for one in _holders(task) if one]
        holder = chance.choice(holders)
        key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        value, kind = holder[key], chance.randrange(6)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            holder[f'{key}_' if isinstance(holder, dict) else key] = value
        elif kind == 2:
            other = chance.choice(holders)
            holder[key] = copy.deepcopy(chance.choice(list(other.values()) if isinstance(other, dict) else other))
        elif kind == 3 and type(value) in (int, float):
            holder[key] = chance.choice([value + 1, value - 1, value * 2, -value, value * 1000, float(value)])
        elif kind == 4 and type(value) is bool:
            holder[key] = not value
        else:
            holder[key] = chance.choice([*TEXTS, *NUMBERS, None, {}, [], 0.5, [[[[1]]]], dict(type='Resize')])
    return task, state


def _holders(value):
    if isinstance(value, (dict, list)):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


def _spoil_tensor(state, chance):
    key = chance.choice(list(state))
    tensor = state[key]
    state[key] = chance.choice([
        tensor.half(), tensor.double(), tensor.int(), tensor.flatten(), tensor.new_zeros(0), tensor[None],
        tensor.float() * float('nan')]).contiguous()
    if chance.random() < 0.3:
        state[f'{key}.more'] = state.pop(key)


@pytest.mark.parametrize('name', ['plain', 'lora', 'scenes'])
def test_what_is_mutated(desk, name):
    outcomes = ask_mutated(desk, name, 40, times=2)
    assert outcomes['refused'] > 20, outcomes


def ask_mutated(desk, name, count, *, times):
    chance, outcomes = random.Random(name), dict(served=0, refused=0)
    for number in range(count):
        parts = mutate(desk.sound[name], chance)
        said = {desk.answers(copy.deepcopy(parts), source=number % 10 == 0) for _ in range(times)}
        assert len(said) == 1, said
        outcomes[said.pop()[0]] += 1
    return outcomes


FIRST = [('', ''), ("type='LinearClsHead'", "type='os.system'"),
         ("type='LinearClsHead'", f"loss=dict(type='X', class_weight='{URL}'), type='LinearClsHead'"),
         ("type='DeepPrompt'", "type='DeepPrompt', prototypes='/etc/passwd'"),
         ("type='ImageClassifier'", "type='ImageClassifier', _scope_='os'"),
         ("type='ImageClassifier'", f"type='ImageClassifier', pretrained='{URL}'"),
         ('img_size=32', 'img_size=32000000'), ('in_channels=32', 'in_channels=6000000000'),
         ("type='PackInputs'", "type='LoadVideo', path='/etc/passwd'"), ('model=dict(', 'model = print('),
         ('model=dict(', 'model = 5\nother = dict('),
         ('model=dict(', 'x = [' + '1, ' * 90_000 + ']\nmodel=dict(')]


@pytest.mark.parametrize('old, new', FIRST)
def test_the_first_format_is_read_by_the_same_list(desk, old, new):
    """What prediction does not need of its config is left out, and what is off the list is refused."""
    text = torch.load(desk.files['plain'].with_suffix('.pth'))['meta']['cfg']
    text = Config.fromstring(text, '.py').pretty_text.replace('"', "'")
    task, state = desk.sound['plain']
    assert old in text
    entries = dict(task, config=text.replace(old, new, 1))
    header = {name: entries[name] if kind is str else json.dumps(entries[name])
              for name, kind in first_format.ENTRIES.items()}
    said = desk.answers((None, state), header=dict(header, format=first_format.FORMAT), source=True)
    harmless = {'', FIRST[2][1], FIRST[3][1], FIRST[4][1], FIRST[5][1]}
    assert said[0] == ('served' if new in harmless else 'refused'), said
    if said[0] == 'served':
        assert said == desk.answers(copy.deepcopy(desk.sound['plain']))


@pytest.mark.parametrize('place, value', [
    ('model.head.type', 'os.system'), ('model.head.init_cfg', dict(checkpoint=URL)), ('model', None), ('classes', 3)])
def test_a_pickle_that_says_it_is_a_task_file_is_checked_as_one(desk, place, value):
    """Entries of a header can stand in the meta of any checkpoint."""
    task, state = copy.deepcopy(desk.sound['plain'])
    put(task, place, value)
    file = desk.folder / 'x.pth'
    torch.save(dict(state_dict=state, meta=dict(task=task, vpt_mm=dict(task, task=True))), file)
    for ask in (lambda: desk.inferencer.add(file, name='x'), lambda: publish_task(file, desk.folder / 'x.safetensors'),
                lambda: TaskInferencer(file, checkpoint=desk.weights, device='cpu')):
        with nothing_else(file, desk.weights), pytest.raises(UsageError):
            ask()


def test_no_loader_is_asked_for_what_a_file_names(desk, monkeypatch):
    """Which audit hooks would not see where a library opens files by itself."""
    asked, load = [], CheckpointLoader.load_checkpoint
    monkeypatch.setattr(CheckpointLoader, 'load_checkpoint', lambda name, *args, **kwargs: asked.append(str(name))
                        or load(name, *args, **kwargs))
    for text in TEXTS:
        ask_hand_made(desk, 'plain:base.backbone.', text, source=True)
    assert set(asked) <= {desk.weights}


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_thousand_mutated_and_all_made_by_hand(desk):
    """Each ten times; what comes of them is printed."""
    warnings.simplefilter('ignore')
    outcomes = dict(served=0, refused=0)
    for place, value in HAND_MADE:
        said = {ask_hand_made(desk, place, value, source=turn == 0) for turn in range(10)}
        assert len(said) == 1, said
        outcome = said.pop()[0]
        assert outcome == 'refused' or is_harmless(place, value), place
        outcomes[outcome] += 1
    sys.stdout.write(f'{len(HAND_MADE)} made by hand: {outcomes}\n')
    for name, count in dict(plain=700, lora=600, scenes=700).items():
        sys.stdout.write(f'{count} mutated of {name}: {ask_mutated(desk, name, count, times=10)}\n')
