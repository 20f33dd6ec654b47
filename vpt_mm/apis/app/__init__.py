"""The HTTP app: a page and an API over many tasks of one backbone."""
