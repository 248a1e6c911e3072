"""The version of Homeroom that runs; the project's file says the same, and a test holds them together."""

VERSION = "0.1.0"
