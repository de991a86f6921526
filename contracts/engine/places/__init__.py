"""Places: what the texts of the area of delivery mean, whichever source wrote them."""
