"""Turns a config of OpenMMLab's into a prompted one."""
