# The sweep on real images for two cores: 25 steps, and 200 test images of Fashion-MNIST.
_base_ = ['real.py']
environment = dict(STEPS=25)
tasks = dict(fashion=dict(SHARE=0.02))
