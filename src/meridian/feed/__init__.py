"""The feed: last values by key, from the control plane to the edges and back."""
