"""Searches that are watched while faults strike and dataset versions come: what is in those, who watches,
where the alerts arrive, and the count of them."""
