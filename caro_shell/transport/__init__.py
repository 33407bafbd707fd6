"""HTTP to a server that a person named: within a deadline, tried again where it helps, sent nowhere else."""
