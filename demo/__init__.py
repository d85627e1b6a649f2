"""An invented operation on loopback replicas of platforms: for the demo, the tests and the benchmarks."""
