//! Dossiers of the demo, so that its pages show a procedure under way. Made up, and counted back from today.

use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, ParkId};
use engine::report::procedure::{Course, Event, View, What};
use jiff::ToSpan;
use jiff::civil::Date;
use store::{Actor, NewDossier, NewEntry, Store};

use crate::auth::{self, Role};

/// One dossier of the park whose ministries are late, one of an enterprise that is being prepared, one that waits for the board.
pub async fn seed(store: &Store, catalogue: &Catalogue, today: Date, now_us: i64) -> anyhow::Result<()> {
    let park = ParkId::new("khu-mau");
    if !store.dossiers(&auth::whole(), Some(&park)).await?.is_empty() {
        return Ok(());
    }
    let desk = Desk { store, catalogue, park, today, now_us };
    let operator = ("demo-operator", Role::ParkOperator);
    let board = ("demo-board", Role::ProvincialBoard);
    let officer = ("demo-enterprise", Role::EnterpriseEditor);

    let id = desk.start(operator, None, "park-certificate", None).await?;
    desk.add(&id, operator, 24, step("submit", &["registration", "operation-report", "self-assessment"]), "15/KM")
        .await?;
    desk.add(&id, board, 22, step("forward", &[]), "102/BQL").await?;
    desk.add(&id, board, 14, opinion("environment", View::Agrees), "881/BNNMT").await?;
    desk.add(&id, board, 10, opinion("industry", View::Conditional), "1203/BCT").await?;
    desk.start(officer, Some("E01"), "enterprise-certificate", None).await?;
    let year = today.year() - 1;
    let id = desk.start(operator, None, "yearly-follow-up", Some(year)).await?;
    desk.add(&id, operator, 5, step("submit", &["form-a4", "form-a5", "form-b5"]), "21/KM").await
}

fn step(step: &str, parts: &[&str]) -> What {
    let parts = parts.iter().map(|part| part.to_string()).collect();
    What::Done { step: step.to_string(), parts, outcome: None }
}

fn opinion(by: &str, view: View) -> What {
    What::Opinion { by: by.to_string(), view }
}

struct Desk<'a> {
    store: &'a Store,
    catalogue: &'a Catalogue,
    park: ParkId,
    today: Date,
    now_us: i64,
}

type Person = (&'static str, Role);

impl Desk<'_> {
    fn actor(&self, (id, role): Person) -> Actor {
        Actor::new(id, role.code(), self.now_us)
    }

    async fn start(
        &self,
        by: Person,
        enterprise: Option<&str>,
        procedure: &str,
        year: Option<i16>,
    ) -> anyhow::Result<String> {
        let new = NewDossier {
            park: self.park.clone(),
            enterprise: enterprise.map(EnterpriseId::new),
            procedure: procedure.to_string(),
            year,
        };
        Ok(self.store.start_dossier(&self.actor(by), &auth::whole(), &new).await?)
    }

    async fn add(&self, dossier: &str, by: Person, days_ago: i64, what: What, number: &str) -> anyhow::Result<()> {
        let scope = auth::whole();
        let Some(found) = self.store.dossier(&scope, &self.park, dossier).await? else { return Ok(()) };
        let procedure = self.catalogue.procedures.iter().find(|procedure| procedure.id == found.procedure);
        let Some(procedure) = procedure else { return Ok(()) };
        let sets = procedure.sets.filter(|_| found.entries.is_empty());
        let event = Event { on: self.today.checked_sub(days_ago.days())?, what };
        let new = NewEntry { event, sets, number: number.to_string(), note: String::new() };
        let course = Course { procedure, calendar: &self.catalogue.calendar, today: self.today };
        self.store.add_dossier_entry(&self.actor(by), &scope, &self.park, dossier, &course, &new).await?;
        Ok(())
    }
}
