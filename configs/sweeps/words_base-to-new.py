# Base to new: 16 shots of the first half of the classes, tests on both halves (Zhou et al. 2022, CVPR).
#   CLIP=open_clip_model.safetensors vpt-mm sweep configs/sweeps/words_base-to-new.py
#   vpt-mm analyse base-to-new work_dirs/sweeps/words_base-to-new/results.csv
_base_ = ['_base_/words.py']
recipes = {
    'zero-shot': dict(config='{{ fileDirname }}/../words/vit-b16_zero-shot.py'),
    'CoOp': dict(config='{{ fileDirname }}/../words/vit-b16_coop.py', environment=dict(CONTEXT=4)),
    'CoCoOp': dict(config='{{ fileDirname }}/../words/vit-b16_cocoop.py'),
    'VPT': dict(config='{{ fileDirname }}/../words/vit-b16_vpt.py'),
    'deep text': dict(config='{{ fileDirname }}/../words/vit-b16_deep-text.py'),
    'both towers': dict(config='{{ fileDirname }}/../words/vit-b16_ivlp.py'),
}
environment = dict(PART='base')
tests = dict(base={}, new=dict(PART='new'))
shots = [16]
