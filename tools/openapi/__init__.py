"""Writes down what Easel serves, as OpenAPI 3.1: `src/edge/openapi.json`, which the Worker answers.

Written beforehand, because to make it in the Worker would take more CPU than a request may have.
"""
