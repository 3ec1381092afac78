//! What every request shares: the store, the catalogue, and the reports computed so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, FrameworkId, ParkId};
use engine::matching::network_of;
use engine::matching::objective::{Chosen, Wanted};
use engine::park::Park;
use engine::period::Period;
use engine::register::Register;
use engine::report::{Order, ParkReport};
use engine::source::Digest;
use engine::verify::inputs::{self, Signature};
use jiff::civil::{Date, date};
use readings::{Place, Readings};
use store::{Scope, SignedVerification, Stamp, Store, Subject};

use crate::auth::{self, Action, ParkKey, Sight, User};
use crate::digest::Digests;
use crate::editions;
use crate::error::AppError;
use crate::jobs::Jobs;
use crate::mail::{Mailer, Outlet};
use crate::metering::Metering;
use crate::people::People;
use crate::policy::Laboratory;
use crate::publish::{ParkClaims, Periods, Told};
use crate::solving::report_begun;
use crate::web::limits::Limits;
use crate::web::{Awaited, DrawnNetwork, Screening};

#[derive(Clone)]
pub struct App {
    pub store: Store,
    /// Timestamped values of meters.
    pub readings: Readings,
    pub catalogue: &'static Catalogue,
    /// Sign-in without password, sample data: only under `congsinh demo`.
    pub is_demo: bool,
    /// Stands for today when set.
    pub as_of: Option<Date>,
    /// A proxy stands before us: it speaks https and says in `X-Forwarded-For` who asks.
    pub is_behind_proxy: bool,
    pub limits: Limits,
    /// What signing in needs beside the store.
    pub people: Arc<People>,
    /// The latest year that a park has records of; what pages show first.
    pub default_period: Period,
    pub digests: Digests,
    pub laboratory: Laboratory,
    pub metering: Metering,
    pub whole: editions::Whole,
    /// Networks whose quantities and prices are drawn at random.
    pub draws: Jobs<DrawnNetwork>,
    /// All meters of a park by one model.
    pub screenings: Jobs<Screening>,
    /// Networks that take mixed-integer problems, their curves, failures and splits.
    pub awaited: Awaited,
    reports: Arc<Mutex<BTreeMap<ReportKey, Begun>>>,
    register: Arc<Mutex<Arc<Register>>>,
    pub search: crate::search::Kept,
    /// Streams that may be found from other parks.
    pub beyond: crate::beyond::Kept,
}

/// A park as it was when its report was computed, with that report and the editions it was computed under.
pub struct Computed {
    pub park: Park,
    pub report: ParkReport,
    /// The catalogue with the editions that the store published then.
    pub catalogue: Arc<Catalogue>,
    /// True while the network is still to be chosen: nothing that rests on it may be told.
    pub lacks_network: bool,
    periods: Periods,
    told: OnceLock<Told>,
    claims: OnceLock<ParkClaims>,
}

impl Computed {
    /// Which of its sums may be told to those who do not see their parts.
    pub fn told(&self) -> &Told {
        self.told.get_or_init(|| Told::of(&self.park, &self.report, self.periods, &self.catalogue))
    }

    /// Its claims as they are added up.
    pub fn claims(&self) -> &ParkClaims {
        self.claims.get_or_init(|| ParkClaims::of(&self.park, &self.report, &self.catalogue))
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ReportKey {
    park: ParkId,
    stamp: Stamp,
    /// Of the catalogue and the editions beside it.
    catalogue: Digest,
    framework: FrameworkId,
    period: Period,
    as_of: Date,
    /// What enterprises opened to the reader beyond the law; `None` for the whole park.
    opened: Option<BTreeSet<(EnterpriseId, Subject)>>,
}

/// A report, and the network that it lacks where that is still to be chosen.
type Begun = (Arc<Computed>, Option<Wanted>);

/// What a view lacks whose network is still to be chosen.
pub struct Left {
    pub wanted: Wanted,
    key: ReportKey,
}

/// Reports that are kept; the oldest key goes first.
const REPORTS_KEPT: usize = 64;

/// What a page about a park works with: who may see what has been asked already.
pub struct ParkView {
    pub key: ParkKey,
    pub sight: Sight,
    pub computed: Arc<Computed>,
    /// Enterprises that the reader sees without a subject, because they have not shared it.
    pub unshared: Vec<(Subject, BTreeSet<EnterpriseId>)>,
}

impl App {
    pub async fn new(
        store: Store,
        catalogue: &'static Catalogue,
        is_demo: bool,
        as_of: Option<Date>,
    ) -> anyhow::Result<App> {
        let default_period = latest_year(&store, as_of.unwrap_or_else(crate::cli::today)).await?;
        let place = Place::Folder(folder_of_one_run("readings"));
        let readings = Readings::open(store.clone(), &place)?;
        Ok(App {
            store,
            readings,
            catalogue,
            is_demo,
            as_of,
            is_behind_proxy: false,
            limits: Limits::default(),
            people: Arc::new(People::new(Mailer::new(Outlet::Folder(folder_of_one_run("outbox")), None)?)),
            default_period,
            digests: Digests::default(),
            laboratory: Laboratory::default(),
            metering: Metering::default(),
            whole: editions::Whole::default(),
            draws: Jobs::default(),
            screenings: Jobs::default(),
            awaited: Awaited::default(),
            reports: Arc::default(),
            register: Arc::default(),
            search: crate::search::Kept::default(),
            beyond: crate::beyond::Kept::default(),
        })
    }

    /// Whether people come by https, so that cookies may ask for it.
    pub fn is_https(&self) -> bool {
        self.is_behind_proxy || self.people.is_https()
    }

    pub fn today(&self) -> Date {
        self.as_of.unwrap_or_else(crate::cli::today)
    }

    /// Now in microseconds, for rows and sessions.
    pub fn now_us(&self) -> i64 {
        jiff::Timestamp::now().as_microsecond()
    }

    /// A park that has data, as [`auth::may`] knows it.
    pub async fn park_key(&self, id: &ParkId) -> Result<ParkKey, AppError> {
        let province = self.store.park_province(id).await?.ok_or(AppError::NotFound)?;
        Ok(self.key_of(id.clone(), &province))
    }

    pub fn key_of(&self, id: ParkId, province: &str) -> ParkKey {
        ParkKey { id, province: self.catalogue.provinces.after_code(province).map(|province| province.code.clone()) }
    }

    /// The register as it is now; read anew only when it has changed.
    pub async fn register(&self) -> Result<Arc<Register>, AppError> {
        let revision = self.store.register_revision().await?;
        if let Ok(kept) = self.register.lock()
            && kept.revision == revision
        {
            return Ok(kept.clone());
        }
        let register = Arc::new(self.store.register().await?);
        if let Ok(mut kept) = self.register.lock() {
            *kept = register.clone();
        }
        Ok(register)
    }

    /// May they, load, compute: the report of a park for somebody who may see at least its totals, as far as it comes at
    /// once, and what it lacks then. Computed once for each revision, batch of readings,
    /// framework, period and day, and for each part of the park that may be in scope.
    pub async fn park_view_begun(
        &self,
        user: &User,
        id: &ParkId,
        framework: &FrameworkId,
        period: Period,
    ) -> Result<(ParkView, Option<Left>), AppError> {
        let key = self.park_key(id).await?;
        auth::may(user, &Action::SeePark(key.clone()))?;
        let (sight, scope) = (auth::sight(user, &key), user.scope());
        // Totals for those who see no enterprise, and what concerns one enterprise, are of the whole park. Those who
        // see every enterprise work on what the law and the enterprises open to them.
        let whole = auth::whole();
        let of = if sight == Sight::Whole { &scope } else { &whole };
        let catalogue = self.whole_catalogue().await?;
        let report_key = self.report_key(of, &catalogue, id, framework, period).await?;
        let (computed, wanted) = match self.kept(&report_key) {
            Some(found) => found,
            None => {
                let begun = self.begin(of, &report_key, catalogue).await?;
                self.keep(report_key.clone(), begun.clone());
                begun
            }
        };
        let unshared = match sight {
            Sight::Whole => unshared(&scope, &computed.park),
            _ => Vec::new(),
        };
        let left = wanted.map(|wanted| Left { wanted, key: report_key });
        Ok((ParkView { sight, key, computed, unshared }, left))
    }

    /// The view with its network, which is chosen now unless somebody has.
    pub async fn with_network(&self, view: ParkView, left: Left, chosen: Option<Chosen>) -> Result<ParkView, AppError> {
        let computed = self.finish(&left.key, view.computed, left.wanted, chosen).await?;
        self.keep(left.key, (computed.clone(), None));
        Ok(ParkView { computed, ..view })
    }

    /// The report of the whole park for a reader who takes something of it and goes on to the next: what is not kept
    /// already is not kept afterwards.
    pub async fn passing(
        &self,
        id: &ParkId,
        framework: &FrameworkId,
        period: Period,
    ) -> Result<Arc<Computed>, AppError> {
        let catalogue = self.whole_catalogue().await?;
        let key = self.report_key(&auth::whole(), &catalogue, id, framework, period).await?;
        let begun = match self.kept(&key) {
            Some(found) => found,
            None => self.begin(&auth::whole(), &key, catalogue).await?,
        };
        match begun {
            (begun, Some(wanted)) => self.finish(&key, begun, wanted, None).await,
            (computed, None) => Ok(computed),
        }
    }

    async fn report_key(
        &self,
        scope: &Scope,
        catalogue: &Catalogue,
        id: &ParkId,
        framework: &FrameworkId,
        period: Period,
    ) -> Result<ReportKey, AppError> {
        let stamp = self.store.park_stamp(id).await?.ok_or(AppError::NotFound)?;
        let (park, framework, opened) = (id.clone(), framework.clone(), scope.subjects_in(id));
        let catalogue = catalogue.digest();
        Ok(ReportKey { park, stamp, catalogue, framework, period, as_of: self.today(), opened })
    }

    /// Everything that needs no mixed-integer problem, and the network that is still wanted.
    async fn begin(&self, scope: &Scope, key: &ReportKey, catalogue: Arc<Catalogue>) -> Result<Begun, AppError> {
        let mut park = self.store.load_park_view(scope, &key.park).await?.ok_or(AppError::NotFound)?;
        park.metered = self.metered(scope, &park, key.stamp).await?;
        let signatures = self.signatures(scope, key).await?;
        let framework = catalogue.frameworks.get(&key.framework).cloned().ok_or(AppError::NotFound)?;
        let (period, as_of) = (key.period, key.as_of);
        // The whole park is computed for those who see totals; a reduced one for those who see its parts.
        let periods = if key.opened.is_none() { Periods::Years } else { Periods::Any };
        let computed = tokio::task::spawn_blocking(move || {
            inputs::apply(&mut park, &catalogue, period, &signatures);
            let (report, wanted) = report_begun(&park, &catalogue, &Order { period, as_of, framework: &framework });
            let lacks_network = wanted.is_some();
            let (told, claims) = (OnceLock::new(), OnceLock::new());
            (Arc::new(Computed { park, report, catalogue, lacks_network, periods, told, claims }), wanted)
        })
        .await
        .context("compute the report")?;
        Ok(computed)
    }

    /// A report with the network that it lacked, which is chosen now unless somebody has.
    async fn finish(
        &self,
        key: &ReportKey,
        begun: Arc<Computed>,
        wanted: Wanted,
        chosen: Option<Chosen>,
    ) -> Result<Arc<Computed>, AppError> {
        let framework = begun.catalogue.frameworks.get(&key.framework).cloned().ok_or(AppError::NotFound)?;
        let computed = tokio::task::spawn_blocking(move || {
            let chosen = chosen.unwrap_or_else(|| wanted.choose());
            let network = network_of(&wanted.ground, &chosen);
            let report = begun.report.clone().with_network(&begun.park, &begun.catalogue, &framework, network);
            let (park, catalogue, periods) = (begun.park.clone(), begun.catalogue.clone(), begun.periods);
            let (told, claims) = (OnceLock::new(), OnceLock::new());
            Arc::new(Computed { park, report, catalogue, lacks_network: false, periods, told, claims })
        });
        Ok(computed.await.context("choose the network of the report")?)
    }

    /// Signatures of the period that were given last for their measures.
    async fn signatures(&self, scope: &Scope, key: &ReportKey) -> Result<Vec<Signature>, AppError> {
        if key.stamp.signed == 0 {
            return Ok(Vec::new());
        }
        let mut kept = self.store.signed_verifications(scope, &key.park).await?;
        kept.retain(|one| one.period == key.period && one.superseded_at_us.is_none());
        let signature = |one: SignedVerification| Signature {
            measure: one.measure,
            inputs: one.inputs,
            signer: one.signer,
            evidence: one.evidence,
        };
        Ok(kept.into_iter().map(signature).collect())
    }

    fn kept(&self, key: &ReportKey) -> Option<Begun> {
        self.reports.lock().ok()?.get(key).cloned()
    }

    fn keep(&self, key: ReportKey, begun: Begun) {
        if let Ok(mut reports) = self.reports.lock() {
            // An older state of a park is never asked for again, nor one under editions that have changed.
            let is_of_now = |other: &ReportKey| other.park != key.park || other.stamp == key.stamp;
            reports.retain(|other, _| is_of_now(other) && other.catalogue == key.catalogue);
            while reports.len() >= REPORTS_KEPT {
                reports.pop_first();
            }
            reports.insert(key, begun);
        }
    }
}

fn unshared(scope: &Scope, park: &Park) -> Vec<(Subject, BTreeSet<EnterpriseId>)> {
    let without = |subject| {
        let ids = park.enterprises.iter().map(|enterprise| enterprise.id.clone());
        (subject, ids.filter(|id| !scope.covers_subject(&park.id, id, subject)).collect::<BTreeSet<_>>())
    };
    Subject::ALL.into_iter().map(without).filter(|(_, enterprises)| !enterprises.is_empty()).collect()
}

/// Letters and readings of a demo or a test lie in folders of their own, made when the first is written.
fn folder_of_one_run(what: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("congsinh-{what}-{:016x}", rand::random::<u64>()))
}

/// The latest full year that any stored park has records of; without records the year before today.
async fn latest_year(store: &Store, today: Date) -> anyhow::Result<Period> {
    let latest = store.latest_record_before(&auth::whole(), date(today.year(), 1, 1)).await?.map(|start| start.year());
    Period::year(latest.unwrap_or(today.year() - 1)).context("a year between 1 and 9998")
}
