"""One file per resource. Routes translate between HTTP and the library; they decide nothing."""
