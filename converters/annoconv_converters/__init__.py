"""One module a format: readers and writers of annotations, and the readers of their source images."""
