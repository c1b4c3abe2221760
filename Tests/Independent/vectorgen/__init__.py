"""Makes the vectors of Tests/Vectors, each file by one module, from one fixed seed."""
