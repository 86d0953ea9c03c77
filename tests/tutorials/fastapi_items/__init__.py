"""Items and users: an application of FastAPI, with what its tutorial teaches."""
