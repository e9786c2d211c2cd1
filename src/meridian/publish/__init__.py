"""From commits to the feed, and from acknowledgements to INSYNC."""
