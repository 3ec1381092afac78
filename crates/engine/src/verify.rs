//! Verify: what was really saved, with what uncertainty, or a refusal that says what is missing.

pub mod distributions;
mod least_squares;
pub mod measures;
pub mod monthly;
pub mod regression;
pub mod saving;
pub mod search;
pub mod sufficiency;
pub mod validity;
