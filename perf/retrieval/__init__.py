"""The labelled set that retrieval is measured on: passages, queries, and which answers which."""
