"""Sweeps: the paper's protocol as a program, over tasks, protocols, hyperparameters and seeds."""
from .conduct import Conductor
from .plan import Plan, Protocol, read_plan
from .pool import RayPool
from .read import read_sweep
from .recipes import Recipe, RecipePlan
from .store import Store

__all__ = ['Conductor', 'Plan', 'Protocol', 'RayPool', 'Recipe', 'RecipePlan', 'Store', 'read_plan', 'read_sweep']
