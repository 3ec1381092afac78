//! Givers of a search by the length at which they lead on, least first, ties by number: a binary heap.

#[derive(Default)]
pub struct Queue {
    /// Length in the upper half, giver in the lower.
    keys: Vec<u64>,
}

impl Queue {
    pub fn clear(&mut self) {
        self.keys.clear();
    }

    /// Length and giver.
    pub fn least(&self) -> Option<(u32, u32)> {
        self.keys.first().map(|key| ((key >> 32) as u32, *key as u32))
    }

    pub fn insert(&mut self, length: u32, giver: u32) {
        let key = u64::from(length) << 32 | u64::from(giver);
        let mut place = self.keys.len();
        self.keys.push(key);
        while place > 0 {
            let above = (place - 1) / 2;
            if self.keys[above] <= key {
                break;
            }
            self.keys[place] = self.keys[above];
            place = above;
        }
        self.keys[place] = key;
    }

    pub fn remove_least(&mut self) {
        let Some(key) = self.keys.pop() else { return };
        let keys = self.keys.as_mut_slice();
        let mut place = 0;
        loop {
            let mut below = 2 * place + 1;
            if below >= keys.len() {
                break;
            }
            if below + 1 < keys.len() && keys[below + 1] < keys[below] {
                below += 1;
            }
            if keys[below] >= key {
                break;
            }
            keys[place] = keys[below];
            place = below;
        }
        if let Some(place) = keys.get_mut(place) {
            *place = key;
        }
    }
}
