# CODA-Prompt as its released code has it (GT-RIPL/CODA-Prompt, 6417d4f): without a penalty. There new components are
# made orthogonal to the old ones by Gram-Schmidt, which is not here.
_base_ = ['vit-b_coda-prompt-paper_continual.py']
model = dict(backbone=dict(tuning=dict(orthogonality=0.)))
