"""print_table(): a table on the console, whole."""
from rich.console import Console


def print_table(table):
    """Print a rich table as wide as its cells need, also where the console is narrower or a file: none is cut."""
    console = Console()
    needed = console.measure(table, options=console.options.update(max_width=10_000)).maximum
    console.width = max(console.width, needed)
    console.print(table)
