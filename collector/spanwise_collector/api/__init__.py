"""The HTTP API: thin routers over `query/`; its models are the source of OpenAPI and of the web view's types."""
