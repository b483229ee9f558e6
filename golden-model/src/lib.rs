//! holdfast-model
