//! The testbench of Holdfast: simulated devices ([`backend`], [`station`]), captures ([`capture`]), station
//! configuration ([`config`]), and the checks that run real packets through the hardware and its golden model side by side.

pub mod backend;
pub mod capture;
pub mod cli;
pub mod config;
pub mod core;
pub mod demo;
pub mod device;
pub mod engine;
pub mod figure;
pub mod golden;
pub mod lockstep;
pub mod measure;
pub mod report;
pub mod run;
pub mod scenario;
pub mod station;
pub mod sweep;
pub mod units;
pub mod vectors;

#[cfg(test)]
mod loopback;
