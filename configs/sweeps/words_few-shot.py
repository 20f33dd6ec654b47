# Accuracy over shots: 1, 2, 4, 8 and 16 images of each class, three seeds, eleven datasets (Zhou et al. 2022, IJCV).
#   CLIP=open_clip_model.safetensors vpt-mm sweep configs/sweeps/words_few-shot.py
#   vpt-mm analyse curve work_dirs/sweeps/words_few-shot/results.csv --over shots --plot shots.png
_base_ = ['_base_/words.py']
recipes = {
    'CoOp': dict(config='{{ fileDirname }}/../words/vit-b16_coop.py'),
    'VPT': dict(config='{{ fileDirname }}/../words/vit-b16_vpt.py'),
}
shots = [1, 2, 4, 8, 16]
