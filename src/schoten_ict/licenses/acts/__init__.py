"""What changes the records of licences, one transaction each."""
