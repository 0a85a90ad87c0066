"""Programs that build, run and measure Easel. Never part of the Worker bundle."""
