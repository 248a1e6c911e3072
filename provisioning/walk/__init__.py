"""The walk of one run by the worker that holds it: a module for each step, and the hold that all of them share."""
