"""The entry points of the group `annoconv.readers`: image sources among files and folders, a module a family."""
