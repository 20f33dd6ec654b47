"""A config of OpenMMLab's made a prompted one."""
