"""What a sweep found: tables, tests and curves."""
