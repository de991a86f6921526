"""A report on the contracts that filters mean: their trend, partners, concentration and peers."""
