"""The page in a headless Chromium: the browser itself, what it looks at, and pictures of it."""
