"""A plugin of pytest: coverage's counters stay in functions.

slipcover takes its counters out of a function that has met them 50 times, by rewriting it as it runs: that changed
results and the bytes that were counted. Its ``--threshold`` does not reach the processes of xdist, which this does.
"""
import sys

counting = getattr(sys.modules.get('slipcover.pytest_plugin'), '_slipcover_instance', None)
if counting:
    counting.d_miss_threshold = 10 ** 9
