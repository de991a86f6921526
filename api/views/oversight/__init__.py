"""What those ask who watch over procurement: legal limits, red flags and anomalies."""
