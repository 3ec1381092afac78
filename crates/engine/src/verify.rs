//! Verify: what was really saved, with what uncertainty, or a refusal that says what is missing.

pub mod change_point;
pub mod distributions;
pub mod inputs;
mod least_squares;
pub mod measures;
pub mod meter;
pub mod meter_file;
pub mod monthly;
pub mod outlook;
pub mod regression;
pub mod saving;
pub mod search;
pub mod sufficiency;
mod symmetric;
pub mod validity;
pub mod week;
