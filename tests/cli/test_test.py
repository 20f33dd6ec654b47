"""vpt-mm test: where results can't be written is said before the run."""
import pytest

from tests.runs import run_config
from vpt_mm.cli.main import main


@pytest.mark.parametrize('out, told', [('masks', 'a segmentor predicts.*--out masks.pkl'),
                                       ('{place}/all.pkl', 'cannot be written to.*choose another --out')])
def test_where_results_can_not_go(tmp_path, out, told):
    (tmp_path / 'file').touch()
    run_config(tmp_path / 'run').dump(tmp_path / 'config.py')
    with pytest.raises(SystemExit, match=told):
        main(['test', str(tmp_path / 'config.py'), 'x.pth', '--out', out.format(place=tmp_path / 'file')])
