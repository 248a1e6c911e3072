"""The certificate of a removal."""
