"""What people type after `caro`: one module for each command, with `add_arguments` and `run`."""
