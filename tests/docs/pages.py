"""The shell commands of the pages and the READMEs."""
import re
from pathlib import Path

from markdown_it import MarkdownIt

from vpt_mm.cli.commands import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob('README*.md'), *ROOT.glob('configs/**/README.md'),
                *(page for page in ROOT.glob('docs/**/*.md') if '_build' not in page.parts)])
# Chinese pages, and the English ones that they say the same as.
TWINS = {ROOT / 'README_zh-CN.md': ROOT / 'README.md',
         **{page: ROOT / 'docs' / page.relative_to(ROOT / 'docs/zh') for page in ROOT.glob('docs/zh/**/*.md')}}
SHELLS = ('bash', 'sh', 'shell', 'console')
PROGRAMS = ('vpt-mm', 'python', 'pip', 'bash', 'torchrun', 'mim', 'source', 'for', 'git', 'cd', 'export', 'ray', 'curl',
            'docker')


def commands_of(page):
    """All commands that a page tells its reader to type, each on one line: in blocks, and inline with arguments."""
    found = []
    for token in MarkdownIt().enable('table').parse(Path(page).read_text()):
        if token.type == 'fence' and token.info.strip() in SHELLS:
            found += lines_of(token.content)
        elif token.type == 'code_block' or token.type == 'fence' and not token.info.strip():
            found += [line for line in lines_of(token.content) if is_command(line)]
        found += [child.content for child in token.children or () if child.type == 'code_inline'
                  and is_command(child.content) and has_arguments(child.content)]
    return found


def lines_of(block):
    lines = re.sub(r'\\\n\s*', '', block).splitlines()
    commands = [re.sub(r'(^|\s+)#\s.*', '', line).strip().removeprefix('$ ') for line in lines]  # without comments
    return [command for command in commands if command]


def is_command(line):
    """Whether a line begins with a program, after assignments such as DATA=..."""
    words = re.sub(r'^(\w+=\S*\s+)*', '', line).split()
    return bool(words) and words[0].rpartition('/')[2] in PROGRAMS


def has_arguments(line):
    """Whether more is said than a program, or than a command of vpt-mm."""
    return ' ' in line and line.removeprefix('vpt-mm ') not in COMMANDS
