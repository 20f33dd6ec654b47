"""Which test or script runs each command of the pages: a pattern of the whole command, and its runner.

A runner is a test (path::name), a script, ``HERE`` for those that test_commands.py runs at a small size, or
``Unrun`` with the reason. The first pattern that fits counts. A new command on a page needs a line here.
"""
from dataclasses import dataclass

HERE = 'tests/docs/test_commands.py::test_commands_of_a_page_run_in_order'


@dataclass(frozen=True)
class Unrun:
    """A command that no test runs.

    Attributes:
        reason: what it would need.
    """

    reason: str


ADE20K = 'tests/configs/test_setr_vpt_ade20k.py::test_it_trains_validates_saves_resumes_and_tests'
WEIGHTS = 'tests/tools/test_weights_tools.py'
PROTOCOLS = 'tests/configs/test_protocols.py'
RUNNERS = [
    (r'bash tools/demo\.sh', Unrun('takes minutes; tests/configs/test_digits.py and tests/analysis/test_demo.py run '
                                  'its steps')),
    (r'bash tools/run_tests\.sh.*', '.ci/run'),
    (r'bash tools/setup_env\.sh', 'tools/run_tests.sh'),
    (r'source \.venv/bin/activate', Unrun("changes the reader's shell and nothing else")),
    (r'bash tools/build_docs\.sh', 'tests/docs/test_site.py::test_the_site_builds_without_a_warning'),
    (r'pip install (-c requirements/constraints.txt )?-e "\.\[[\w,]+\]"', 'tools/setup_env.sh'),
    (r'python -m venv \.venv', 'tools/setup_env.sh'),
    (r'(MMCV_WITH_OPS=1 )?\.venv/bin/pip install .*(mmcv==2\.1\.0|ninja).*',
     Unrun('compiles for a quarter of an hour')),
    (r'pip install ("setuptools|openmim==).*', Unrun('changes the environment that the tests run in')),

    (r'.* --amp', Unrun('needs a GPU')),
    (r'torchrun .*', Unrun('needs GPUs; tests/tuning/test_distributed.py runs two processes on a CPU')),
    (r'python tools/(train|test)\.py configs/setr_vpt_ade20k\.py.*', ADE20K),
    (r'python -m vpt_mm\.datasets\.digit_scenes data/(ade|digit_scenes).*', 'tests/datasets/test_digit_scenes.py'),
    (r'python tools/(train|test)\.py configs/digits/setr_digits_deep\.py.*',
     'tests/configs/test_digits.py::test_a_config_trains_and_tests'),
    (r'for config in configs/protocols/vit-b_.*', f'{PROTOCOLS}::test_a_classifier_trains_on_digits'),
    (r'for config in configs/protocols/vit-l_setr_.*', f'{PROTOCOLS}::test_a_segmentor_trains_on_digit_scenes'),
    (r'DATA=.* python tools/train\.py configs/protocols/.*',
     f'{PROTOCOLS}::test_the_data_are_those_that_the_environment_names'),

    (r'python tools/publish_task\.py CHECKPOINT OUT\.safetensors', f'{WEIGHTS}::test_publish_and_merge'),
    (r'python tools/merge_task\.py --help', f'{WEIGHTS}::test_publish_and_merge'),
    (r'python tools/convert_weights\.py IN OUT', f'{WEIGHTS}::test_convert'),
    (r'python tools/class_prototypes\.py CONFIG OUT',
     'tests/analysis/test_prototypes.py::test_they_are_the_means_of_cls'),
    (r'python tools/report\.py .*', 'tests/analysis/test_report.py::test_the_command_prints_and_draws'),
    (r'python tools/benchmark\.py --backbone vit-large .*', Unrun('bfloat16 at this size is slow without a GPU')),
    (r'python tools/benchmark\.py --backbone vit-base.*', HERE),
    (r'python tools/memory\.py .*', HERE),
    (r'python tools/train\.py configs/protocols/vit-b_vpt-deep-50\.py --cfg-options .*frozen_dtype.*', HERE),

    (r'(.* )?python tools/\w+\.py configs/own/.*', HERE),
    (r'python tools/\w+\.py work_dirs/(classify|segment)_folder/.*', HERE),
    (r'python -m vpt_mm\.datasets\.digit_folders .*', HERE),
    (r'python -m vpt_mm\.datasets\.digit_scenes data/segments .*', HERE),
]
