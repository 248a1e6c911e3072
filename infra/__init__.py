"""The district stack: a spec goes in, Terraform JSON comes out. Knows nothing of the portal."""
