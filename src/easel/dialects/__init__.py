"""The APIs that clients speak. None of them knows an image service."""
