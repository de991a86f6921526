"""The product beside what one would pick instead, on the same contracts: `python -m tools.bench.peers`.

Datasette over SQLite, asked over HTTP as we are, and a script with pandas over Parquet. Each is a peer
(``peer.py``) that answers the questions of ``questions.py``.
"""
