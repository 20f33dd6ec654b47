# The sweep on real images for two cores: 30 steps, and 200 test images of Fashion-MNIST.
_base_ = ['real.py']
environment = dict(STEPS=30)
tasks = dict(fashion=dict(SHARE=0.02))
