"""Reports on parameters, costs and results."""
