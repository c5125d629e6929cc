"""The functional core: rules as pure functions, importing only the standard library and pydantic."""
