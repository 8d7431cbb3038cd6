"""The fast path: pings of our own form and of every phone's app, taken before FastAPI.

A request is read by the form of its path (`api.ingest.forms`), its pings are judged and kept by
`services.tracking`, and the form says what the app wants to hear.
"""
