"""Tests of the zoo: of the files that are committed and of the builder."""
