//! How often somebody may ask: buckets that fill up again with time, one for each address and each account.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A bucket of so many, refilled evenly over a minute.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub per_minute: f64,
    pub burst: f64,
}

const ADDRESS: Rate = Rate { per_minute: 1_200.0, burst: 400.0 };
const ACCOUNT: Rate = Rate { per_minute: 1_200.0, burst: 400.0 };

/// Buckets that are kept; full ones are forgotten first.
const MOST_BUCKETS: usize = 100_000;

#[derive(Clone, Default)]
pub struct Limits {
    buckets: Arc<Mutex<BTreeMap<String, Bucket>>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
    rate: Rate,
}

impl Bucket {
    fn level(&self, now: Instant) -> f64 {
        let refilled = now.duration_since(self.at).as_secs_f64() * self.rate.per_minute / 60.0;
        (self.left + refilled).min(self.rate.burst)
    }
}

impl Limits {
    /// One request from an address. This machine's own address is a person at it, or a proxy that speaks for others
    /// and names them.
    pub fn take_request(&self, address: IpAddr) -> Result<(), u64> {
        if address.is_loopback() { Ok(()) } else { self.take(&network(address), ADDRESS, Instant::now()) }
    }

    /// One request of an account, from wherever it comes.
    pub fn take_account(&self, user: &str, address: IpAddr) -> Result<(), u64> {
        if address.is_loopback() { Ok(()) } else { self.take(&format!("account {user}"), ACCOUNT, Instant::now()) }
    }

    /// Takes one out of a bucket, or says after how many seconds there will be one.
    pub fn take(&self, key: &str, rate: Rate, now: Instant) -> Result<(), u64> {
        let Ok(mut buckets) = self.buckets.lock() else { return Ok(()) };
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, bucket| bucket.level(now) < bucket.rate.burst);
            // A flood from everywhere: to forget somebody's bucket is better than to grow without end.
            while buckets.len() >= MOST_BUCKETS {
                buckets.pop_first();
            }
        }
        let bucket = buckets.entry(key.to_string()).or_insert(Bucket { left: rate.burst, at: now, rate });
        let level = bucket.level(now);
        if level < 1.0 {
            return Err(((1.0 - level) * 60.0 / rate.per_minute).ceil() as u64);
        }
        *bucket = Bucket { left: level - 1.0, at: now, rate };
        Ok(())
    }

    /// Puts one back, where what was taken turns out not to count.
    pub fn give_back(&self, key: &str, now: Instant) {
        let Ok(mut buckets) = self.buckets.lock() else { return };
        if let Some(bucket) = buckets.get_mut(key) {
            *bucket = Bucket { left: (bucket.level(now) + 1.0).min(bucket.rate.burst), at: now, rate: bucket.rate };
        }
    }
}

/// Whom an address belongs to: a household or firm is given 2⁶⁴ addresses of the newer kind at once.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address {address}"),
        IpAddr::V6(address) => format!("network {:x}", address.to_bits() >> 64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again_for_each_key_alone() {
        let limits = Limits::default();
        let (rate, start) = (Rate { per_minute: 6.0, burst: 2.0 }, Instant::now());
        assert_eq!(limits.take("a", rate, start), Ok(()));
        assert_eq!(limits.take("a", rate, start), Ok(()));
        assert_eq!(limits.take("a", rate, start), Err(10));
        assert_eq!(limits.take("b", rate, start), Ok(()));
        assert_eq!(limits.take("a", rate, start + Duration::from_secs(9)), Err(1));
        assert_eq!(limits.take("a", rate, start + Duration::from_secs(11)), Ok(()));
    }

    #[test]
    fn a_flood_from_one_address_is_slowed_and_this_machine_is_not() {
        let limits = Limits::default();
        let flood =
            |address: &str| (0..2_000).filter(|_| limits.take_request(address.parse().unwrap()).is_ok()).count();
        assert!((400..450).contains(&flood("203.0.113.9")));
        assert_eq!(flood("127.0.0.1"), 2_000);
        let hop = |at: u16| format!("2001:db8:0:1::{at:x}").parse().unwrap();
        assert!((0..2_000).filter(|at| limits.take_request(hop(*at)).is_ok()).count() < 450);
        assert!(limits.take_request("2001:db8:0:2::1".parse().unwrap()).is_ok());
    }
}
