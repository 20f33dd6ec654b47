# VTAB-1k with Swin-B: prompts of at most 50, and the protocols that a Swin has.
_base_ = ['_base_/vit-b.py']
config = '{{ fileDirname }}/../vtab/swin-b_vtab.py'
tasks = ['vtab']
lengths = [1, 5, 10, 50]
protocols = {
    'MLP-3': dict(head=dict(mid_channels=[1024, 1024])),
    'VPT-shallow': dict(grid=dict(length=lengths)),
    'VPT-deep': dict(grid=dict(length=lengths)),
}
del lengths
