"""What the README of a folder of configs says."""
import re


def read(folder):
    return (folder / 'README.md').read_text()


def rows_of(folder):
    """{config: cells} of the tables that list configs."""
    rows = re.findall(r'^\| \[(.+?)\]\((.+?)\.py\) \| (.*) \|$', read(folder), flags=re.MULTILINE)
    assert rows and all(name == file for name, file, _ in rows)
    return {name: cells.split(' | ') for name, _, cells in rows}


def counts_of(folder):
    """{config: parameters}, where the tables count them in the cell before the last."""
    return {name: int(cells[-2].replace(',', '')) for name, cells in rows_of(folder).items()}
