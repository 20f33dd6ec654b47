# DAPL on the twelve pairs of Office-Home's domains, five seeds (Ge et al. 2022).
#   CLIP=open_clip_model.safetensors vpt-mm sweep configs/sweeps/words_office-home.py
#   vpt-mm analyse tasks work_dirs/sweeps/words_office-home/results.csv
domains = dict(A='art', C='clipart', P='product', R='real_world')
tasks = {
    f'{source}-{target}': dict(SOURCE=domains[source], TARGET=domains[target])
    for source, target in ('AC', 'AP', 'AR', 'CA', 'CP', 'CR', 'PA', 'PC', 'PR', 'RA', 'RC', 'RP')
}
recipes = {'DAPL': dict(config='{{ fileDirname }}/../words/vit-b16_dapl_office-home.py')}
seeds = [1, 2, 3, 4, 5]
del domains
