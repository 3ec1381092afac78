//! Random numbers that are the same on every machine: ChaCha8, and only additions and multiplications after it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A source of its own for each topic, so that a change in one part of the park leaves the others as they were.
pub struct Random(ChaCha8Rng);

impl Random {
    pub fn new(seed: u64, topic: &str) -> Random {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator
            .set_stream(topic.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte))));
        Random(generator)
    }

    /// Evenly between two numbers.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        let unit = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        low + unit * (high - low)
    }

    /// Nearly normal, mean 0, standard deviation 1: the sum of twelve even numbers less 6. A true normal needs
    /// logarithms, whose last digit differs between machines.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.between(0.0, 1.0)).sum::<f64>() - 6.0
    }

    /// A factor around 1. Cut at three standard deviations: the planted faults must stay the only outliers.
    pub fn noise(&mut self, deviation: f64) -> f64 {
        1.0 + deviation * self.normal().clamp(-3.0, 3.0)
    }

    pub fn index(&mut self, length: usize) -> usize {
        (self.between(0.0, length as f64) as usize).min(length.saturating_sub(1))
    }

    pub fn shuffled<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for last in (1..items.len()).rev() {
            let other = self.index(last + 1);
            items.swap(last, other);
        }
        items
    }
}
