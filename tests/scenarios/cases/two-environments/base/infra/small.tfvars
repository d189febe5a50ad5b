stage = "small"
memory_size = 128
