"""A database backend in Django's sense: `ENGINE = "backend.postgresql"`."""
