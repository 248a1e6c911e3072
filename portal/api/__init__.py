"""The interface for programs, `/api/v1`: thin over the same services as the pages."""
