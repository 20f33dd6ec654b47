# DualPrompt as its released code has it (google-research/l2p, dd8836e): other rates, times batch size / 256. The vote
# over a batch that the code takes in tests of CIFAR-100 is not here: each image chooses its expert. An expert starts
# as it was drawn, and not as a copy of the last one.
_base_ = ['vit-b_dualprompt-paper_continual.py']
optim_wrapper = dict(optimizer=dict(lr=(0.005 if '{{$STREAM:cifar100}}' == 'imagenet-r' else 0.03) * 128 / 256))
