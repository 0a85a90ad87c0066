"""The Python Workers runtime, put together from registry packages alone."""
