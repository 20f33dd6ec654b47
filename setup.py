"""Installs vpt-mm: `pip install -e .[lite]`."""
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.editable_wheel import editable_wheel

HERE = Path(__file__).parent.resolve()
PACKAGE = 'vpt_mm'
NO_EXTRAS = ('runtime', 'mminstall', 'constraints')
MIM_PARTS = ('configs', 'tools', 'model-index.yml')


def requirements(name):
    lines = (HERE / 'requirements' / f'{name}.txt').read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def version():
    scope = {}
    exec((HERE / PACKAGE / 'version.py').read_text(), scope)
    return scope['__version__']


def add_mim_extension(package, *, link):
    """Put what mim looks for into `package`/.mim.

    Args:
        package: folder of the package, in the checkout or in a build.
        link: link to the checkout, so that edits count at once, instead of copying.
    """
    mim = Path(package, '.mim')
    if mim.is_dir():
        shutil.rmtree(mim)  # removes links, not what they point to
    mim.mkdir(parents=True)
    for name in MIM_PARTS:
        if link:
            (mim / name).symlink_to(HERE / name)
        elif (HERE / name).is_dir():
            shutil.copytree(HERE / name, mim / name, ignore=shutil.ignore_patterns('__pycache__'))
        else:
            shutil.copy2(HERE / name, mim / name)


class BuildWithMim(build_py):
    """Every wheel passes here, editable ones too; a source distribution holds the originals (MANIFEST.in)."""

    def run(self):
        super().run()
        if self.editable_mode:
            add_mim_extension(HERE / PACKAGE, link=True)
        else:
            add_mim_extension(Path(self.build_lib, PACKAGE), link=False)


class EditableWheel(editable_wheel):
    """Says where the code of an editable install is.

    mim joins a distribution's folder, which is site-packages, with the first line of top_level.txt; an absolute path
    there is what it ends up with.
    """

    def run(self):
        self._ensure_dist_info()
        Path(self.dist_info_dir, 'top_level.txt').write_text(f'{HERE / PACKAGE}\n')
        super().run()


setup(
    name='vpt-mm',
    version=version(),
    description='Visual Prompt Tuning for OpenMMLab: one frozen backbone, many tasks',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author='the authors of vpt_mm',
    license='Apache-2.0',
    license_files=['LICENSE'],
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    entry_points=dict(console_scripts=['vpt-mm = vpt_mm.cli.main:main']),
    package_data={PACKAGE: ['py.typed'], f'{PACKAGE}.apis.app': ['page.html']},
    python_requires='>=3.10,<3.14',
    install_requires=requirements('runtime'),
    extras_require={file.stem: requirements(file.stem) for file in (HERE / 'requirements').glob('*.txt')
                    if file.stem not in NO_EXTRAS},
    cmdclass=dict(build_py=BuildWithMim, editable_wheel=EditableWheel),
    classifiers=[
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
