"""Signing in by the organization's SAML 2.0 provider."""
