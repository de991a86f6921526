"""What watches for people: saved searches, checks of them, alerts and how they are told."""
