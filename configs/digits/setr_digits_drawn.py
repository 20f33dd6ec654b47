# VPT-deep on digit scenes, with predictions drawn over images and curves for TensorBoard: two lines for any config.
_base_ = ['setr_digits_deep.py']
visualizer = dict(vis_backends=[dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')])
default_hooks = dict(visualization=dict(type='SegVisualizationHook', draw=True, interval=1))
