//! What a person may read. Every read of tenant data asks for a scope and gives nothing beyond it.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{EnterpriseId, ParkId};
use serde::Serialize;
use serde_json::json;

/// What a person may read of the tenants' data. It cannot be put together from its parts: both ways to get one
/// are for `app/src/auth.rs` alone, where the rules of who may see what stand; a test of the repository looks
/// for their names elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Grant);

/// What the rules gave a person. A park that is not in `parks` stays closed whatever `enterprises` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose name, particulars and totals may be read.
    pub parks: ParkGrant,
    /// Whose records, streams, meters, answers and measures may be read.
    pub enterprises: EnterpriseGrant,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParkGrant {
    All,
    These(BTreeSet<ParkId>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnterpriseGrant {
    All,
    /// All of these enterprises.
    These(BTreeSet<(ParkId, EnterpriseId)>),
    /// Of some parks what the law opens, and what was shared beyond it.
    Reduced(Reduced),
    None,
}

/// What somebody may read who works on a park, or on enterprises of it, for others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reduced {
    /// Parks with every enterprise of them, as far as the law goes.
    pub by_law: BTreeSet<ParkId>,
    /// Enterprises that opened everything.
    pub whole: BTreeSet<(ParkId, EnterpriseId)>,
    /// Subjects that enterprises of the parks in `by_law` shared.
    pub shared: BTreeSet<(ParkId, EnterpriseId, Subject)>,
}

/// What an enterprise need not show the operator of its park, and may share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// By-products offered and wanted, with their composition and prices.
    Streams,
    /// What was paid.
    Costs,
    /// Interval readings of meters that no measure names.
    Readings,
}

impl Subject {
    pub const ALL: [Subject; 3] = [Subject::Streams, Subject::Costs, Subject::Readings];

    pub fn code(self) -> &'static str {
        match self {
            Subject::Streams => "streams",
            Subject::Costs => "costs",
            Subject::Readings => "readings",
        }
    }

    pub fn parse(code: &str) -> Option<Subject> {
        Subject::ALL.into_iter().find(|subject| subject.code() == code)
    }
}

/// The enterprises of one park that a scope covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Covered {
    All,
    Only(Vec<EnterpriseId>),
}

impl Covered {
    pub(crate) fn contains(&self, enterprise: &EnterpriseId) -> bool {
        match self {
            Covered::All => true,
            Covered::Only(these) => these.contains(enterprise),
        }
    }

    fn only(self, enterprise: &EnterpriseId) -> Covered {
        let is_in = self.contains(enterprise);
        Covered::Only(is_in.then(|| enterprise.clone()).into_iter().collect())
    }
}

/// What of one park a scope covers: whose rows, and whose rows of each subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) enterprises: Covered,
    pub(crate) streams: Covered,
    pub(crate) costs: Covered,
    pub(crate) readings: Covered,
}

impl Seen {
    pub(crate) fn everything() -> Seen {
        Seen { enterprises: Covered::All, streams: Covered::All, costs: Covered::All, readings: Covered::All }
    }

    pub(crate) fn is_everything(&self) -> bool {
        *self == Seen::everything()
    }

    /// The part of it that is about one enterprise.
    pub(crate) fn only(self, enterprise: &EnterpriseId) -> Seen {
        Seen {
            enterprises: self.enterprises.only(enterprise),
            streams: self.streams.only(enterprise),
            costs: self.costs.only(enterprise),
            readings: self.readings.only(enterprise),
        }
    }
}

impl Scope {
    /// For `app/src/auth.rs` only: what was granted to a person.
    pub fn granted(grant: Grant) -> Scope {
        Scope(grant)
    }

    /// For `app/src/auth.rs` only: everything, for totals that are shown without their parts and for the command
    /// line, whose user holds the file anyway.
    pub fn system() -> Scope {
        Scope(Grant { parks: ParkGrant::All, enterprises: EnterpriseGrant::All })
    }

    pub fn covers_park(&self, park: &ParkId) -> bool {
        match &self.0.parks {
            ParkGrant::All => true,
            ParkGrant::These(parks) => parks.contains(park),
        }
    }

    pub fn covers_enterprise(&self, park: &ParkId, enterprise: &EnterpriseId) -> bool {
        self.covers_park(park)
            && match &self.0.enterprises {
                EnterpriseGrant::All => true,
                EnterpriseGrant::These(these) => these.contains(&(park.clone(), enterprise.clone())),
                EnterpriseGrant::Reduced(reduced) => {
                    reduced.by_law.contains(park) || reduced.whole.contains(&(park.clone(), enterprise.clone()))
                }
                EnterpriseGrant::None => false,
            }
    }

    /// Whether it covers a report that a park, or one of its enterprises, hands in.
    pub fn covers_report(&self, park: &ParkId, enterprise: Option<&EnterpriseId>) -> bool {
        let Some(enterprise) = enterprise else { return self.covers_park(park) && self.covers_enterprises_of(park) };
        self.covers_enterprise(park, enterprise)
    }

    fn covers_enterprises_of(&self, park: &ParkId) -> bool {
        match &self.0.enterprises {
            EnterpriseGrant::All => true,
            EnterpriseGrant::Reduced(reduced) => reduced.by_law.contains(park),
            EnterpriseGrant::These(_) | EnterpriseGrant::None => false,
        }
    }

    /// Whether it covers what the enterprise need not show by law.
    pub fn covers_subject(&self, park: &ParkId, enterprise: &EnterpriseId, subject: Subject) -> bool {
        self.covers_enterprise(park, enterprise)
            && match &self.0.enterprises {
                EnterpriseGrant::Reduced(reduced) => {
                    reduced.whole.contains(&(park.clone(), enterprise.clone()))
                        || reduced.shared.contains(&(park.clone(), enterprise.clone(), subject))
                }
                _ => true,
            }
    }

    /// Whether it was opened by the enterprise itself: it holds all of it, whatever is shared with others.
    pub fn covers_whole_enterprise(&self, park: &ParkId, enterprise: &EnterpriseId) -> bool {
        self.covers_enterprise(park, enterprise)
            && match &self.0.enterprises {
                EnterpriseGrant::Reduced(reduced) => reduced.whole.contains(&(park.clone(), enterprise.clone())),
                _ => true,
            }
    }

    pub fn covers_everything(&self) -> bool {
        self.0 == Scope::system().0
    }

    /// What of a park's subjects is open; tells a cache apart what was computed for one reader and for another.
    /// `None` where no subject is held back.
    pub fn subjects_in(&self, park: &ParkId) -> Option<BTreeSet<(EnterpriseId, Subject)>> {
        let EnterpriseGrant::Reduced(reduced) = &self.0.enterprises else { return None };
        let whole = reduced.whole.iter().filter(|(other, _)| other == park);
        let whole = whole.flat_map(|(_, enterprise)| Subject::ALL.map(|subject| (enterprise.clone(), subject)));
        let shared = reduced.shared.iter().filter(|(other, _, _)| other == park);
        Some(whole.chain(shared.map(|(_, enterprise, subject)| (enterprise.clone(), *subject))).collect())
    }

    /// What of a park it covers. `None` where the park itself is not covered.
    pub(crate) fn seen(&self, park: &ParkId) -> Option<Seen> {
        if !self.covers_park(park) {
            return None;
        }
        let enterprises = match &self.0.enterprises {
            EnterpriseGrant::All => return Some(Seen::everything()),
            EnterpriseGrant::These(these) => of_park(these, park),
            EnterpriseGrant::None => Vec::new(),
            EnterpriseGrant::Reduced(reduced) => {
                let subject = |subject| Covered::Only(self.with_subject(park, subject));
                return Some(Seen {
                    enterprises: match reduced.by_law.contains(park) {
                        true => Covered::All,
                        false => Covered::Only(of_park(&reduced.whole, park)),
                    },
                    streams: subject(Subject::Streams),
                    costs: subject(Subject::Costs),
                    readings: subject(Subject::Readings),
                });
            }
        };
        let covered = Covered::Only(enterprises);
        Some(Seen { enterprises: covered.clone(), streams: covered.clone(), costs: covered.clone(), readings: covered })
    }

    /// The enterprises of a park whose rows of a subject were opened. What was shared counts only in a park that the
    /// reader works on.
    fn with_subject(&self, park: &ParkId, subject: Subject) -> Vec<EnterpriseId> {
        let open = self.subjects_in(park).unwrap_or_default().into_iter().filter(|(_, open)| *open == subject);
        open.map(|(enterprise, _)| enterprise).filter(|id| self.covers_enterprise(park, id)).collect()
    }

    /// What PostgreSQL's row-level security is told: the parks, and of each park the enterprises; `*` is all of them.
    /// Subjects within an enterprise are this crate's to keep apart.
    pub(crate) fn settings(&self) -> (String, String) {
        let parks = match &self.0.parks {
            ParkGrant::All => json!("*"),
            ParkGrant::These(parks) => json!(parks),
        };
        let enterprises = match &self.0.enterprises {
            EnterpriseGrant::All => json!("*"),
            EnterpriseGrant::These(these) => json!(by_park(these)),
            EnterpriseGrant::Reduced(reduced) => {
                let mut enterprises = by_park(&reduced.whole);
                enterprises.extend(reduced.by_law.iter().map(|park| (park.as_str(), vec!["*"])));
                json!(enterprises)
            }
            EnterpriseGrant::None => json!({}),
        };
        (parks.to_string(), enterprises.to_string())
    }

    /// One park with all that is in it: what a change of that park may read and write.
    pub(crate) fn of_park(park: &ParkId) -> Scope {
        Scope(Grant {
            parks: ParkGrant::These([park.clone()].into()),
            enterprises: EnterpriseGrant::Reduced(Reduced { by_law: [park.clone()].into(), ..Reduced::default() }),
        })
    }

    /// The parks it is limited to; `None` where it covers all.
    pub(crate) fn parks(&self) -> Option<&BTreeSet<ParkId>> {
        match &self.0.parks {
            ParkGrant::All => None,
            ParkGrant::These(parks) => Some(parks),
        }
    }
}

fn of_park(these: &BTreeSet<(ParkId, EnterpriseId)>, park: &ParkId) -> Vec<EnterpriseId> {
    these.iter().filter(|(other, _)| other == park).map(|(_, enterprise)| enterprise.clone()).collect()
}

/// The enterprises of each park, as PostgreSQL is told.
fn by_park(these: &BTreeSet<(ParkId, EnterpriseId)>) -> BTreeMap<&str, Vec<&str>> {
    let mut of_park: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (park, enterprise) in these {
        of_park.entry(park.as_str()).or_default().push(enterprise.as_str());
    }
    of_park
}

#[cfg(test)]
mod tests {
    use super::*;

    fn park(id: &str) -> ParkId {
        ParkId::new(id)
    }

    fn enterprise(id: &str) -> EnterpriseId {
        EnterpriseId::new(id)
    }

    fn reduced(by_law: &[&str], whole: &[(&str, &str)], shared: &[(&str, &str, Subject)]) -> EnterpriseGrant {
        EnterpriseGrant::Reduced(Reduced {
            by_law: by_law.iter().copied().map(park).collect(),
            whole: whole.iter().map(|(at, id)| (park(at), enterprise(id))).collect(),
            shared: shared.iter().map(|(at, id, subject)| (park(at), enterprise(id), *subject)).collect(),
        })
    }

    #[test]
    fn a_closed_park_stays_closed_whatever_is_said_of_its_enterprises() {
        let scope = Scope::granted(Grant {
            parks: ParkGrant::These([park("a")].into()),
            enterprises: reduced(&["a", "b"], &[("b", "e")], &[("b", "e", Subject::Costs)]),
        });
        assert!(scope.covers_enterprise(&park("a"), &enterprise("e")));
        assert!(!scope.covers_enterprise(&park("b"), &enterprise("e")));
        assert!(!scope.covers_subject(&park("b"), &enterprise("e"), Subject::Costs));
        assert_eq!(scope.seen(&park("b")), None);
    }

    #[test]
    fn the_same_enterprise_code_in_another_park_is_another_enterprise() {
        let scope = Scope::granted(Grant {
            parks: ParkGrant::All,
            enterprises: EnterpriseGrant::These([(park("a"), enterprise("e"))].into()),
        });
        assert!(scope.covers_enterprise(&park("a"), &enterprise("e")));
        assert!(!scope.covers_enterprise(&park("b"), &enterprise("e")));
        assert_eq!(scope.seen(&park("b")).map(|seen| seen.enterprises), Some(Covered::Only(Vec::new())));
        assert!(!scope.covers_everything());
    }

    #[test]
    fn the_law_opens_an_enterprise_and_sharing_opens_its_subjects() {
        let scope = Scope::granted(Grant {
            parks: ParkGrant::These([park("a"), park("b")].into()),
            enterprises: reduced(&["a"], &[("b", "f")], &[("a", "e", Subject::Streams), ("b", "g", Subject::Costs)]),
        });
        let open =
            |at: &str, id: &str| Subject::ALL.map(|subject| scope.covers_subject(&park(at), &enterprise(id), subject));
        assert_eq!(open("a", "e"), [true, false, false]);
        assert_eq!(open("a", "other"), [false; 3]);
        assert_eq!(open("b", "f"), [true; 3]);
        // Shared by an enterprise of a park in which the reader works for another one only.
        assert_eq!(open("b", "g"), [false; 3]);
        let seen = scope.seen(&park("b")).unwrap();
        assert_eq!(
            (seen.enterprises, seen.costs.clone()),
            (seen.streams.clone(), Covered::Only(vec![enterprise("f")]))
        );
    }
}
