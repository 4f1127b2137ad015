"""Trains Chronos-Bolt on exchange rates: data, simulation, training, scores, export. See ../README.md."""
