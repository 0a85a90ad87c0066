"""Stands in for the image services on loopback, so that Easel runs without an account."""
