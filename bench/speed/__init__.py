"""How fast Zhiwen is beside the stack that people would otherwise build: the measures of `python -m bench.speed`."""
