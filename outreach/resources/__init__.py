"""What staff export and import, one table a resource; reading and writing of files is elsewhere."""
