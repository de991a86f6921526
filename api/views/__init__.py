"""The endpoints, one module per section of the contract."""
