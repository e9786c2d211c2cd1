"""What the RFCs have a name server answer, in tables by RFC and on real sockets."""
