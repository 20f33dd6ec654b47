"""Weights in ONNX files, read without running anything."""
from .file import read_onnx

__all__ = ['read_onnx']
