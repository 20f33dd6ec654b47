# Figure 3 of the paper: FGVC with growing shares of the training images.
_base_ = ['fgvc_vit-b.py']
fractions = [0.1, 0.3, 0.5, 0.7, 1.]
