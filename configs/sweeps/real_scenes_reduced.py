# The sweep on stamp scenes for two cores: 40 steps, and 50 scenes to test and to choose by.
_base_ = ['real_scenes.py']
environment = dict(STEPS=40, SCENES=50)
