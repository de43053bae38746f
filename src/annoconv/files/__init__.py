"""Files and folders as such: written whole or not at all, names inside a folder, bounded inflating."""
