"""What an edge runs: the agent that keeps the engine in step with the feed."""
