//! Pages about data as each role gets them, over the sample park.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::park::Park;
use engine::period::Period;
use store::{RecordAt, Store};
use tower::ServiceExt;

use super::workbook::sheets;
use crate::state::App;
use crate::{auth, catalogue, demo, files, template, web};

const AS_OF: jiff::civil::Date = jiff::civil::date(2025, 1, 31);

pub struct Site {
    pub app: App,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub text: String,
    pub location: String,
}

impl Site {
    pub async fn new() -> Site {
        let catalogue = catalogue::catalogue().unwrap();
        let store = Store::in_memory().await.unwrap();
        demo::fill(&store, catalogue).await.unwrap();
        let app = App::new(store, catalogue, true, Some(AS_OF)).await.unwrap();
        Site { router: web::router(app.clone()), app }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let location = answer.headers().get(header::LOCATION).map(|at| at.to_str().unwrap().to_string());
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Answer { status, text: String::from_utf8_lossy(&bytes).into_owned(), location: location.unwrap_or_default() }
    }

    /// The cookie of a demo user.
    pub async fn enter(&self, user: &str) -> String {
        let request = Request::post("/sign-in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("user={user}")))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let cookie = answer.headers().get(header::SET_COOKIE).unwrap().to_str().unwrap();
        cookie.split(';').next().unwrap().to_string()
    }

    pub async fn get(&self, cookie: &str, path: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    pub async fn post_cells(&self, cookie: &str, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub async fn upload(&self, cookie: &str, csrf: &str, workbook: &[u8]) -> Answer {
        let mut body = format!("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--x\r\nContent-Disposition: form-data; name=\"workbook\"; filename=\"khu.xlsx\"\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes();
        body.extend_from_slice(workbook);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let request = Request::post("/parks/khu-mau/import")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    pub async fn post_parts(&self, cookie: &str, path: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// The answer as it comes, with its headers.
    pub async fn raw(&self, cookie: &str, path: &str) -> axum::response::Response {
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn park(&self) -> Park {
        self.app.store.load_park(&auth::whole(), &ParkId::new("khu-mau")).await.unwrap().unwrap()
    }

    async fn revision(&self) -> i64 {
        self.app.store.park_revision(&ParkId::new("khu-mau")).await.unwrap().unwrap().0
    }

    fn workbook(&self, park: &Park) -> Vec<u8> {
        template::workbook(&sheets(park), &self.app.catalogue.code_lists(), AS_OF).unwrap()
    }
}

pub fn csrf(page: &str) -> &str {
    let from = page.find("name=\"csrf\" value=\"").unwrap() + "name=\"csrf\" value=\"".len();
    &page[from..from + page[from..].find('"').unwrap()]
}

/// Pages of the sample park; the ones about its enterprise E01 only for those who may see it.
fn pages_of_the_park(park: &Park, site: &Site) -> Vec<String> {
    let mut pages = Vec::new();
    for lang in ["vi", "en"] {
        for path in ["", "/observe"] {
            pages.push(format!("/parks/khu-mau{path}?lang={lang}"));
        }
    }
    let mut resources: Vec<&ResourceId> = park.records.iter().map(|record| &record.resource).collect();
    resources.sort();
    resources.dedup();
    pages.extend(resources.iter().map(|resource| format!("/parks/khu-mau/figures/total/{resource}")));
    for framework in site.app.catalogue.frameworks.values() {
        let criteria = framework.criteria.iter().map(|criterion| &criterion.id);
        pages.extend(criteria.map(|id| format!("/parks/khu-mau/figures/criterion/{}/{id}", framework.id)));
    }
    pages
}

async fn names_nobody(site: &Site, cookie: &str, pages: &[String], hidden: &[(String, String, String)]) {
    for path in pages {
        let answer = site.get(cookie, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for (id, vi, en) in hidden {
            let is_id = answer.text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == id);
            assert!(!is_id, "{path} holds {id}");
            assert!(!answer.text.contains(vi.as_str()) && !answer.text.contains(en.as_str()), "{path} holds {vi}");
        }
    }
}

fn enterprises(park: &Park, but: &str) -> Vec<(String, String, String)> {
    let others = park.enterprises.iter().filter(|enterprise| enterprise.id.as_str() != but);
    others.map(|e| (e.id.to_string(), e.name.vi.clone(), e.name.en.clone())).collect()
}

#[tokio::test]
async fn an_enterprise_finds_no_other_enterprise_anywhere() {
    let site = Site::new().await;
    let park = site.park().await;
    let cookie = site.enter("demo-enterprise").await;
    let others = enterprises(&park, "E01");
    assert!(others.len() > 30);
    let mut pages = pages_of_the_park(&park, &site);
    for lang in ["vi", "en"] {
        pages.push(format!("/parks/khu-mau/enterprises/E01?lang={lang}"));
    }
    pages.push("/parks/khu-mau/enterprises/E01/history/electricity/2024-03".to_string());
    pages.push("/parks/khu-mau/figures/total/electricity?enterprise=E01".to_string());
    names_nobody(&site, &cookie, &pages, &others).await;
    for path in [
        "/parks/khu-mau/enterprises/E02",
        "/parks/khu-mau/enterprises/E02/history/electricity/2024-03",
        "/parks/khu-mau/enterprises/nobody",
        "/parks/khu-mau/figures/total/electricity?enterprise=E02",
        "/parks/khu-mau/figures/claim/A01",
        "/parks/khu-mau/figures/claim/nothing",
        "/parks/khu-mau/workbook.xlsx",
        "/parks/khu-mau/import",
    ] {
        assert_eq!(site.get(&cookie, path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn ministry_board_and_programme_find_totals_without_any_name() {
    let site = Site::new().await;
    let park = site.park().await;
    for user in ["demo-ministry", "demo-board", "demo-programme"] {
        let cookie = site.enter(user).await;
        names_nobody(&site, &cookie, &pages_of_the_park(&park, &site), &enterprises(&park, "")).await;
        let page = site.get(&cookie, "/parks/khu-mau/observe").await.text;
        assert!(page.contains("không công bố"), "{user}: totals of two enterprises stay hidden");
        for path in ["enterprises/E01", "figures/total/electricity?enterprise=E01", "figures/claim/A01", "import"] {
            let answer = site.get(&cookie, &format!("/parks/khu-mau/{path}")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{user}: {path}");
        }
    }
}

#[tokio::test]
async fn the_public_is_asked_to_sign_in() {
    let site = Site::new().await;
    for path in ["", "/observe", "/enterprises/E01", "/figures/total/electricity", "/import"] {
        assert_eq!(site.get("", &format!("/parks/khu-mau{path}")).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(site.get("", "/template.xlsx").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_saved_cell_changes_the_total_and_keeps_what_was_there() {
    let site = Site::new().await;
    let cookie = site.enter("demo-enterprise").await;
    let grid = "/parks/khu-mau/enterprises/E01?resource=electricity&period=2024";
    let cells = "/parks/khu-mau/enterprises/E01/records?period=2024";
    let page = site.get(&cookie, grid).await;
    let token = csrf(&page.text).to_string();
    let total =
        async || site.get(&cookie, "/parks/khu-mau/figures/total/electricity?enterprise=E01&period=2024").await.text;
    let before = total().await;

    let form = format!("csrf={token}&resource=electricity&year=2024&basis=&amount.2024-03=1.234.567%2C5");
    let answer = site.post_cells(&cookie, cells, &form).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("\"saved\":[\"amount.2024-03\"],\"faults\":[]"), "{}", answer.text);
    assert_ne!(before, total().await);
    let at = RecordAt {
        park: ParkId::new("khu-mau"),
        enterprise: EnterpriseId::new("E01"),
        resource: ResourceId::new("electricity"),
        period: Period::month(2024, 3).unwrap(),
    };
    let history = site.app.store.record_history(&auth::whole(), &at).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[1].record.amount.value, 1_234_567.5);
    assert_eq!(history[1].record.basis, history[0].record.basis, "a corrected record keeps its basis");
    assert_eq!(history[1].recorded_by, "demo-enterprise");

    // The page's language decides how a number is read.
    let english = form.replace("1.234.567%2C5", "1%2C234%2C567.5");
    assert_eq!(site.post_cells(&cookie, cells, &english).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let english = site.post_cells(&cookie, &format!("{cells}&lang=en"), &english).await;
    assert!(english.text.contains("\"faults\":[]"), "{}", english.text);
    assert_eq!(
        site.app.store.record_history(&auth::whole(), &at).await.unwrap().len(),
        2,
        "the same value is no change"
    );

    // A cell that is emptied is withdrawn, and typed in anew with a basis of its own.
    let empty = format!("csrf={token}&resource=electricity&year=2024&amount.2024-03=");
    assert!(site.post_cells(&cookie, cells, &empty).await.text.contains("11 trên 12"));
    let again = format!(
        "csrf={token}&resource=electricity&year=2024&basis=invoiced&amount.2024-03=5&cost.2024-03=7.000&source.2024-03=EVN"
    );
    assert!(site.post_cells(&cookie, cells, &again).await.text.contains("12 trên 12"));
    let history = site.app.store.record_history(&auth::whole(), &at).await.unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!((history[2].record.basis.code(), history[2].record.cost_vnd), ("invoiced", Some(7000.0)));
}

#[tokio::test]
async fn cells_are_saved_only_by_those_who_may_and_meant_to() {
    let site = Site::new().await;
    let before = site.revision().await;
    let cookie = site.enter("demo-enterprise").await;
    let page = site.get(&cookie, "/parks/khu-mau/enterprises/E01").await;
    let token = csrf(&page.text).to_string();
    let form = |csrf: &str, cells: &str| format!("csrf={csrf}&resource=electricity&year=2024&{cells}");
    let own = "/parks/khu-mau/enterprises/E01/records";
    let cases = [
        (own, form("", "amount.2024-03=1"), StatusCode::FORBIDDEN),
        (own, form("forged", "amount.2024-03=1"), StatusCode::FORBIDDEN),
        ("/parks/khu-mau/enterprises/E02/records", form(&token, "amount.2024-03=1"), StatusCode::FORBIDDEN),
        (own, form(&token, "amount.2024-03=12.5"), StatusCode::UNPROCESSABLE_ENTITY),
        (own, form(&token, "amount.2024-03=-5"), StatusCode::UNPROCESSABLE_ENTITY),
        (own, form(&token, "cost.2030-03=5"), StatusCode::UNPROCESSABLE_ENTITY),
        (own, form(&token, "amount.2024=5&amount.x=7&amount=9"), StatusCode::OK),
    ];
    for (path, form, expected) in cases {
        assert_eq!(site.post_cells(&cookie, path, &form).await.status, expected, "{form}");
    }
    assert_eq!(site.revision().await, before);
}

#[tokio::test]
async fn a_faulty_workbook_tells_every_fault_and_stores_nothing() {
    let site = Site::new().await;
    let cookie = site.enter("demo-operator").await;
    let page = site.get(&cookie, "/parks/khu-mau/import").await;
    let token = csrf(&page.text).to_string();
    let before = (site.revision().await, site.park().await.digest());

    let mut faulty = site.park().await;
    faulty.records[0].amount.unit = "m3".to_string();
    faulty.records[1].amount.value = -1.0;
    faulty.enterprises[3].isic4 = "none".to_string();
    let answer = site.upload(&cookie, &token, &site.workbook(&faulty)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for cell in ["records!F2", "records!E3", "enterprises!E5"] {
        assert!(answer.text.contains(cell), "{cell}");
    }
    let mut other = site.park().await;
    other.id = ParkId::new("another");
    let answer = site.upload(&cookie, &token, &site.workbook(&other)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("park!B2"));
    assert_eq!(site.upload(&cookie, &token, b"no workbook").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.upload(&cookie, "forged", &site.workbook(&other)).await.status, StatusCode::FORBIDDEN);
    assert_eq!((site.revision().await, site.park().await.digest()), before);
}

#[tokio::test]
async fn a_good_workbook_becomes_a_new_revision() {
    let site = Site::new().await;
    let cookie = site.enter("demo-operator").await;
    let page = site.get(&cookie, "/parks/khu-mau/import").await;
    let token = csrf(&page.text).to_string();
    let before = site.revision().await;
    let whole = site.park().await;
    let mut park = as_the_operator_sees_it(&whole);
    park.note = Some("changed".to_string());
    let answer = site.upload(&cookie, &token, &site.workbook(&park)).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/parks/khu-mau/import?done=1"));
    assert!(site.revision().await > before);
    let kept = site.park().await;
    assert_eq!(kept.note.as_deref(), Some("changed"));
    // What the operator does not see is still there.
    let streams = |park: &Park| park.streams.iter().map(|stream| stream.id.clone()).collect::<BTreeSet<_>>();
    assert_eq!(streams(&kept), streams(&whole));
    let costs = |park: &Park| park.records.iter().map(|record| record.cost_vnd).collect::<Vec<_>>();
    assert_eq!(costs(&kept), costs(&whole));
    assert!(park.streams.len() < whole.streams.len() && costs(&park) != costs(&whole));
}

/// Without what two enterprises keep to themselves.
fn as_the_operator_sees_it(park: &Park) -> Park {
    let keeps = |id: &EnterpriseId| demo::SHARES_NOTHING.contains(&id.as_str());
    let mut seen = park.clone();
    seen.streams.retain(|stream| !keeps(&stream.enterprise));
    seen.records.iter_mut().filter(|record| keeps(&record.enterprise)).for_each(|record| record.cost_vnd = None);
    seen
}

#[tokio::test]
async fn a_workbook_cannot_overwrite_what_was_not_shared() {
    let site = Site::new().await;
    let cookie = site.enter("demo-operator").await;
    let token = csrf(&site.get(&cookie, "/parks/khu-mau/import").await.text).to_string();
    let before = site.revision().await;
    let whole = site.park().await;
    let mut park = as_the_operator_sees_it(&whole);
    park.streams.push(whole.streams.iter().find(|stream| stream.enterprise.as_str() == "E25").unwrap().clone());
    let record = park.records.iter_mut().find(|record| record.enterprise.as_str() == "E36").unwrap();
    record.cost_vnd = Some(1.0);
    let answer = site.upload(&cookie, &token, &site.workbook(&park)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("E25") && answer.text.contains("E36"), "both are told at once");
    assert_eq!(site.revision().await, before);
}

#[test]
fn a_park_reads_back_from_its_own_workbook() {
    let catalogue = catalogue::catalogue().unwrap();
    let park = demo::example("khu-mau", catalogue).unwrap();
    let bytes = template::workbook(&sheets(&park), &catalogue.code_lists(), AS_OF).unwrap();
    let (read, faults) = files::read_workbook(&bytes, catalogue);
    assert_eq!(faults, []);
    // Lines count the rows of the sheet, which are the lines of the file it came from.
    assert!(read == Some(park));
}

#[tokio::test]
async fn every_total_of_the_park_leads_to_its_records_in_two_steps() {
    let site = Site::new().await;
    let cookie = site.enter("demo-operator").await;
    let observe = site.get(&cookie, "/parks/khu-mau/observe?period=2024").await.text;
    let first = "/parks/khu-mau/figures/total/electricity?period=2024";
    assert!(observe.contains(first));
    let second = format!("{first}&#38;enterprise=E01");
    assert!(site.get(&cookie, first).await.text.contains(&second));
    let records = site.get(&cookie, &second.replace("&#38;", "&")).await.text;
    assert!(records.contains("#amount.2024-03"));
    let park = site.park().await;
    let record = park.records.iter().find(|record| {
        record.enterprise.as_str() == "E01"
            && record.resource.as_str() == "electricity"
            && record.period == Period::month(2024, 3).unwrap()
    });
    assert!(records.contains(&record.unwrap().source));
}
