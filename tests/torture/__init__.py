"""Easel under attack: services, hosts of pictures and clients that misbehave, and 64 MB of heap."""
