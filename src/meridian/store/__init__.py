"""Where things are kept: SQL through SQLAlchemy Core, on SQLite or PostgreSQL."""
