# The reduced offline sweep on the small Swin.
_base_ = ['offline_reduced.py']
config = '{{ fileDirname }}/../offline/swin_offline.py'
