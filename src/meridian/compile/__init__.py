"""From rows to images: pure functions without I/O."""
