# The sweep on real images for two cores: 60 or 30 steps, and 300 test images of Fashion-MNIST.
_base_ = ['real.py']
environment = dict(STEPS=60)
tasks = dict(fashion=dict(SHARE=0.03), stamps=dict(STEPS=30))
