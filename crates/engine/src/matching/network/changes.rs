//! Reads a table of changes to a network: what is added, removed or set, in the identifiers of its tables.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use super::read::{LinkRow, NetworkFile, Places, StreamRow};
use super::solved::{Change, Side};
use super::transport::{BENEFIT_LIMIT, Link};
use crate::fault::{Fault, FaultKind};
use crate::matching::table::{Table, Width};

/// Names of the column of quantities, 0.1 t a year; the first that has a value counts.
const QUANTITIES: [&str; 4] = ["qty_dt", "quantity_dt", "quantity", "qty"];

/// Changes in the order of their rows, and the tables as they stand after all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedNetwork {
    /// An added stream and the links that follow it are one change.
    pub changes: Vec<Change>,
    pub rows: usize,
    /// A removed stream keeps its place with quantity 0, and links move up, as in `SolvedNetwork::problem`.
    pub file: NetworkFile,
}

/// Reads a table `op,side,id,giver,taker,qty_dt,benefit_kvnd_t,fixed_kvnd_yr`; columns are found by name, and those
/// that no row needs may be missing. `op` is `add`, `remove` or `set`; `side` is `giver`, `taker` or `link`.
/// A stream is named by `id`, a link by `giver` and `taker`. Every fault is returned; the changes only when there
/// is none.
pub fn read_changes(name: &str, input: impl BufRead, file: NetworkFile) -> (Option<ChangedNetwork>, Vec<Fault>) {
    let mut faults = Vec::new();
    let optional = ["id", "giver", "taker", "benefit_kvnd_t", "fixed_kvnd_yr"];
    let optional: Vec<&str> = optional.into_iter().chain(QUANTITIES).collect();
    let mut table = Table::new(name, input, &["op", "side"], &optional, Width::UpToFull, &mut faults);
    let mut draft = Draft::new(&file);
    while table.next_row(&mut faults) {
        draft.rows += 1;
        let op = coded(&table, "op", &["add", "remove", "set"], &mut faults);
        let side = coded(&table, "side", &["giver", "taker", "link", "edge"], &mut faults);
        let (Some(op), Some(side)) = (op, side) else { continue };
        match side {
            "giver" => draft.change_stream(op, Side::Giver, &table, &mut faults),
            "taker" => draft.change_stream(op, Side::Taker, &table, &mut faults),
            _ => draft.change_link(op, &table, &mut faults),
        };
    }
    if !faults.is_empty() {
        return (None, faults);
    }
    let Draft { changes, rows, added: [givers, takers], quantities, gone, links, .. } = draft;
    let Links { added, set, removed, .. } = links;
    let mut changed = ChangedNetwork { changes, rows, file };
    changed.file.givers.extend(givers);
    changed.file.takers.extend(takers);
    for ((side, stream), quantity) in quantities {
        streams_mut(&mut changed.file, side)[stream as usize].quantity_dt = quantity;
    }
    changed.file.links.extend(added);
    for (number, row) in set {
        changed.file.links[number as usize] = row;
    }
    let mut number = 0;
    changed.file.links.retain(|link| {
        let ends_stay = !gone.contains(&(Side::Giver, link.giver)) && !gone.contains(&(Side::Taker, link.taker));
        let stays = ends_stay && !removed.contains(&number);
        number += 1;
        stays
    });
    (Some(changed), faults)
}

fn coded<R: BufRead>(
    table: &Table<R>,
    column: &str,
    codes: &[&'static str],
    faults: &mut Vec<Fault>,
) -> Option<&'static str> {
    let value = table.value_of(column, faults)?;
    let code = codes.iter().copied().find(|code| *code == value);
    if code.is_none() {
        faults.push(table.fault(column, FaultKind::UnknownCode, value, codes.join(", ")));
    }
    code
}

fn streams_mut(file: &mut NetworkFile, side: Side) -> &mut Vec<StreamRow> {
    match side {
        Side::Giver => &mut file.givers,
        Side::Taker => &mut file.takers,
    }
}

/// The network as the rows read so far leave it.
struct Draft<'a> {
    places: [Places<'a>; 2],
    present: [&'a [StreamRow]; 2],
    changes: Vec<Change>,
    rows: usize,
    added: [Vec<StreamRow>; 2],
    /// Identifiers that rows have added or removed: where they stand now.
    moved: BTreeMap<(Side, String), Option<u32>>,
    quantities: BTreeMap<(Side, u32), i64>,
    total: [i128; 2],
    gone: BTreeSet<(Side, u32)>,
    links: Links<'a>,
}

impl<'a> Draft<'a> {
    fn new(file: &'a NetworkFile) -> Draft<'a> {
        let present = [file.givers.as_slice(), file.takers.as_slice()];
        Draft {
            places: present.map(Places::new),
            present,
            changes: Vec::new(),
            rows: 0,
            added: [Vec::new(), Vec::new()],
            moved: BTreeMap::new(),
            quantities: BTreeMap::new(),
            total: present.map(|streams| streams.iter().map(|stream| i128::from(stream.quantity_dt)).sum()),
            gone: BTreeSet::new(),
            links: Links::new(&file.links),
        }
    }

    /// None where the row has a fault.
    fn change_stream<R: BufRead>(
        &mut self,
        op: &str,
        side: Side,
        table: &Table<R>,
        faults: &mut Vec<Fault>,
    ) -> Option<()> {
        if op == "add" {
            let id = table.value_of("id", faults)?.to_owned();
            if self.place(side, &id).is_some() {
                faults.push(table.fault("id", FaultKind::Duplicate, &id, "an id that is not in use".to_owned()));
                return None;
            }
            // A stream whose quantity is at fault stays known, so that its links are not called unknown as well.
            let quantity = self.quantity(side, 0, table, faults).unwrap_or(0);
            let added = &mut self.added[side as usize];
            let stream = (self.present[side as usize].len() + added.len()) as u32;
            added.push(StreamRow { id: id.clone(), quantity_dt: quantity });
            self.quantities.insert((side, stream), quantity);
            self.moved.insert((side, id), Some(stream));
            self.changes.push(Change::AddStream { side, quantity, links: Vec::new() });
            return Some(());
        }
        let stream = self.stream("id", side, table, faults)?;
        let present = self.quantity_of(side, stream);
        if op == "remove" {
            self.total[side as usize] -= i128::from(present);
            self.quantities.insert((side, stream), 0);
            self.moved.insert((side, table.value("id").to_owned()), None);
            self.gone.insert((side, stream));
            self.changes.push(Change::RemoveStream { side, stream });
        } else {
            let quantity = self.quantity(side, present, table, faults)?;
            self.quantities.insert((side, stream), quantity);
            self.changes.push(Change::SetQuantity { side, stream, quantity });
        }
        Some(())
    }

    fn change_link<R: BufRead>(&mut self, op: &str, table: &Table<R>, faults: &mut Vec<Fault>) -> Option<()> {
        let giver = self.stream("giver", Side::Giver, table, faults);
        let taker = self.stream("taker", Side::Taker, table, faults);
        let benefit = match op {
            "remove" => Some(0),
            _ => table.whole_number("benefit_kvnd_t", -BENEFIT_LIMIT..=BENEFIT_LIMIT, faults),
        };
        let fixed = match table.has_value("fixed_kvnd_yr") {
            true => Some(table.whole_number("fixed_kvnd_yr", 0..=i64::MAX, faults)?),
            false => None,
        };
        let (giver, taker, benefit) = (giver?, taker?, benefit?);
        let row = LinkRow { giver, taker, benefit_kvnd_t: benefit, fixed_kvnd_yr: fixed };
        if op == "add" {
            self.links.add(row);
            self.add_link(Link { giver, taker, benefit });
            return Some(());
        }
        let between = self.links.between(giver, taker);
        let &[link] = between.as_slice() else {
            let kind = if between.is_empty() { FaultKind::UnknownReference } else { FaultKind::Contradiction };
            let found =
                format!("{} links between {} and {}", between.len(), table.value("giver"), table.value("taker"));
            faults.push(table.fault("giver", kind, &found, "one link between the two".to_owned()));
            return None;
        };
        if op == "remove" {
            self.links.removed.insert(link);
            self.changes.push(Change::RemoveLink(link));
        } else {
            self.links.set.insert(link, row);
            self.changes.push(Change::SetBenefit { link, benefit });
        }
        Some(())
    }

    /// A link of the stream that was added last comes in with it.
    fn add_link(&mut self, link: Link) {
        let ends = [link.giver, link.taker];
        let last = Side::BOTH.map(|side| self.present[side as usize].len() + self.added[side as usize].len());
        match self.changes.last_mut() {
            Some(Change::AddStream { side, links, .. })
                if ends[*side as usize] as usize + 1 == last[*side as usize] =>
            {
                links.push((ends[side.other() as usize], link.benefit));
            }
            _ => self.changes.push(Change::AddLink(link)),
        }
    }

    fn place(&self, side: Side, id: &str) -> Option<u32> {
        match self.moved.get(&(side, id.to_owned())) {
            Some(place) => *place,
            None => self.places[side as usize].of(id),
        }
    }

    fn stream<R: BufRead>(&self, column: &str, side: Side, table: &Table<R>, faults: &mut Vec<Fault>) -> Option<u32> {
        let id = table.value_of(column, faults)?;
        let place = self.place(side, id);
        if place.is_none() {
            let expected = match side {
                Side::Giver => "an id of a giver that is there",
                Side::Taker => "an id of a taker that is there",
            };
            faults.push(table.fault(column, FaultKind::UnknownReference, id, expected.to_owned()));
        }
        place
    }

    fn quantity_of(&self, side: Side, stream: u32) -> i64 {
        let changed = self.quantities.get(&(side, stream)).copied();
        changed.unwrap_or_else(|| self.present[side as usize][stream as usize].quantity_dt)
    }

    /// The quantity of the row, in place of the present one.
    fn quantity<R: BufRead>(
        &mut self,
        side: Side,
        present: i64,
        table: &Table<R>,
        faults: &mut Vec<Fault>,
    ) -> Option<i64> {
        let column = QUANTITIES.into_iter().find(|column| table.has_value(column)).unwrap_or(QUANTITIES[0]);
        let quantity = table.whole_number(column, 0..=i64::MAX, faults)?;
        let total = self.total[side as usize] - i128::from(present) + i128::from(quantity);
        if total > i128::from(i64::MAX) {
            let expected = format!("a sum of at most {}", i64::MAX);
            faults.push(table.fault(column, FaultKind::OutOfRange, &total.to_string(), expected));
            return None;
        }
        self.total[side as usize] = total;
        Some(quantity)
    }
}

/// The links by number: those of the table, then those added.
struct Links<'a> {
    table: &'a [LinkRow],
    /// Numbers of the table's links by giver and taker; made when a row first asks.
    by_ends: Option<Vec<u32>>,
    added: Vec<LinkRow>,
    added_between: BTreeMap<(u32, u32), Vec<u32>>,
    set: BTreeMap<u32, LinkRow>,
    removed: BTreeSet<u32>,
}

impl<'a> Links<'a> {
    fn new(table: &'a [LinkRow]) -> Links<'a> {
        Links {
            table,
            by_ends: None,
            added: Vec::new(),
            added_between: BTreeMap::new(),
            set: BTreeMap::new(),
            removed: BTreeSet::new(),
        }
    }

    fn add(&mut self, link: LinkRow) {
        let number = (self.table.len() + self.added.len()) as u32;
        self.added_between.entry((link.giver, link.taker)).or_default().push(number);
        self.added.push(link);
    }

    fn between(&mut self, giver: u32, taker: u32) -> Vec<u32> {
        let table = self.table;
        let ends = |number: &u32| (table[*number as usize].giver, table[*number as usize].taker);
        let by_ends = self.by_ends.get_or_insert_with(|| {
            let mut numbers: Vec<u32> = (0..table.len() as u32).collect();
            numbers.sort_unstable_by_key(|number| (ends(number), *number));
            numbers
        });
        let first = by_ends.partition_point(|number| ends(number) < (giver, taker));
        let of_table = by_ends[first..].iter().take_while(|number| ends(number) == (giver, taker));
        let of_added = self.added_between.get(&(giver, taker)).into_iter().flatten();
        of_table.chain(of_added).copied().filter(|number| !self.removed.contains(number)).collect()
    }
}
