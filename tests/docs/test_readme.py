"""The README's table of methods: its numbers are those of the pages that measured them."""
import re

from tests.docs.pages import ROOT
from tests.readmes import counts_of

CONFIGS = {'Linear, HeadOnly': 'linear', 'Adapter': 'adapter-64', 'VPT-shallow': 'vpt-shallow-50',
           'VPT-deep': 'vpt-deep-50', 'LoRA': 'lora-16'}


def rows_of(page, width):
    """{first cell: the others} of tables so wide."""
    rows = re.findall(r'^\| (.*?) \|$', (ROOT / page).read_text(), flags=re.MULTILINE)
    cells = [[cell.strip() for cell in row.split('|')] for row in rows]
    return {first: others for first, *others in cells[::-1] if len(others) == width - 1}  # the first table counts


def test_methods_are_as_their_pages_say():
    counts = counts_of(ROOT / 'configs/protocols')
    scenes, tasks = rows_of('docs/dense.md', 4), rows_of('docs/offline.md', 5)
    listed = {first: others for first, others in rows_of('README.md', 4).items()
              if others[0].replace(',', '').isdigit()}
    assert len(listed) == 17
    for name, (parameters, scene, task) in listed.items():
        assert int(parameters.replace(',', '')) == counts[f'vit-b_{CONFIGS.get(name, name.lower())}'], name
        score, accuracy = scenes[name.rpartition(', ')[2]][1], tasks.get(name.partition(', ')[0], ['', ''])[1]
        for said, measured in ((scene, score.partition(' ±')[0]), (task, accuracy.partition(' (')[0])):
            assert not said or abs(float(said) - float(measured)) < 0.051, name
