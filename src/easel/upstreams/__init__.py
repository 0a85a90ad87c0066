"""The image services. None of them knows what language the client speaks."""
