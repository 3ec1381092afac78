//! Computes: values in, values out. No disk, network, clock, random numbers, threads of its own or logging,
//! so that every result can be repeated. The vocabulary comes first, then the six steps; a step may look
//! left, never right.

pub mod annuity;
pub mod catalogue;
pub mod claim;
pub mod fault;
pub mod ids;
pub mod language;
pub mod linear;
pub mod park;
pub mod period;
pub mod quantity;
pub mod register;
pub mod source;
pub mod table;

pub mod observe;

pub mod assess;

pub mod matching;

pub mod plan;

pub mod verify;

pub mod report;
