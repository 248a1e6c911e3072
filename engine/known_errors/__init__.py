"""Errors of AWS and Terraform whose text we know: data, a module for each part of a stack."""
