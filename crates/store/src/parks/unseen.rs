//! What an import by somebody who does not see all of a park must leave as it is.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{EnterpriseId, MeterId, ResourceId, StreamId};
use engine::park::Park;
use engine::park::works::SiteLink;
use engine::period::Period;

use crate::scope::{Seen, Subject};

/// Something handed in of what its enterprise has not shared with whoever hands it in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unshared {
    pub enterprise: EnterpriseId,
    pub subject: Subject,
    /// Which stream, meter or record.
    pub id: String,
}

/// The park to save: what was handed in, with what the scope hides of the enterprises that are there already.
pub(super) fn with_unseen(mut park: Park, kept: &Park, seen: &Seen) -> Result<Park, Vec<Unshared>> {
    let known: BTreeSet<EnterpriseId> = kept.enterprises.iter().map(|enterprise| enterprise.id.clone()).collect();
    let stays: BTreeSet<EnterpriseId> = park.enterprises.iter().map(|enterprise| enterprise.id.clone()).collect();
    // Of an enterprise that nobody has entered before there is nothing to hide yet.
    let hides = |covered: &crate::scope::Covered, id: &EnterpriseId| known.contains(id) && !covered.contains(id);
    let mut found = BTreeSet::new();

    let hidden: Vec<_> = kept.streams.iter().filter(|stream| hides(&seen.streams, &stream.enterprise)).collect();
    let taken: BTreeSet<&StreamId> = hidden.iter().map(|stream| &stream.id).collect();
    for stream in &park.streams {
        if hides(&seen.streams, &stream.enterprise) || taken.contains(&stream.id) {
            found.insert(unshared(&stream.enterprise, Subject::Streams, &stream.id));
        }
    }
    park.streams.extend(hidden.into_iter().filter(|stream| stays.contains(&stream.enterprise)).cloned());

    let is_hidden = |owners: &[&EnterpriseId]| owners.iter().any(|owner| hides(&seen.streams, owner));
    let links = kept.works.links.iter().filter(|link| is_hidden(&owners(link)));
    let links: Vec<&SiteLink> = links.collect();
    for link in &park.works.links {
        if is_hidden(&owners(link)) || links.iter().any(|kept| kept.id == link.id) {
            let owner = link.giver.as_ref().or(link.taker.as_ref());
            found.extend(owner.map(|owner| unshared(owner, Subject::Streams, &link.id)));
        }
    }
    let still_there = |owners: Vec<&EnterpriseId>| owners.iter().all(|owner| stays.contains(*owner));
    park.works.links.extend(links.into_iter().filter(|link| still_there(owners(link))).cloned());
    let plants: Vec<_> = kept.works.plants.iter().filter(|plant| is_hidden(&[&plant.owner])).collect();
    for plant in &park.works.plants {
        if is_hidden(&[&plant.owner]) || plants.iter().any(|kept| kept.id == plant.id) {
            found.insert(unshared(&plant.owner, Subject::Streams, &plant.id));
        }
    }
    park.works.plants.extend(plants.into_iter().filter(|plant| still_there(vec![&plant.owner])).cloned());

    let paid: BTreeMap<(&EnterpriseId, &ResourceId, &Period), f64> = kept
        .records
        .iter()
        .filter_map(|record| Some(((&record.enterprise, &record.resource, &record.period), record.cost_vnd?)))
        .collect();
    for record in &mut park.records {
        if !hides(&seen.costs, &record.enterprise) {
            continue;
        }
        if record.cost_vnd.is_some() {
            let id = format!("{} {}", record.resource, record.period);
            found.insert(unshared(&record.enterprise, Subject::Costs, &id));
        }
        record.cost_vnd = paid.get(&(&record.enterprise, &record.resource, &record.period)).copied();
    }

    let named: BTreeSet<&MeterId> = kept.measures.iter().filter_map(|measure| measure.meter.as_ref()).collect();
    let is_hidden =
        |meter: &&engine::park::Meter| hides(&seen.readings, &meter.enterprise) && !named.contains(&meter.id);
    let hidden: BTreeSet<&MeterId> = kept.meters.iter().filter(is_hidden).map(|meter| &meter.id).collect();
    for meter in park.meters.iter().filter(|meter| hidden.contains(&meter.id)) {
        if park.readings.contains_key(&meter.id) {
            found.insert(unshared(&meter.enterprise, Subject::Readings, &meter.id));
        }
        if let Some(series) = kept.readings.get(&meter.id) {
            park.readings.insert(meter.id.clone(), series.clone());
        }
    }
    if found.is_empty() { Ok(park) } else { Err(found.into_iter().collect()) }
}

fn owners(link: &SiteLink) -> Vec<&EnterpriseId> {
    link.giver.iter().chain(&link.taker).collect()
}

fn unshared(enterprise: &EnterpriseId, subject: Subject, id: &impl ToString) -> Unshared {
    Unshared { enterprise: enterprise.clone(), subject, id: id.to_string() }
}
