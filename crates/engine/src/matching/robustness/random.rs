//! Numbers that look drawn at random and are the same for the same seed: SplitMix64. Source: Steele, Lea and Flood,
//! Fast splittable pseudorandom number generators, OOPSLA 2014; from memory, held against its published first outputs
//! in the tests.

/// The step between two states.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// A generator of its own for each draw, so that draws do not depend on how many came before.
    pub fn of_draw(seed: u64, draw: u64) -> Random {
        let mut first = Random::new(seed);
        let mut own = Random::new(first.next() ^ draw.wrapping_mul(STEP));
        Random::new(own.next())
    }

    #[expect(clippy::should_implement_trait, reason = "not an iterator: it never ends")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1, by the upper 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Triangular from −1 to 1 with its peak at 0: the sum of two uniform numbers less one.
    pub fn triangular(&mut self) -> f64 {
        self.uniform() + self.uniform() - 1.0
    }
}
