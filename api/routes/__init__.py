"""Routes: one module per kind of resource; each only translates."""
