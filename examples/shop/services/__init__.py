"""One module a service; `python -m examples.shop.services NAME` runs one."""
