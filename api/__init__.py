"""The FastAPI app: routes translate, services decide."""
