//! `demo`, `serve` and `import`: the commands that open a store. The demo fills it with the examples.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Language;
use engine::park::read::particulars_from_toml;
use engine::park::sheets::{PARK, SHEETS};
use engine::park::{Enterprise, Park, Place};
use engine::register::{Entry, Field, RegisterKind, State, slug};
use engine::table::read_csv;
use flate2::read::GzDecoder;
use jiff::civil::date;
use rust_embed::RustEmbed;
use serde::Deserialize;
use store::{Actor, NewAssignment, NewShare, Receiver, SaveParkError, Store, Subject, User, UserId};

use crate::auth::{self, Action, ParkKey, Role};
use crate::cli::keep::{data_folder, open, open_for, refuse_unless};
use crate::cli::readings::{Where, of_store};
use crate::cli::{Answer, Global, Stop, read_park, runtime};
use crate::people::People;
use crate::state::App;
use crate::web::observe::{locked, not_shared};
use crate::words::text_with;
use crate::{catalogue, dossiers, web};

/// The sample data, so that the binary alone can show itself.
#[derive(RustEmbed)]
#[folder = "../../examples"]
#[include = "khu-mau/*"]
#[include = "kalundborg/*"]
#[include = "khu-lan-can/*"]
#[include = "viet-nam/*.csv"]
struct Examples;

/// Where letters lie without a mail server.
const OUTBOX: &str = "outbox";
/// Parks that the demo opens with.
const DEMO_PARKS: [&str; 3] = ["khu-mau", "kalundborg", NEIGHBOUR];
/// The park some 30 km off, whose enterprises and those of the sample park may find each other.
const NEIGHBOUR: &str = "khu-lan-can";
/// Park and enterprise of those that let themselves be found from other parks. Nobody else does.
const FINDABLE: [(&str, &str); 3] = [("khu-mau", "E01"), (NEIGHBOUR, "L03"), (NEIGHBOUR, "L04")];

/// Enterprises of the sample park that have shared nothing.
pub const SHARES_NOTHING: [&str; 2] = ["E25", "E36"];

/// Serves the sample data from a store of its own, made anew at every start.
pub fn demo(global: &Global, port: u16) -> Answer {
    start_logging();
    let catalogue = catalogue::catalogue()?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let store = match (&global.data, &global.database) {
            (None, None) => Store::in_memory().await?,
            _ => open(global).await?,
        };
        // Only where its neighbour is new: who has withdrawn stays withdrawn.
        let is_new = store.park_revision(&ParkId::new(NEIGHBOUR)).await?.is_none();
        fill(&store, catalogue).await?;
        if is_new {
            open_neighbour(&store).await?;
        }
        let mut app = App::new(store, catalogue, true, global.as_of).await?;
        dossiers::sample::seed(&app.store, catalogue, app.today(), app.now_us()).await?;
        let outbox = global.data.as_ref().map(|folder| folder.join(OUTBOX));
        let outbox = outbox.or_else(|| app.people.mail.folder().map(Path::to_path_buf)).context("an outbox")?;
        let people = People::from_environment(&outbox)?;
        tell_outbox(global, &people);
        app.people = Arc::new(people);
        if global.data.is_some() || global.database.is_some() {
            app.readings = of_store(global, &Where::default(), app.store.clone())?;
        }
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        web::serve(app, address, |address| {
            let address = format!("http://{address}");
            eprintln!("{}", text_with(global.language, "cli-demo-ready", &[("address", &address)]));
        })
        .await?;
        Ok(())
    })
}

/// Serves the store in `--data`.
pub fn serve(
    global: &Global,
    listen: SocketAddr,
    public_url: Option<&str>,
    is_behind_proxy: bool,
    readings: &Where,
) -> Answer {
    start_logging();
    let catalogue = catalogue::catalogue()?;
    runtime()?.block_on(async {
        let (store, user) = open_for(global, "serve", &Action::KeepStore).await?;
        let actor = user.actor(now_us());
        seed_register(&store, &actor).await?;
        store.tidy_people(&actor).await?;
        let mut app = App::new(store, catalogue, false, global.as_of).await?;
        app.readings = of_store(global, readings, app.store.clone())?;
        let people = People::from_environment(&data_folder(global).join(OUTBOX))?;
        if let Some(url) = public_url {
            people.public_url.get_or_init(|| url.to_string());
        }
        tell_outbox(global, &people);
        app.people = Arc::new(people);
        app.is_behind_proxy = is_behind_proxy;
        web::serve(app, listen, |address| {
            let address = format!("http://{address}");
            eprintln!("{}", text_with(global.language, "cli-serve-ready", &[("address", &address)]));
        })
        .await?;
        Ok(())
    })
}

/// Keeps parks in the store. All of them are checked before the first is kept, and each is kept whole.
pub fn import(global: &Global, paths: &[PathBuf], catalogue: &Catalogue) -> Answer {
    let (mut parks, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match read_park(path, catalogue) {
            Ok(park) => parks.push(park),
            Err(Stop::Faults(found)) => faults.extend(found),
            Err(stop) => return Err(stop),
        }
    }
    if !faults.is_empty() {
        return Err(Stop::Faults(faults));
    }
    let action = |park: &Park| {
        let province = catalogue.provinces.after_code(&park.province).map(|province| province.code.clone());
        Action::ImportPark(ParkKey { id: park.id.clone(), province })
    };
    runtime()?.block_on(async {
        let Some(first) = parks.first() else { return Ok(()) };
        let (store, user) = open_for(global, "import", &action(first)).await?;
        for park in &parks {
            refuse_unless(global, &store, &user, "import", &action(park)).await?;
        }
        for park in parks {
            keep(global, &store, &user, park).await?;
        }
        Ok(())
    })
}

async fn keep(global: &Global, store: &Store, user: &auth::User, park: Park) -> Answer {
    let name = park.name.get(global.language).to_string();
    match store.save_park_view(&user.actor(now_us()), &user.scope(), park, "import").await {
        Ok(revision) => {
            let told = [("name", name.as_str()), ("revision", &revision.to_string())];
            println!("{}", text_with(global.language, "cli-imported", &told));
            Ok(())
        }
        Err(SaveParkError::Store(error)) => Err(Stop::Failed(error)),
        Err(SaveParkError::Locked(found)) => {
            Err(Stop::Faults(found.iter().map(|lock| locked(global.language, lock)).collect()))
        }
        Err(SaveParkError::Unshared(found)) => {
            Err(Stop::Faults(found.iter().map(|unshared| not_shared(global.language, unshared)).collect()))
        }
    }
}

/// Without a mail server somebody must know where the letters lie.
fn tell_outbox(global: &Global, people: &People) {
    if let Some(folder) = people.mail.folder() {
        let folder = folder.display().to_string();
        eprintln!("{}", text_with(global.language, "cli-mail-folder", &[("folder", &folder)]));
    }
}

pub fn start_logging() {
    // The scheduler misses counts that our executors do not send (`readings/cluster/engine`).
    let usual = "warn,ballista_scheduler::state::execution_stage=error";
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(usual));
    // A second start within one process, as in tests, keeps the first subscriber.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

pub fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// The registry, the sample parks and one user for each role.
pub async fn fill(store: &Store, catalogue: &Catalogue) -> anyhow::Result<()> {
    let actor = Actor::system(now_us());
    seed_register(store, &actor).await?;
    for folder in DEMO_PARKS {
        let park = example(folder, catalogue)?;
        if store.park_revision(&park.id).await?.is_none() {
            store.save_park(&actor, &park, "demo").await?;
        }
    }
    for user in demo_users() {
        store.save_user(&actor, &user).await?;
    }
    share(store, &actor).await
}

/// Who works for the sample park, and what its enterprises share with its operator and consultant. Two keep to
/// themselves what the law lets them, so that it shows what that means.
async fn share(store: &Store, actor: &Actor) -> anyhow::Result<()> {
    let (park, consultant) = (ParkId::new(DEMO_PARKS[0]), UserId::new("demo-consultant"));
    let scope = auth::whole();
    if !store.assignments(&scope, &park).await?.is_empty() {
        return Ok(());
    }
    let (starts_on, ends_on) = (date(2024, 1, 1), date(2030, 12, 31));
    let assignment =
        NewAssignment { user: consultant.clone(), park: park.clone(), enterprise: None, starts_on, ends_on };
    store.assign(actor, &assignment).await?;
    let kept = store.load_park(&scope, &park).await?.context("the sample park is in the store")?;
    for enterprise in kept.enterprises.iter().filter(|enterprise| !SHARES_NOTHING.contains(&enterprise.id.as_str())) {
        for receiver in [Receiver::Operator, Receiver::Consultant(consultant.clone())] {
            let (park, enterprise) = (park.clone(), enterprise.id.clone());
            let new = NewShare { park, enterprise, subjects: Subject::ALL.into(), receiver, ends_on };
            store.share(actor, &scope, &new).await?;
        }
    }
    Ok(())
}

/// What the enterprises of the neighbouring park share with its operator, and who lets itself be found from other
/// parks, as each would say on its own page.
async fn open_neighbour(store: &Store) -> anyhow::Result<()> {
    let (actor, scope, park) = (Actor::system(now_us()), auth::whole(), ParkId::new(NEIGHBOUR));
    let kept = store.load_park(&scope, &park).await?.context("the neighbouring park is in the store")?;
    for Enterprise { id: enterprise, .. } in kept.enterprises {
        let (park, subjects, receiver) = (park.clone(), Subject::ALL.into(), Receiver::Operator);
        let new = NewShare { park, enterprise, subjects, receiver, ends_on: date(2030, 12, 31) };
        store.share(&actor, &scope, &new).await?;
    }
    for (park, enterprise) in FINDABLE {
        store.open_beyond(&actor, &scope, &ParkId::new(park), &EnterpriseId::new(enterprise)).await?;
    }
    Ok(())
}

/// A park of the examples that are built into the binary.
pub fn example(folder: &str, catalogue: &Catalogue) -> anyhow::Result<Park> {
    let mut sheets = BTreeMap::new();
    let mut faults = Vec::new();
    let mut keep = |name: &str, sheet| match sheet {
        Ok(sheet) => {
            sheets.insert(name.to_string(), sheet);
        }
        Err(fault) => faults.push(fault),
    };
    if let Some(text) = embedded_text(&format!("{folder}/park.toml"))? {
        keep(PARK.name, particulars_from_toml("park.toml", &text));
    }
    for spec in SHEETS {
        for file in [format!("{}.csv", spec.name), format!("{}.csv.gz", spec.name)] {
            if let Some(text) = embedded_text(&format!("{folder}/{file}"))? {
                keep(spec.name, read_csv(&file, &text));
            }
        }
    }
    let (park, found) = engine::park::read::read_park(&sheets, catalogue);
    faults.extend(found);
    park.filter(|_| faults.is_empty()).ok_or_else(|| {
        anyhow!("example {folder}: {}", faults.iter().map(|fault| format!("{fault}; ")).collect::<String>())
    })
}

fn embedded_text(path: &str) -> anyhow::Result<Option<String>> {
    let Some(file) = Examples::get(path) else { return Ok(None) };
    let mut text = String::new();
    if path.ends_with(".gz") {
        GzDecoder::new(&file.data[..]).read_to_string(&mut text).with_context(|| format!("unpack {path}"))?;
    } else {
        text = String::from_utf8(file.data.into_owned()).with_context(|| format!("read {path}"))?;
    }
    Ok(Some(text))
}

/// Places by name and province, because parks of one name lie in several provinces.
type Places = BTreeMap<(String, String), Place>;

/// The real parks of `examples/viet-nam`, with the coordinates that stand in a file of their own. What the register
/// knows already stays as somebody's import made it.
async fn seed_register(store: &Store, actor: &Actor) -> anyhow::Result<()> {
    let parks = embedded_text("viet-nam/parks.csv")?.context("examples/viet-nam/parks.csv is built in")?;
    let places: Places = match embedded_text("viet-nam/coordinates_osm.csv")? {
        None => BTreeMap::new(),
        Some(text) => csv_rows::<PlaceRow>(&text)?
            .into_iter()
            .map(|row| ((row.name_vi, row.code_2025), Place { latitude: row.latitude, longitude: row.longitude }))
            .collect(),
    };
    let mut entries: Vec<Entry> = csv_rows::<ParkRow>(&parks)?.into_iter().map(|row| row.entry(&places)).collect();
    number_repeated_codes(&mut entries);
    store.seed_register(actor, entries).await?;
    Ok(())
}

fn csv_rows<T: serde::de::DeserializeOwned>(text: &str) -> anyhow::Result<Vec<T>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().context("read the registry")
}

#[derive(Deserialize)]
struct PlaceRow {
    name_vi: String,
    code_2025: String,
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
struct ParkRow {
    name_vi: String,
    name_en: String,
    code_2024: Option<String>,
    code_2025: Option<String>,
    area_ha: Option<f64>,
    year: Option<String>,
    operator: Option<String>,
    status: Option<String>,
    eip_programme: Option<String>,
    note: Option<String>,
    source: String,
    licence: String,
}

impl ParkRow {
    fn entry(self, places: &Places) -> Entry {
        let place = places.get(&(self.name_vi.clone(), self.code_2025.clone().unwrap_or_default()));
        let code = slug(&self.name_vi);
        let said = [
            (Field::NameVi, Some(self.name_vi)),
            (Field::NameEn, Some(self.name_en)),
            (Field::ProvinceBefore, self.code_2024),
            (Field::ProvinceAfter, self.code_2025),
            (Field::AreaHa, self.area_ha.map(|area| area.to_string())),
            (Field::Year, self.year),
            (Field::Developer, self.operator),
            (Field::Status, self.status),
            (Field::Programme, self.eip_programme),
            (Field::Note, self.note),
            (Field::Latitude, place.map(|place| place.latitude.to_string())),
            (Field::Longitude, place.map(|place| place.longitude.to_string())),
        ];
        let facts = said.into_iter().filter_map(|(field, fact)| Some((field, fact?))).collect();
        let state = State { facts, source: self.source, licence: self.licence, ..State::default() };
        Entry::new(RegisterKind::Park, code, state)
    }
}

/// Parks of one name get their province's code, or a number, behind it: a code names one park.
fn number_repeated_codes(parks: &mut [Entry]) {
    let mut seen = BTreeSet::new();
    for park in parks {
        let base = park.code.clone();
        let province = park.latest().text(Field::ProvinceAfter).unwrap_or_default();
        let mut candidates = std::iter::once(base.clone())
            .chain([format!("{base}-{province}")])
            .chain((2..).map(|number| format!("{base}-{number}")));
        if let Some(free) = candidates.find(|code| !seen.contains(code)) {
            seen.insert(free.clone());
            park.code = free;
        }
    }
}

/// One user for each role, and the operator of the neighbouring park, all of them made up.
fn demo_users() -> Vec<User> {
    let park = || Some(ParkId::new("khu-mau"));
    let user = |id: &str, name: &str, role: Role| User {
        id: UserId::new(id),
        name: name.to_string(),
        role: role.code().to_string(),
        park: None,
        enterprise: None,
        province: None,
        language: Language::Vi,
        password_hash: None,
        is_demo: true,
    };
    vec![
        User {
            park: park(),
            enterprise: Some(EnterpriseId::new("E01")),
            ..user("demo-enterprise", "Lê Thị Hoa", Role::EnterpriseEditor)
        },
        User { park: park(), ..user("demo-operator", "Nguyễn Văn An", Role::ParkOperator) },
        User {
            park: Some(ParkId::new(NEIGHBOUR)),
            ..user("demo-neighbour", "Võ Văn Giang (lân cận)", Role::ParkOperator)
        },
        user("demo-consultant", "Trần Thị Bình", Role::Consultant),
        User { province: Some("92".to_string()), ..user("demo-board", "Phạm Văn Cường", Role::ProvincialBoard) },
        user("demo-ministry", "Hoàng Thị Dung", Role::Ministry),
        user("demo-programme", "Anna Meier", Role::ProgrammeOfficer),
        user("demo-administrator", "Vũ Văn Em", Role::Administrator),
    ]
}
