"""What tuning costs: parameters, time, memory and storage."""
