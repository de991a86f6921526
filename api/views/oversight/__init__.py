"""What those ask who watch over procurement: legal limits and red flags."""
