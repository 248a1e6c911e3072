"""Decides every call of the embedded AWS as AWS does: by signature, identity, boundary, session and resource policies.

Source: IAM User Guide, "Policy evaluation logic"; Service Authorization Reference. Nothing here knows Homeroom's stack.
"""
