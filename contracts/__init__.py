"""The procurement data engine: plain Python and DuckDB. It knows no framework, no HTTP and no task."""
