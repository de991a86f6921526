"""Models of anomalies: when they are made, and for whom (the making is ``contracts.anomalies``)."""
