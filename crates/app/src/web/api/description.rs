//! The API described by itself, in OpenAPI.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::answers::{Answer, ParkEntry};
use crate::publish::{MatchingTotals, OwnMatching, PlanSums, ResourceSum, StatusSums};
use crate::web::nation::portfolio::PortfolioAnswer;
use crate::web::nation::provinces::ProvincesAnswer;

/// Which park is asked about.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichPark {
    /// Code of the park, as in `/api/parks`.
    #[param(example = "khu-mau")]
    park: String,
}

/// Which enterprise of the park.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichEnterprise {
    /// Code of the enterprise in its park.
    #[param(example = "E01")]
    enterprise: String,
}

/// Which exchange of the park.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichExchange {
    /// Codes of the streams given and taken, joined by `--`, as in `/api/parks/{park}/exchanges`.
    #[param(example = "S01--S02")]
    exchange: String,
}

/// Which state form.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichForm {
    /// Code of the form.
    #[param(example = "vn-a4")]
    form: String,
}

/// What is said of papers that no data tell of.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichPapers {
    /// Holds an eco certificate: `yes` or `no`.
    certified: Option<String>,
    /// Stands on the list of greenhouse gas inventories: `yes` or `no`.
    ghg_list: Option<String>,
    /// Holds an environmental permit: `yes` or `no`.
    permit: Option<String>,
}

/// Which base degree days are counted from.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichBase {
    /// °C, from -30 to 40; 18 unless given.
    #[param(example = 18.0)]
    base: Option<f64>,
}

/// Which factors an account of greenhouse gases is reckoned with.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichEditions {
    /// Warming potentials: `ipcc-ar5` unless given, or `ipcc-ar6`.
    #[param(example = "ipcc-ar6")]
    warming: Option<String>,
    /// Grid of a data year; that of the period's year unless given.
    #[param(example = "vn-grid-2023")]
    grid: Option<String>,
}

/// Which period and framework.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichReport {
    /// `2024`, `2024-03`, or first day and day after the last joined by `/`; the latest year with records unless given.
    #[param(example = "2024")]
    period: Option<String>,
    /// Framework that comes first; `vn-decree-35-2022` unless given.
    #[param(example = "vn-decree-82-2018")]
    framework: Option<String>,
}

/// What nobody measured of the errors that savings share; nothing is assumed unless given.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichAssumptions {
    /// Correlation between the own errors of any two verifications, 0 to 1.
    r: Option<f64>,
    /// How far a station or a thermometer drifts between the years compared, in percent of degree days, 0 to 20.
    #[param(example = 2.0)]
    weather: Option<f64>,
    /// The same of what counts products, and of other drivers.
    production: Option<f64>,
}

/// Which screening, and which of its meters.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichScreening {
    /// Code of the job, from the address to which its start leads. A job belongs to whoever started it.
    job: String,
    /// Words of the meter's code, name or enterprise.
    q: Option<String>,
    /// `saving`, `disqualified`, `faulty`, `failed` or `not-run`; all unless given.
    outcome: Option<String>,
    /// `saving`, `relative` or `scatter`, the greatest first; in the order of meters unless given.
    sort: Option<String>,
}

/// For what the network is chosen.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichObjective {
    /// `benefit`, `co2e`, `disposal` or `mix`; `benefit` unless given.
    #[param(example = "co2e")]
    objective: Option<String>,
    /// Of a mix: what a VND of benefit counts.
    money: Option<f64>,
    /// Of a mix: VND for a t of CO₂e avoided.
    co2e: Option<f64>,
    /// Of a mix: VND for a t of waste kept from disposal.
    kept: Option<f64>,
    /// What the benefit is traded against: `co2e` or `disposal`.
    curve: Option<String>,
    /// A point of the trade-off curve in the place of the base, counted from 1.
    point: Option<usize>,
}

/// What is changed in a scenario. Its keys follow the letter `a`, `b`, `c` or `d`: `a.leaves`, `b.haulage`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichScenario {
    /// An objective of its own; else that of the base.
    #[param(rename = "a.objective")]
    objective: Option<String>,
    /// Enterprises that leave, by `;`.
    #[param(rename = "a.leaves", example = "E37")]
    leaves: Option<String>,
    /// `G12*0.5; G13=100`: times, or t, m³ or MWh a year.
    #[param(rename = "a.quantity")]
    quantity: Option<String>,
    /// Times the price of disposal.
    #[param(rename = "a.disposal")]
    disposal: Option<f64>,
    /// Times the price of purchase.
    #[param(rename = "a.purchase")]
    purchase: Option<f64>,
    /// Times the cost of haulage and pipes.
    #[param(rename = "a.haulage")]
    haulage: Option<f64>,
    /// Exchanges that are forbidden: `G12--T06`.
    #[param(rename = "a.forbid")]
    forbid: Option<String>,
    /// Kinds of streams left out: `material`, `water`, `heat`.
    #[param(rename = "a.without")]
    without: Option<String>,
}

/// Which division, day and year.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by the description only")]
pub struct WhichProvinces {
    /// `2024`: the 63 provinces until 30 June 2025; `2025`: the 34 since; the one in force today unless given.
    #[param(example = "2024")]
    provinces: Option<String>,
    /// The day of which the register and the names speak; today unless given.
    #[param(example = "2026-04-29")]
    on: Option<String>,
    /// Year of the records that are added up.
    #[param(example = "2024")]
    period: Option<String>,
}

/// What the search box finds.
#[derive(ToSchema)]
#[allow(dead_code, reason = "read by the description only")]
struct SearchAnswer {
    results: Vec<SearchHit>,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "read by the description only")]
struct SearchHit {
    title: String,
    detail: String,
    href: String,
    kind: String,
}

/// Parks, enterprises and pages whose names hold the words; accents do not matter. Only what the reader may see.
#[utoipa::path(get, tag = "public", path = "/api/search", params(("q" = String, Query, description = "Words to look for.")),
    responses((status = 200, body = SearchAnswer)))]
#[allow(dead_code, reason = "the page of the nation answers it; here it is described")]
fn search() {}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "congsinh",
        description = "Figures of industrial parks on their way to eco-industrial parks. Sign in on the web; the session \
                       cookie is the key. Amounts stand in canonical units: kWh, m³, kg, VND.",
    ),
    paths(
        super::parks,
        super::registry,
        super::openapi,
        super::docs,
        search,
        crate::web::nation::provinces::answer,
        super::report,
        super::assessments,
        super::exchanges,
        super::deal_sheet,
        super::network::chosen,
        super::network::tradeoff,
        super::network::scenarios,
        super::network::failures,
        super::options,
        super::claims,
        super::savings::of_park,
        super::savings::of_meters,
        super::savings::of_nation,
        super::balance,
        super::findings,
        super::periods,
        super::likely_streams,
        super::form_of_park,
        super::form_of_enterprise,
        super::obligations_of_park,
        super::obligations_of_enterprise,
        super::accounts::of_park,
        super::accounts::of_enterprise,
        super::weather::of_park,
        super::readings::take_in,
        super::readings::series,
        super::readings::query,
    ),
    components(schemas(
        Answer,
        ParkEntry,
        ProvincesAnswer,
        PortfolioAnswer,
        super::readings::SeriesAnswer,
        super::readings::Taken,
        super::readings::Refusal,
        super::network::NotTaken,
        super::network::NotYet,
        super::readings::Answered,
        MatchingTotals,
        OwnMatching,
        PlanSums,
        ResourceSum,
        StatusSums
    ))
)]
struct Description;

pub fn description() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    // The gate may answer so before any address does.
    for operation in description.paths.paths.values_mut().flat_map(|item| item.get.iter_mut().chain(item.post.as_mut()))
    {
        let too_many = Response::new("Asked too often; `Retry-After` says when again.");
        operation.responses.responses.insert("429".to_string(), too_many.into());
    }
    description
}

/// One address as the page lists it.
pub struct Described {
    /// `GET` or `POST`.
    pub method: &'static str,
    pub path: String,
    pub what: String,
    pub parameters: Vec<(String, String)>,
}

pub fn described() -> Vec<Described> {
    let description = description();
    description
        .paths
        .paths
        .iter()
        .flat_map(|(path, item)| {
            let get = item.get.iter().map(|operation| one("GET", path, operation));
            get.chain(item.post.iter().map(|operation| one("POST", path, operation)))
        })
        .collect()
}

fn one(method: &'static str, path: &str, operation: &Operation) -> Described {
    let sentences = [operation.summary.clone(), operation.description.clone()];
    Described {
        method,
        path: path.to_string(),
        what: sentences.into_iter().flatten().collect::<Vec<_>>().join(" "),
        parameters: operation
            .parameters
            .iter()
            .flatten()
            .filter_map(|parameter| match parameter {
                RefOr::T(parameter) => {
                    Some((parameter.name.clone(), parameter.description.clone().unwrap_or_default()))
                }
                RefOr::Ref(_) => None,
            })
            .collect(),
    }
}
