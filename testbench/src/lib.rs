//! holdfast-testbench
