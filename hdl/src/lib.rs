//! holdfast-hdl
