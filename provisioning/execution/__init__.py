"""The execution of a run by the worker that holds it: a module for each step, and the context that all share."""
