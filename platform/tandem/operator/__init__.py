"""The operator's console: which associations there are, how their work is doing, whether their hosts answer."""
