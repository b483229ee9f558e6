//! The testbench of Holdfast: simulated devices ([`backend`], [`station`]), captures ([`capture`]), station
//! configuration ([`config`]), and the checks that run real packets through the hardware and its golden model side by side.

pub mod backend;
pub mod capture;
pub mod config;
pub mod device;
pub mod station;

#[cfg(test)]
mod loopback;
