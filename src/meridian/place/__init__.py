"""Where clients are: geolocation tables, places that policies can name, latencies."""
