"""Drawn scenes and folders of handwritten digits, from scikit-learn's scans."""
