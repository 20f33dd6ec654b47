"""The results of a sweep on disk: a file for each finished run, written whole, and one tidy table of them."""
import csv
import io
import json
import subprocess
from pathlib import Path

from ..errors import UsageError
from ..files import write_whole


class Store:
    """``<folder>/runs/<identity>.json``, ``results.csv`` and ``results.json``.

    Args:
        folder: of the sweep.

    Raises:
        UsageError: a file of a run that can't be read.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.commit = commit()
        self.found = {}
        for file in sorted(self.folder.glob('runs/*.json')):
            self.found[file.stem] = _read(file)

    def __contains__(self, run):
        return run.identity in self.found

    def __getitem__(self, run):
        return self.found[run.identity]

    def value(self, run):
        """The run's score, in the metric of its task.

        Raises:
            UsageError: an evaluator that does not compute it.
        """
        metrics, name = self[run]['metrics'], run.metric
        if name not in metrics:
            raise UsageError(f"{run.title}: the task's metric is {name}, the evaluator gives {', '.join(metrics)}.")
        return metrics[name]

    def add(self, run, outcome):
        """Keep what came out of a run."""
        record = dict(outcome, commit=self.commit, run=run.describe())
        write_whole(json.dumps(record, indent=1).encode(), self.folder / 'runs' / f'{run.identity}.json')
        self.found[run.identity] = record

    def log_dir(self, run):
        return self.folder / 'logs' / run.identity

    def write_table(self, runs):
        """Write the table of those runs that are finished; returns its rows."""
        rows = [self.row(run) for run in runs if run in self]
        columns = list(dict.fromkeys(key for row in rows for key in row))
        write_csv(rows, columns, self.folder / 'results.csv')
        write_whole(json.dumps([{key: row.get(key) for key in columns} for row in rows], indent=1).encode(),
                    self.folder / 'results.json')
        return rows

    def row(self, run):
        outcome = {key: value for key, value in self[run].items() if key not in ('metrics', 'run')}
        return dict(run.describe(), value=self.value(run), **run.columns(self[run]['metrics']), **outcome,
                    run=run.identity)


def write_csv(rows, columns, file):
    """Write rows, dicts of which some may lack a column."""
    text = io.StringIO()
    table = csv.DictWriter(text, columns, restval='', lineterminator='\n')
    table.writeheader()
    table.writerows(rows)
    write_whole(text.getvalue().encode(), file)


def _read(file):
    try:
        record = json.loads(file.read_text())
        return dict(record, metrics=dict(record['metrics']))
    except (ValueError, TypeError, KeyError):
        raise UsageError(f'{file} is not the result of a run: remove it, and the run is done again.') from None


def commit():
    """The git commit of this package, '-dirty' where files differ from it; empty outside a repository."""
    try:
        return subprocess.run(['git', 'describe', '--always', '--dirty', '--abbrev=40', '--exclude', '*'], text=True,
                              cwd=Path(__file__).parent, capture_output=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ''
