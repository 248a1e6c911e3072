"""Adoption: what a district's stack declares, its state lacks and AWS has, with the id that Terraform imports it by.

`table` has a row for each type of resource; `search` goes through a stack; `blocks` writes what Terraform reads.
"""
