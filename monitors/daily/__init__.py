"""What is done once a day: figures kept, so that growth can be drawn, and old rows removed."""
