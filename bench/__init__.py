"""Programs that print what guard costs and how well it predicts. Not part of the wheel."""
