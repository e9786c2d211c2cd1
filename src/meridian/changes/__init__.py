"""What may be done: pure functions from the state that is to the state that will be, or to reasons why not."""
