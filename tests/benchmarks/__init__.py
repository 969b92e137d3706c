"""The benchmarks: the gateway beside its peers on one machine; `make bench` runs all of them."""
