//! State forms as pages, API and command fill them: what is known of a report, for whoever may see it.

pub mod document;

use std::collections::BTreeMap;

use engine::assess::{Assessment, assess};
use engine::catalogue::Catalogue;
use engine::catalogue::duties::Reporter;
use engine::catalogue::forms::Form;
use engine::claim::Claim;
use engine::ids::{EnterpriseId, FormId, FrameworkId};
use engine::observe::{Balance, observe};
use engine::park::Park;
use engine::period::Period;
use engine::report::forms::life::FormState;
use engine::report::forms::{FieldValue, FilledForm, FormOrder, fill};
use engine::verify::measures::verify_measures;
use store::{FormAt, FormEntries, FormMark};

use crate::auth::{self, Action, ParkKey, User};
use crate::error::AppError;
use crate::state::App;

/// The framework whose indicators forms A.5 and B5 ask for.
const INDICATORS: &str = "vn-circular-05-2025";

/// A report as its reader may see it.
pub struct Standing {
    pub at: FormAt,
    pub state: FormState,
    /// Every step, oldest first.
    pub marks: Vec<FormMark>,
    /// `None` for somebody else's draft.
    pub form: Option<FilledForm>,
    /// Of what was handed in, where that is shown.
    pub digest: Option<String>,
    /// What stands in it by people's word; empty for those who do not write it.
    pub entries: FormEntries,
    pub may: Rights,
}

/// What the reader may do about a report in its present state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    pub write: bool,
    pub submit: bool,
    pub receive: bool,
    /// See what stands behind a value.
    pub sources: bool,
}

/// The reporting year to the data of a year: savings are of the year before.
pub fn reporting_year(period: Period) -> i16 {
    period.start().year().saturating_add(1)
}

/// The form of this kind of reporter.
pub fn form_of<'a>(catalogue: &'a Catalogue, at: &FormAt) -> Option<&'a Form> {
    let reporter = if at.enterprise.is_some() { Reporter::Enterprise } else { Reporter::Park };
    catalogue.forms.get(&at.form).filter(|form| form.subject == reporter)
}

/// May they, load, fill: a draft is filled anew for those who write it; what was handed in is shown as it stood.
pub async fn standing(app: &App, user: &User, key: &ParkKey, at: FormAt) -> Result<Standing, AppError> {
    auth::may(user, &Action::SeeForm(key.clone(), at.enterprise.clone()))?;
    let form = form_of(app.catalogue, &at).ok_or(AppError::NotFound)?;
    let scope = user.scope_of_reports(key);
    let mut marks = app.store.form_marks(&scope, &at.park, at.year).await?;
    marks.retain(|mark| mark.at == at);
    let state = marks.iter().find(|mark| mark.is_current).map_or(FormState::Draft, |mark| mark.state.clone());
    let writes = auth::may(user, &Action::WriteForm(key.clone(), at.enterprise.clone())).is_ok();
    let may = Rights {
        write: writes && state.may_be_written(),
        submit: auth::may(user, &Action::SubmitForm(key.clone(), at.enterprise.clone())).is_ok()
            && state.may_be_written(),
        receive: auth::may(user, &Action::ReceiveForm(key.clone())).is_ok()
            && matches!(state, FormState::Submitted { .. }),
        sources: writes,
    };
    let entries = app.store.form_entries(&scope, &at).await?;
    let (form, digest) = if may.write {
        (Some(filled(app, user, &at, form, &entries).await?), None)
    } else {
        match app.store.handed_in(&scope, &at).await? {
            Some(handed) if writes => (Some(handed.form), Some(handed.digest)),
            Some(handed) => (Some(handed.form.without_sources()), Some(handed.digest)),
            None => (None, None),
        }
    };
    Ok(Standing { at, state, marks, form, digest, entries, may })
}

async fn filled(
    app: &App,
    user: &User,
    at: &FormAt,
    form: &Form,
    entries: &FormEntries,
) -> Result<FilledForm, AppError> {
    let period = Period::year(at.year - 1).ok_or(AppError::NotFound)?;
    // No form asks for anything that rests on the network.
    let (view, _) = app.park_view_begun(user, &at.park, &FrameworkId::new(INDICATORS), period).await?;
    let mut handed_in = Vec::new();
    if at.enterprise.is_none() {
        let scope = user.scope();
        for form in app.catalogue.forms.values().filter(|form| form.subject == Reporter::Enterprise) {
            handed_in.extend(app.store.handed_in_by_enterprises(&scope, &at.park, &form.id, at.year).await?);
        }
    }
    let report = &view.computed.report;
    let claims: Vec<Claim> = report.verifications.iter().map(|one| one.claim.clone()).collect();
    let known = Known {
        park: &view.computed.park,
        balance: &report.balance,
        claims: &claims,
        assessment: report.assessments.first(),
        entries,
        handed_in: &handed_in,
    };
    Ok(known.fill(app.catalogue, form, at.enterprise.as_ref(), at.year))
}

/// What a form is filled from.
struct Known<'a> {
    park: &'a Park,
    balance: &'a Balance,
    claims: &'a [Claim],
    assessment: Option<&'a Assessment>,
    entries: &'a FormEntries,
    handed_in: &'a [FilledForm],
}

impl Known<'_> {
    fn fill(&self, catalogue: &Catalogue, form: &Form, enterprise: Option<&EnterpriseId>, year: i16) -> FilledForm {
        // Investors and projects stand in the register of the state's system, which is not ours.
        let register: BTreeMap<String, FieldValue> = BTreeMap::new();
        fill(&FormOrder {
            form,
            year,
            enterprise,
            park: self.park,
            balance: self.balance,
            claims: self.claims,
            assessment: self.assessment,
            register: &register,
            typed: &self.entries.typed,
            overrides: &self.entries.overrides,
            enterprise_forms: self.handed_in,
            catalogue,
        })
    }
}

/// A form of a park that is in no store, from its data alone. `None` where there is no such year.
pub fn of_folder(
    catalogue: &Catalogue,
    park: &Park,
    form: &Form,
    enterprise: Option<&EnterpriseId>,
    year: i16,
) -> Option<FilledForm> {
    let balance = observe(park, catalogue, Period::year(year - 1)?);
    let claims: Vec<Claim> = verify_measures(park, &balance, catalogue).into_iter().map(|one| one.claim).collect();
    let framework = catalogue.frameworks.get(&FrameworkId::new(INDICATORS));
    let assessment = framework.map(|framework| assess(park, &balance, framework, catalogue));
    let (entries, handed_in) = (FormEntries::default(), Vec::new());
    let known = Known {
        park,
        balance: &balance,
        claims: &claims,
        assessment: assessment.as_ref(),
        entries: &entries,
        handed_in: &handed_in,
    };
    Some(known.fill(catalogue, form, enterprise, year))
}

/// A form by the name that people call it: `A.4`, `a4`, `B5`, `vn-b4`.
pub fn by_name<'a>(catalogue: &'a Catalogue, name: &str) -> Option<&'a Form> {
    let plain = |text: &str| text.to_lowercase().replace(['.', ' '], "").replace("vn-", "").replace("mẫu", "");
    let wanted = plain(name);
    catalogue.forms.values().find(|form| plain(form.id.as_str()) == wanted)
}

/// Forms that a kind of reporter hands in, in the order of their names.
pub fn forms_of(catalogue: &Catalogue, reporter: Reporter) -> Vec<FormId> {
    catalogue.forms.values().filter(|form| form.subject == reporter).map(|form| form.id.clone()).collect()
}
