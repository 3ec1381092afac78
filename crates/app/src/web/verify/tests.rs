//! Signing for a saving, what makes a signature stale, the certificate, and who may do which.

use axum::http::{StatusCode, header};
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;
use engine::verify::inputs;
use store::{Actor, Declared, RecordAt};

use crate::web::observe::tests::{Site, csrf};
use crate::{auth, catalogue, demo};

/// Measured by the bills of E24, and signed for by nobody.
const MEASURE: &str = "/parks/khu-mau/verify/A06";

async fn page(site: &Site, cookie: &str, language: &str) -> String {
    let answer = site.get(cookie, &format!("{MEASURE}?period=2024&lang={language}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text
}

fn digest(page: &str) -> String {
    let text = page.split("SHA-256): ").nth(1).unwrap();
    text.chars().take_while(char::is_ascii_hexdigit).collect()
}

/// What the command makes of the park's folder.
fn digest_of_files(measure: &str) -> String {
    let catalogue = catalogue::catalogue().unwrap();
    let park = demo::example("khu-mau", catalogue).unwrap();
    let measure = park.measures.iter().find(|one| one.id.as_str() == measure).unwrap();
    let pieces = inputs::pieces(&park, catalogue, Period::year(2024).unwrap(), measure);
    inputs::digest(&pieces).as_str().to_string()
}

async fn sign(site: &Site, cookie: &str, csrf: &str, evidence: &str) -> (StatusCode, String) {
    let form = format!("csrf={csrf}&signer=Nguy%E1%BB%85n+An&evidence={evidence}");
    let answer = site.post_cells(cookie, &format!("{MEASURE}/sign?period=2024"), &form).await;
    (answer.status, answer.text)
}

/// Another figure in the bill of a month.
async fn correct(site: &Site, resource: &str, month: &str) {
    let park = site.park().await;
    let at = RecordAt {
        park: ParkId::new("khu-mau"),
        enterprise: EnterpriseId::new("E24"),
        resource: ResourceId::new(resource),
        period: Period::parse(month).unwrap(),
    };
    let is_meant = |record: &&engine::park::Record| {
        record.enterprise == at.enterprise && record.resource == at.resource && record.period == at.period
    };
    let amount = &park.records.iter().find(is_meant).unwrap().amount;
    let declared = Declared {
        amount: Amount { value: amount.value * 1.001, unit: amount.unit.clone() },
        basis: Basis::Invoiced,
        source: "Bản sửa".to_string(),
        cost_vnd: None,
    };
    let actor = Actor::new("demo-operator", "park-operator", site.app.now_us());
    site.app.store.correct_record(&actor, &auth::whole(), &at, &declared).await.unwrap();
}

async fn check(site: &Site, digest: &str) -> String {
    let path = format!("/verify/check?park=khu-mau&measure=A06&period=2024&digest={digest}&lang=en");
    let answer = site.get("", &path).await;
    assert_eq!(answer.status, StatusCode::OK);
    let words = ["equal", "changed", "unknown"];
    let told = |word: &&&str| answer.text.contains(&format!("\">{word}</span>"));
    words.iter().find(told).map(|word| word.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn a_signature_makes_the_claim_verified_until_one_input_changes() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let before = page(&site, &operator, "en").await;
    assert!(before.contains("aria-label=\"Status: measured\"") && before.contains("Nobody has signed"), "{before}");
    let (status, text) = sign(&site, &operator, csrf(&before), "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("300"), "what is missing is told");
    let (status, _) = sign(&site, &operator, csrf(&before), "BB+06").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let signed = page(&site, &operator, "en").await;
    assert!(signed.contains("aria-label=\"Status: verified\"") && signed.contains("The inputs are still those"));
    let certified = digest(&signed);
    assert_eq!(certified, digest(&before), "a signature is no input");
    assert_eq!(signed.matches(&certified).count(), 2, "the facts of the page name no other digest");
    assert_eq!(certified, digest_of_files("A06"), "whoever has the park's files can check it");
    assert_eq!(check(&site, &certified).await, "equal");

    // Water is no input of a saving of electricity.
    correct(&site, "supply-water", "2024-05").await;
    assert!(page(&site, &operator, "en").await.contains("aria-label=\"Status: verified\""));
    correct(&site, "electricity", "2024-05").await;
    let stale = page(&site, &operator, "en").await;
    assert!(
        stale.contains("aria-label=\"Status: measured\"") && stale.contains("1 input has changed since"),
        "{stale}"
    );
    assert!(stale.contains("Bills (Purchased electricity), 05/2024: changed"), "{stale}");
    assert_eq!(check(&site, &certified).await, "changed");
    assert_eq!(check(&site, &"0".repeat(64)).await, "unknown");

    // Signed for again, the earlier one stays.
    let (status, _) = sign(&site, &operator, csrf(&stale), "BB+07").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let again = page(&site, &operator, "vi").await;
    assert!(again.contains("BB 06") && again.contains("BB 07") && again.contains("bản ký mới nhất"));
    assert_eq!(site.app.store.check_audit(&[]).await.unwrap().findings, []);
}

#[tokio::test]
async fn who_may_not_sign_sees_no_form_and_is_refused() {
    let site = Site::new().await;
    let enterprise = site.enter("demo-enterprise").await;
    let own = site.get(&enterprise, "/parks/khu-mau/verify?period=2024").await.text;
    assert_eq!(sign(&site, &enterprise, csrf(&own), "BB").await.0, StatusCode::FORBIDDEN);
    for ending in ["pdf", "docx"] {
        let path = format!("{MEASURE}/certificate.{ending}?period=2024");
        assert_eq!(site.get(&enterprise, &path).await.status, StatusCode::FORBIDDEN, "another enterprise's measure");
    }
}

#[tokio::test]
async fn the_certificate_comes_as_pdf_and_word_and_says_what_it_is() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    for (ending, kind) in [("pdf", "application/pdf"), ("docx", "wordprocessingml")] {
        let file = site.raw(&operator, &format!("{MEASURE}/certificate.{ending}?period=2024")).await;
        let found = file.headers()[header::CONTENT_TYPE].to_str().unwrap().to_string();
        assert!(file.status() == StatusCode::OK && found.contains(kind), "{ending}: {found}");
    }
    // A measure that is not built has a page without a model, and nothing to sign for.
    let planned = site.get(&operator, "/parks/khu-mau/verify/A14?period=2024&lang=en").await.text;
    assert!(planned.contains("id=\"signed\"") && !planned.contains("A14/sign"), "{planned}");
}

#[tokio::test]
async fn residuals_and_their_sum_are_told_as_charts_and_tables() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    for (language, words) in
        [("vi", ["Tổng dồn (CUSUM)", "sau lắp đặt"]), ("en", ["Cumulative sum (CUSUM)", "after the installation"])]
    {
        let page = page(&site, &operator, language).await;
        for part in ["id=\"residuals\"", "id=\"sums\"", words[0], words[1]] {
            assert!(page.contains(part), "{language}: {part}");
        }
        // In the baseline of a model with an intercept the residuals add up to nothing.
        let table = page.split("id=\"sums\"").nth(1).unwrap().split("</table>").next().unwrap().to_string();
        let rows: Vec<&str> = table.split("<tr>").skip(2).collect();
        let side = if language == "vi" { "cơ sở" } else { "baseline" };
        let last = rows.iter().rfind(|row| row.contains(&format!("<td>{side}</td>"))).unwrap();
        let value = last.split("data-value=\"").last().unwrap().split('"').next().unwrap();
        assert!(value.parse::<f64>().unwrap().abs() < 1e-6, "{last}");
    }
}

#[tokio::test]
async fn sums_by_status_have_an_interval_where_everything_was_measured() {
    let site = Site::new().await;
    let operator = site.get(&site.enter("demo-operator").await, "/parks/khu-mau/verify?period=2024&lang=en").await.text;
    let totals = operator.split("id=\"totals\"").nth(1).unwrap();
    let row = |step: usize| {
        let row = totals.split("<tr>").find(|row| row.contains(&format!("data-step=\"{step}\"")));
        row.unwrap_or_default().to_string()
    };
    assert!(row(5).contains(" ± ") && row(4).contains(" ± "), "{totals}");
    assert!(!row(3).contains(" ± ") && !row(2).contains(" ± "), "what was not measured has no interval");
}

const PLANNED: &str = "/parks/khu-mau/verify/A15";

#[tokio::test]
async fn a_plan_is_written_before_the_measure_is_built_and_kept() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let path = format!("{PLANNED}?period=2024&lang=en");
    let before = site.get(&operator, &path).await.text;
    assert!(
        before.contains("How wide the interval will be") && before.contains("months after the installation are needed"),
        "{before}"
    );
    let order = |rest: &str| format!("csrf={}&meter=&{rest}", csrf(&before));
    let faulty = order("expected=viel&months=90");
    let refused = site.post_cells(&operator, &format!("{PLANNED}/plan?period=2024&lang=en"), &faulty).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = refused.text.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap().to_string();
    assert_eq!(faults.matches("<li>").count(), 3, "all at once: {faults}");
    let asked = refused.text.split("name=\"predictor.").nth(1).unwrap().split('>').next().unwrap();
    assert!(!asked.contains("checked"), "what was typed stands there again: {asked}");

    let good = order("expected=1200&months=6&predictor.product-count=1&note=PPA");
    let kept = site.post_cells(&operator, &format!("{PLANNED}/plan?period=2024"), &good).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    let after = site.get(&operator, &path).await.text;
    assert!(after.contains("expected saving 1,200 MWh a year") && after.contains("after 6 months. PPA"), "{after}");
    assert!(after.contains("(regression-monthly/2)"), "{after}");
    assert!(after.contains("Verified by its measurement plan"), "the plan steers: {after}");

    // A measure that is built has no form, and takes no plan any more.
    let built = site.get(&operator, &format!("{MEASURE}?period=2024")).await.text;
    assert!(!built.contains("A06/plan") && !built.contains("id=\"plan\""));
    let late = format!("csrf={}&meter=&expected=1&months=6&predictor.product-count=1", csrf(&before));
    assert_eq!(
        site.post_cells(&operator, &format!("{MEASURE}/plan?period=2024"), &late).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_daily_plan_of_the_sheets_steers_the_page_and_its_digest_is_that_of_the_files() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let path = "/parks/khu-mau/verify/A09?period=2024&lang=en";
    let page = site.get(&operator, path).await.text;
    for part in [
        "Verified by its measurement plan",
        "regression-day/2",
        "output of the day",
        "days after the installation used less than the model",
        "rows are left out",
        "id=\"planned-model\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(digest(&page), digest_of_files("A09"));
    let vietnamese = site.get(&operator, "/parks/khu-mau/verify/A09?period=2024&lang=vi").await.text;
    assert!(
        vietnamese.contains("Kiểm chứng theo kế hoạch đo lường") && !vietnamese.contains("[planned"),
        "{vietnamese}"
    );
    // Another measure says that it has none.
    let without = site.get(&operator, &format!("{MEASURE}?period=2024&lang=en")).await.text;
    assert!(without.contains("The measure has no measurement plan"), "{without}");
    for ending in ["pdf", "docx"] {
        let file = site.raw(&operator, &format!("/parks/khu-mau/verify/A09/certificate.{ending}?period=2024")).await;
        assert_eq!(file.status(), StatusCode::OK, "{ending}");
    }
}

#[tokio::test]
async fn a_plan_that_contradicts_itself_is_refused_with_everything_at_once() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let path = format!("{PLANNED}?period=2024&lang=en");
    let before = site.get(&operator, &path).await.text;
    assert!(before.contains("Ways to show the saving"), "{before}");
    let form = format!(
        "csrf={}&meter=&model=towt&step=day&expected=1200&months=6&begins=bald&target=99&holidays=x",
        csrf(&before)
    );
    let refused = site.post_cells(&operator, &format!("{PLANNED}/plan?period=2024&lang=en"), &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = refused.text.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap().to_string();
    // Certainty, begin, holidays; a model by the hour, and of a meter.
    assert_eq!(faults.matches("<li>").count(), 5, "{faults}");
}

/// A form of a non-routine adjustment with some fields changed.
fn adjustment(csrf: &str, changes: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("csrf", csrf),
        ("name", "Line 3"),
        ("kind", "amount"),
        ("from", "2024-06-01"),
        ("to", "2024-06-30"),
        ("use_added", "12.5"),
        ("uncertainty_90", "2"),
        ("unit", "MWh"),
        ("reason", "A packing line was added"),
        ("evidence", "Minutes 17"),
        ("stated_by", "Engineering"),
    ];
    for (name, value) in changes {
        fields.retain(|(field, _)| field != name);
        fields.push((name, value));
    }
    fields.iter().map(|(name, value)| format!("{name}={}", crate::page::escape(value))).collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn an_adjustment_is_recorded_on_the_page_as_the_sheet_would() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let before = page(&site, &operator, "en").await;
    let csrf = csrf(&before).to_string();
    let at = format!("{MEASURE}/adjustments?period=2024&lang=en");

    // Everything that is wrong at once, and what was typed is kept.
    let wrong = [
        ("name", ""),
        ("to", "2024-05-01"),
        ("uncertainty_90", ""),
        ("unit", "m3"),
        ("reason", "  "),
        ("use_added", "much"),
    ];
    let refused = site.post_cells(&operator, &at, &adjustment(&csrf, &wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = refused.text.split("class=\"faults\"").nth(1).unwrap().split("</ul>").next().unwrap();
    for place in ["Short name", "Last day", "Half its 90 % interval", "Unit", "Reason", "much"] {
        assert!(faults.contains(place), "{place}: {faults}");
    }
    assert!(refused.text.contains("value=\"Minutes 17\"") && refused.text.contains("value=\"much\""), "what was typed");
    assert_eq!(digest(&page(&site, &operator, "en").await), digest(&before), "nothing was written");

    // Signed, then adjusted: the signature no longer stands on the same data.
    assert_eq!(sign(&site, &operator, &csrf, "Minutes").await.0, StatusCode::SEE_OTHER);
    let saved = site.post_cells(&operator, &at, &adjustment(&csrf, &[])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert!(saved.location.ends_with("#adjustments"), "{}", saved.location);
    let after = page(&site, &operator, "en").await;
    assert!(after.contains("A packing line was added") && after.contains("Before the adjustments: saving"));
    assert_ne!(digest(&after), digest(&before));
    assert!(after.contains("changed since") && after.contains("aria-label=\"Status: measured\""), "{after}");
    let park = site.park().await;
    let kept = &park.adjustments[0];
    assert_eq!(
        (kept.use_added, kept.uncertainty_90, kept.period.to_string().as_str()),
        (Some(12_500.0), Some(2_000.0), "2024-06")
    );
    // By the log it is a change of the park, which still agrees with the data.
    let rows = site.app.store.latest_audit(&auth::whole(), 10).await.unwrap();
    let saved = rows.iter().find(|row| row.entity == "park" && row.action == "save").unwrap();
    assert!(saved.after_json.as_deref().unwrap().contains("A06/Line 3"));
    let history = site.get(&operator, "/parks/khu-mau/history/measures/A06?lang=en").await.text;
    assert!(history.contains("Non-routine adjustments"), "{history}");

    let twice = site.post_cells(&operator, &at, &adjustment(&csrf, &[])).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "a name once");
    let gone = format!("csrf={csrf}&name=Line+3");
    let withdrawn = site.post_cells(&operator, &format!("{MEASURE}/adjustments/withdraw?period=2024"), &gone).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER);
    assert_eq!(digest(&page(&site, &operator, "en").await), digest(&before), "as before");
    assert_eq!(site.app.store.check_audit(&[]).await.unwrap().findings, []);

    // Whoever may not write the measure has no form, and no way in.
    let enterprise = site.enter("demo-enterprise").await;
    let own = site.get(&enterprise, "/parks/khu-mau/verify/A02?lang=en").await.text;
    assert!(!own.contains("/adjustments") && own.contains("name=\"csrf\""), "{own}");
    let token = crate::web::observe::tests::csrf(&own).to_string();
    let refused = site.post_cells(&enterprise, "/parks/khu-mau/verify/A02/adjustments", &adjustment(&token, &[])).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
