//! holdfast-driver
