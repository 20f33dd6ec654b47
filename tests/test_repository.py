"""Files of the repository that other services read: each parses, and what it names is there."""
import re
from pathlib import Path

import pytest
import yaml

import vpt_mm

ROOT = Path(__file__).parents[1]
FORMS = sorted(path for path in ROOT.glob('.github/ISSUE_TEMPLATE/*.yml') if path.name != 'config.yml')
SETUP = (ROOT / 'setup.py').read_text()
FILES = ['.github/pull_request_template.md', '.pre-commit-config.yaml', '.readthedocs.yaml', 'CITATION.cff',
         'Dockerfile', *(str(form.relative_to(ROOT)) for form in FORMS)]


def read(name):
    return yaml.safe_load((ROOT / name).read_text())


def lists_extras(text):
    """Whether all extras in [brackets] are files of requirements/."""
    extras = re.findall(r'\[([\w, ]+)\]', text)
    return extras and all((ROOT / f'requirements/{extra}.txt').is_file() for extra in ', '.join(extras).split(', '))


@pytest.mark.parametrize('name', FILES)
def test_paths_that_they_name_are_there(name):
    paths = re.findall(r'(?:docs|tools|requirements)/[\w/.]+\w', (ROOT / name).read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_citation():
    """With the keys that version 1.2.0 of its format asks for; `cffconvert --validate` knows the others."""
    citation = read('CITATION.cff')
    assert citation['cff-version'] == '1.2.0' and {'message', 'title', 'authors'} <= set(citation)
    assert citation['version'] == vpt_mm.__version__
    author, = citation['authors']
    assert f"author='{author['name']}'" in SETUP and f"license='{citation['license']}'" in SETUP
    assert f"'{author['name']}'" in (ROOT / 'docs/conf.py').read_text()
    for reference in citation['references']:
        assert {'type', 'title', 'authors', 'year', 'url'} <= set(reference)
        assert reference['url'] in (ROOT / 'README.md').read_text()


def test_a_commit_is_checked_as_every_change_is():
    repository, = read('.pre-commit-config.yaml')['repos']
    hook, = repository['hooks']
    assert repository['repo'] == 'local' and hook['entry'].split() == ['bash', 'tools/dev/check.sh']
    for name in ('vpt_mm/errors.py', 'ruff.toml', 'mypy.ini', '.importlinter'):
        assert re.search(hook['files'], name) and (ROOT / name).is_file()
    assert not re.search(hook['files'], 'docs/index.md')


@pytest.mark.parametrize('form', FORMS, ids=lambda form: form.stem)
def test_an_issue_form_asks_what_it_says(form):
    read_form = yaml.safe_load(form.read_text())
    assert {'name', 'description', 'body'} <= set(read_form)
    fields = [field for field in read_form['body'] if field['type'] != 'markdown']
    assert {field['type'] for field in fields} <= {'textarea', 'input', 'dropdown', 'checkboxes'}
    assert len({field['id'] for field in fields}) == len(fields) == len({f['attributes']['label'] for f in fields})


def test_the_command_for_the_environment_prints_it(capsys):
    described = next(field['attributes']['description'] for field in read('.github/ISSUE_TEMPLATE/bug.yml')['body']
                     if field.get('id') == 'environment')
    program, = re.findall(r'python -c "(.+?)"`', described)
    exec(program, {})
    printed = capsys.readouterr().out
    assert vpt_mm.__version__ in printed and "'PyTorch'" in printed and "'MMEngine'" in printed


def test_the_image_copies_what_is_there_and_installs_the_command():
    lines = re.sub(r'\\\n\s*', '', (ROOT / 'Dockerfile').read_text()).splitlines()
    instructions = [line.partition(' ')[::2] for line in lines if line and not line.startswith('#')]
    copied = [word for name, rest in instructions if name == 'COPY' for word in rest.split()[:-1]]
    assert copied and [name for name in copied if not (ROOT / name).exists()] == []
    assert {'setup.py', 'MANIFEST.in', 'requirements', 'vpt_mm', *mim_parts()} <= set(copied)
    assert any(name == 'RUN' and '.[lite]' in rest and lists_extras(rest) for name, rest in instructions)
    assert dict(instructions)['ENTRYPOINT'] == '["vpt-mm"]' and "'vpt-mm = vpt_mm.cli.main:main'" in SETUP
    names = [name for name, _ in instructions]
    assert 'USER' in names and 'RUN' not in names[names.index('USER'):]  # root installs, and runs nothing else


def mim_parts():
    return re.findall(r"'([^']+)'", re.search(r'MIM_PARTS = \((.*)\)', SETUP)[1])


def test_the_hosted_site_is_built_as_here():
    config = read('.readthedocs.yaml')
    assert config['version'] == 2 and config['sphinx']['fail_on_warning'] is True
    assert (ROOT / config['sphinx']['configuration']).is_file()
    install, = config['python']['install']
    assert (ROOT / install['path'] / 'setup.py').is_file() and 'docs' in install['extra_requirements']
    assert all((ROOT / f'requirements/{extra}.txt').is_file() for extra in install['extra_requirements'])


@pytest.mark.parametrize('name, pattern', [('Dockerfile', r'FROM python:3\.(\d+)'),
                                           ('.readthedocs.yaml', r'python: "3\.(\d+)"')])
def test_their_python_is_one_that_the_package_takes(name, pattern):
    minor = int(re.search(pattern, (ROOT / name).read_text())[1])
    least, beyond = map(int, re.search(r'>=3\.(\d+),<3\.(\d+)', SETUP).groups())
    assert least <= minor < beyond
