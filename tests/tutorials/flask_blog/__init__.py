"""A blog: an application of Flask, with what its tutorial teaches."""
