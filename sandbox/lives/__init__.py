"""What AWS does by itself, later than it is asked: each module is one such life, by `sandbox.clock`'s time."""
