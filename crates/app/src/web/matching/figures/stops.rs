//! Where an exchange starts and ends in the drawings and tables of a network: at an enterprise, or at a shared plant that
//! one of them runs.

use askama::Template;
use engine::ids::{EnterpriseId, PlantId};
use engine::matching::ChosenExchange;
use engine::park::works::SharedPlant;
use engine::park::{Park, Place};

use crate::page::Page;
use crate::wording::Names;

/// Where the table of links and plants stands on every page that draws a network.
const TABLE: &str = "#works";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop<'a> {
    Enterprise(&'a EnterpriseId),
    Plant(&'a PlantId),
}

/// A stop as tables tell it: an enterprise by its name, a plant with the way to the table of plants.
#[derive(Template)]
#[template(path = "matching_party.html")]
pub struct Party {
    name: String,
    /// Empty for an enterprise.
    mark: String,
    href: &'static str,
}

#[derive(Clone, Copy)]
pub struct Stops<'a> {
    pub page: &'a Page,
    pub names: &'a Names<'a>,
    pub park: &'a Park,
}

impl<'a> Stops<'a> {
    pub fn giver<'b>(&self, exchange: &'b ChosenExchange) -> Stop<'b>
    where
        'a: 'b,
    {
        let plant = self.park.works.plants.iter().find(|plant| plant.output == exchange.giver);
        plant.map_or(Stop::Enterprise(&exchange.giver_enterprise), |plant| Stop::Plant(&plant.id))
    }

    pub fn taker<'b>(&self, exchange: &'b ChosenExchange) -> Stop<'b>
    where
        'a: 'b,
    {
        let plant = self.park.works.plants.iter().find(|plant| plant.input == exchange.taker);
        plant.map_or(Stop::Enterprise(&exchange.taker_enterprise), |plant| Stop::Plant(&plant.id))
    }

    pub fn party(&self, stop: Stop) -> Party {
        let mark = match stop {
            Stop::Enterprise(_) => String::new(),
            Stop::Plant(_) => self.page.t("works-plant-mark"),
        };
        Party { name: self.name(stop), mark, href: TABLE }
    }

    /// Plants are named where enterprises are.
    pub fn name(&self, stop: Stop) -> String {
        match stop {
            Stop::Enterprise(id) => self.names.enterprise(id),
            Stop::Plant(id) => match self.plant(id).filter(|_| self.names.park.is_some()) {
                Some(plant) => plant.name.get(self.page.language).to_string(),
                None => id.to_string(),
            },
        }
    }

    /// The code of a stop within one drawing: a plant may have that of an enterprise.
    pub fn code(&self, stop: Stop) -> String {
        match stop {
            Stop::Enterprise(id) => id.to_string(),
            Stop::Plant(id) => format!("plant/{id}"),
        }
    }

    /// A plant stands at its owner's place: sheets state no other.
    pub fn place(&self, stop: Stop) -> Option<Place> {
        let enterprise = match stop {
            Stop::Enterprise(id) => id,
            Stop::Plant(id) => &self.plant(id)?.owner,
        };
        self.park.enterprise(enterprise)?.place
    }

    pub fn href(&self, stop: Stop) -> String {
        match stop {
            Stop::Enterprise(id) => self.page.at(&format!("/parks/{}/enterprises/{id}", self.park.id)),
            Stop::Plant(_) => TABLE.to_string(),
        }
    }

    fn plant(&self, id: &PlantId) -> Option<&'a SharedPlant> {
        self.park.works.plants.iter().find(|plant| plant.id == *id)
    }
}
