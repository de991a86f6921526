"""Anomalies: what is unlike its own past, or unlike others of its kind. A question, never an accusation.

``training`` makes the model of a dataset version: months of organizations and categories against their season
and trend (``series``), amounts against like contracts (``amounts``), and how much of what is planted in the
dataset's own contracts is found (``trial``). ``model`` is its file, ``answers`` reads it.
"""
