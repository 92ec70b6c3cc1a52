"""The front ends: each shows turns to somebody and takes their inputs."""
