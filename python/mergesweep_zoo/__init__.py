"""The tiny model zoo: four small language models and the eval tasks to merge them for."""
