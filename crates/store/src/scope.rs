//! What a person may read. Every read of tenant data asks for a scope and gives nothing beyond it.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{EnterpriseId, ParkId};
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
    /// Every enterprise of these parks.
    OfParks(BTreeSet<ParkId>),
    These(BTreeSet<(ParkId, EnterpriseId)>),
    None,
}

/// The enterprises of one park that a scope covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Covered {
    All,
    Only(Vec<EnterpriseId>),
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
                EnterpriseGrant::OfParks(parks) => parks.contains(park),
                EnterpriseGrant::These(these) => these.contains(&(park.clone(), enterprise.clone())),
                EnterpriseGrant::None => false,
            }
    }

    pub fn covers_everything(&self) -> bool {
        self.0 == Scope::system().0
    }

    /// Which enterprises of a park it covers. `None` where the park itself is not covered.
    pub(crate) fn enterprises_of(&self, park: &ParkId) -> Option<Covered> {
        if !self.covers_park(park) {
            return None;
        }
        Some(match &self.0.enterprises {
            EnterpriseGrant::All => Covered::All,
            EnterpriseGrant::OfParks(parks) if parks.contains(park) => Covered::All,
            EnterpriseGrant::These(these) => {
                let of_park = these.iter().filter(|(other, _)| other == park);
                Covered::Only(of_park.map(|(_, enterprise)| enterprise.clone()).collect())
            }
            EnterpriseGrant::OfParks(_) | EnterpriseGrant::None => Covered::Only(Vec::new()),
        })
    }

    /// What PostgreSQL's row-level security is told: the parks, and of each park the enterprises; `*` is all of them.
    pub(crate) fn settings(&self) -> (String, String) {
        let parks = match &self.0.parks {
            ParkGrant::All => json!("*"),
            ParkGrant::These(parks) => json!(parks),
        };
        let enterprises = match &self.0.enterprises {
            EnterpriseGrant::All => json!("*"),
            EnterpriseGrant::OfParks(parks) => parks.iter().map(|park| (park.to_string(), json!(["*"]))).collect(),
            EnterpriseGrant::These(these) => {
                let mut of_park: BTreeMap<&ParkId, Vec<&EnterpriseId>> = BTreeMap::new();
                for (park, enterprise) in these {
                    of_park.entry(park).or_default().push(enterprise);
                }
                json!(of_park)
            }
            EnterpriseGrant::None => json!({}),
        };
        (parks.to_string(), enterprises.to_string())
    }

    /// One park with all that is in it: what a change of that park may read and write.
    pub(crate) fn of_park(park: &ParkId) -> Scope {
        Scope(Grant {
            parks: ParkGrant::These([park.clone()].into()),
            enterprises: EnterpriseGrant::OfParks([park.clone()].into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn park(id: &str) -> ParkId {
        ParkId::new(id)
    }

    fn enterprise(id: &str) -> EnterpriseId {
        EnterpriseId::new(id)
    }

    #[test]
    fn a_closed_park_stays_closed_whatever_is_said_of_its_enterprises() {
        let scope = Scope::granted(Grant {
            parks: ParkGrant::These([park("a")].into()),
            enterprises: EnterpriseGrant::OfParks([park("a"), park("b")].into()),
        });
        assert!(scope.covers_enterprise(&park("a"), &enterprise("e")));
        assert!(!scope.covers_enterprise(&park("b"), &enterprise("e")));
        assert_eq!(scope.enterprises_of(&park("b")), None);
    }

    #[test]
    fn the_same_enterprise_code_in_another_park_is_another_enterprise() {
        let scope = Scope::granted(Grant {
            parks: ParkGrant::All,
            enterprises: EnterpriseGrant::These([(park("a"), enterprise("e"))].into()),
        });
        assert!(scope.covers_enterprise(&park("a"), &enterprise("e")));
        assert!(!scope.covers_enterprise(&park("b"), &enterprise("e")));
        assert_eq!(scope.enterprises_of(&park("b")), Some(Covered::Only(Vec::new())));
        assert!(!scope.covers_everything());
    }
}
