"""Reports on their way to RT, also while RT is away."""
