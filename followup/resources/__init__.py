"""What staff export of the answers."""
