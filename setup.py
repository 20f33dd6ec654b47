"""Installs vpt-mm: `pip install -e .[lite]`."""
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent


def requirements(name):
    lines = (HERE / 'requirements' / f'{name}.txt').read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def version():
    scope = {}
    exec((HERE / 'vpt_mm' / 'version.py').read_text(), scope)
    return scope['__version__']


setup(
    name='vpt-mm',
    version=version(),
    description='Visual Prompt Tuning for OpenMMLab: one frozen backbone, many tasks',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    license_files=['LICENSE'],
    packages=find_packages(include=['vpt_mm', 'vpt_mm.*']),
    python_requires='>=3.10,<3.14',
    install_requires=requirements('runtime'),
    extras_require={name: requirements(name) for name in ('lite', 'demo', 'sweep', 'tests')},
    classifiers=[
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
