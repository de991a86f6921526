"""What the law says of procurement in figures: limits by day, mode and kind of buyer. Knows no contracts."""
