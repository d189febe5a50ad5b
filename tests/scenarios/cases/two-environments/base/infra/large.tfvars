stage = "large"
memory_size = 1024
