"""What is done with equipment: each act changes the records, writes its document, and is journalled."""
