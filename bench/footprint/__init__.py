"""How the footprint model, its tables and its bound are made, and how well they do."""
