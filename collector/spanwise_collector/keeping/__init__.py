"""What an operator does with the data folder: delete, back up, restore."""
