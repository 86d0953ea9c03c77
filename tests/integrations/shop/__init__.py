"""An application in several modules: nothing here knows where the template engine is, but one."""
