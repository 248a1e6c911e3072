"""Terraform and its AWS provider without the two things that a test's command spends its time on.

Terraform reads 700 MB to check the provider's hash, and asks the provider for the schema of all its 1,500 types, which
costs both of them a second of processor time; a test's stack has a few dozen types. Here a keeper, one for each test
session, starts the real provider for the real Terraform (Terraform, "Debugging providers": TF_REATTACH_PROVIDERS), and
answers the one question for the schema itself: with what the provider once answered, cut to the types at hand.

A provider serves one connection of Terraform at a time. When the command that it served has ended it waits a while for
the next one of the same folder and environment; a command that was killed takes its provider with it, as it does
without a keeper. For tests and checks alone: production, the journeys and the faults have Terraform start its provider
by itself.
"""
