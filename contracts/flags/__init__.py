"""Red flags: what in the contracts that filters mean is a reason to look. Never a verdict.

Each flag is one declaration (``flag.Flag``) in a folder of its sort; ``registry`` lists them, ``judging``
finds their cases, and the contracts that are the evidence.
"""
