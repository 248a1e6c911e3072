"""`make demo`: the whole portal on this machine, with an example district deployed into the embedded AWS."""
