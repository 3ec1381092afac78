//! Links and shared plants of a park into their rows and from them.

use engine::ids::{EnterpriseId, PlantId, SiteLinkId, StreamId};
use engine::park::works::{Charged, CostBasis, Investment, LinkMeans, PlantStatus, SharedPlant, SiteLink, YearlyCost};
use engine::park::{Park, StreamKind};
use sqlx::AnyConnection;

use super::load::{coded, maybe_amount, maybe_coded};
use super::save::{self, stream_kind_code};
use crate::sql::{Cell, Columns, Rows, maybe_number, maybe_text, maybe_whole, number, text, whole};

pub(super) const LINK_COLUMNS: &str = "id, name_vi, name_en, means, giver_id, taker_id, kind, charged, running_vnd, \
     investment_vnd, life_years, discount_rate, capacity, unit, basis, source";

pub(super) const PLANT_COLUMNS: &str = "id, name_vi, name_en, enterprise_id, input_id, output_id, output_share, \
     treatment_vnd, running_vnd, investment_vnd, life_years, discount_rate, status, basis, source";

pub(super) async fn save(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let park_id = [("park_id", text(park.id.as_str()))];
    let columns = [
        "id",
        "position",
        "name_vi",
        "name_en",
        "means",
        "giver_id",
        "taker_id",
        "kind",
        "charged",
        "running_vnd",
        "investment_vnd",
        "life_years",
        "discount_rate",
        "capacity",
        "unit",
        "basis",
        "source",
    ];
    let mut rows = Rows::of("site_link", &park_id, columns);
    for (position, link) in (0..).zip(&park.works.links) {
        let [running, investment, life, rate] = cost_cells(&link.cost);
        let [capacity, unit] = save::maybe_amount(link.capacity.as_ref());
        rows.push([
            text(link.id.as_str()),
            whole(position),
            text(&link.name.vi),
            text(&link.name.en),
            text(link.means.code()),
            maybe_text(link.giver.as_ref()),
            maybe_text(link.taker.as_ref()),
            maybe_text(link.kind.map(stream_kind_code)),
            text(link.charged.code()),
            running,
            investment,
            life,
            rate,
            capacity,
            unit,
            text(link.basis.code()),
            text(&link.source),
        ]);
    }
    rows.insert(connection).await?;
    let columns = [
        "id",
        "position",
        "name_vi",
        "name_en",
        "enterprise_id",
        "input_id",
        "output_id",
        "output_share",
        "treatment_vnd",
        "running_vnd",
        "investment_vnd",
        "life_years",
        "discount_rate",
        "status",
        "basis",
        "source",
    ];
    let mut rows = Rows::of("shared_plant", &park_id, columns);
    for (position, plant) in (0..).zip(&park.works.plants) {
        let [running, investment, life, rate] = cost_cells(&plant.cost);
        rows.push([
            text(plant.id.as_str()),
            whole(position),
            text(&plant.name.vi),
            text(&plant.name.en),
            text(plant.owner.as_str()),
            text(plant.input.as_str()),
            text(plant.output.as_str()),
            number(plant.output_share),
            maybe_number(plant.treatment_vnd),
            running,
            investment,
            life,
            rate,
            text(plant.status.code()),
            text(plant.basis.code()),
            text(&plant.source),
        ]);
    }
    rows.insert(connection).await
}

fn cost_cells(cost: &YearlyCost) -> [Cell; 4] {
    [
        maybe_number(cost.running_vnd),
        maybe_number(cost.investment.map(|investment| investment.vnd)),
        maybe_whole(cost.investment.map(|investment| i64::from(investment.life_years))),
        maybe_number(cost.investment.map(|investment| investment.discount_rate)),
    ]
}

fn cost(columns: &mut Columns<'_>) -> anyhow::Result<YearlyCost> {
    let running_vnd = columns.maybe_number()?;
    let (vnd, life, rate) = (columns.maybe_number()?, columns.maybe_whole()?, columns.maybe_number()?);
    let investment = match (vnd, life, rate) {
        (Some(vnd), Some(life), Some(discount_rate)) => {
            Some(Investment { vnd, life_years: life.try_into()?, discount_rate })
        }
        _ => None,
    };
    Ok(YearlyCost { running_vnd, investment })
}

fn kind(code: &str) -> Option<StreamKind> {
    let kinds = [StreamKind::Material, StreamKind::Water, StreamKind::Heat];
    kinds.into_iter().find(|kind| stream_kind_code(*kind) == code)
}

pub(super) fn link(columns: &mut Columns<'_>) -> anyhow::Result<SiteLink> {
    Ok(SiteLink {
        id: SiteLinkId::new(columns.text()?),
        name: columns.label()?,
        means: coded(columns, &LinkMeans::ALL, LinkMeans::code)?,
        giver: columns.maybe_text()?.map(EnterpriseId::new),
        taker: columns.maybe_text()?.map(EnterpriseId::new),
        kind: maybe_coded(columns, kind)?,
        charged: coded(columns, &Charged::ALL, Charged::code)?,
        cost: cost(columns)?,
        capacity: maybe_amount(columns)?,
        basis: coded(columns, &CostBasis::ALL, CostBasis::code)?,
        source: columns.text()?,
    })
}

pub(super) fn plant(columns: &mut Columns<'_>) -> anyhow::Result<SharedPlant> {
    Ok(SharedPlant {
        id: PlantId::new(columns.text()?),
        name: columns.label()?,
        owner: EnterpriseId::new(columns.text()?),
        input: StreamId::new(columns.text()?),
        output: StreamId::new(columns.text()?),
        output_share: columns.number()?,
        treatment_vnd: columns.maybe_number()?,
        cost: cost(columns)?,
        status: coded(columns, &PlantStatus::ALL, PlantStatus::code)?,
        basis: coded(columns, &CostBasis::ALL, CostBasis::code)?,
        source: columns.text()?,
    })
}
