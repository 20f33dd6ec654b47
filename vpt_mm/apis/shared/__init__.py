"""One frozen backbone for many tasks: what it lends, and passes in which tasks mix."""
