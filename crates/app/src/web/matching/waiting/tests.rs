//! Jobs that several ask for, and pages that wait for a network which is not there yet.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::ids::FrameworkId;
use engine::matching::objective::Ground;
use engine::matching::objective::Objective;
use engine::matching::objective::works::GroundWorks;
use engine::period::Period;
use engine::report::Order;
use tower::ServiceExt;

use super::super::network::tests::with_a_pipe;
use super::*;
use crate::auth::User;
use crate::cli::DEFAULT_FRAMEWORK;
use crate::solving::report;
use crate::web;
use crate::web::observe::tests::{Answer as Told, Site, csrf};

const PARK: &str = "/parks/khu-mau";

fn slowly(job: &Job<Answer>) -> Option<Answer> {
    while !job.is_cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}

fn further(_: &Job<Answer>) -> Option<Answer> {
    Some(Answer::Further(Arc::default()))
}

#[tokio::test]
async fn an_answer_is_computed_once_and_a_cancelled_job_is_not_started_again() {
    let awaited = Awaited::default();
    let park = ParkId::new("a");
    let anna = Asker { user: "anna", park: &park, is_stopped: false };
    let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
    assert!(matches!(awaited.ask(anna, one.clone(), 1, further).await, Found::Ready(_)));
    let berta = Asker { user: "berta", ..anna };
    assert!(matches!(awaited.ask(berta, one.clone(), 1, |_| panic!("known")).await, Found::Ready(_)));

    let Found::Running(job) = awaited.ask(anna, other.clone(), 9, slowly).await else { panic!("not running") };
    let Found::Running(same) = awaited.ask(anna, other.clone(), 9, slowly).await else { panic!("not running") };
    assert_eq!(job.id, same.id);
    job.leave("anna");
    let stopped = Asker { is_stopped: true, ..anna };
    assert!(matches!(awaited.ask(stopped, other.clone(), 9, slowly).await, Found::Stopped));
    assert!(matches!(awaited.ask(stopped, one, 9, slowly).await, Found::Ready(_)), "what is known is told");
    assert!(matches!(awaited.ask(anna, other, 1, further).await, Found::Ready(_)), "asked for again");
}

#[tokio::test]
async fn two_who_ask_the_same_share_a_job_until_the_last_has_left() {
    let awaited = Awaited::default();
    let (park, other_park) = (ParkId::new("a"), ParkId::new("b"));
    let anna = Asker { user: "anna", park: &park, is_stopped: false };
    let berta = Asker { user: "berta", ..anna };
    let question = Digest::of(b"question");
    let Found::Running(job) = awaited.ask(anna, question.clone(), 9, slowly).await else { panic!("not running") };
    let Found::Running(shared) = awaited.ask(berta, question.clone(), 9, slowly).await else { panic!("not running") };
    assert_eq!(job.id, shared.id);
    assert!(awaited.jobs.find("berta", &park, &job.id).is_some());
    job.leave("anna");
    assert!(matches!(found(job.clone(), "anna"), Found::Stopped));
    assert!(matches!(found(job.clone(), "berta"), Found::Running(_)), "she still waits");
    // Whoever asks something else waits for that alone.
    let elsewhere = Asker { park: &other_park, ..berta };
    let Found::Running(next) = awaited.ask(elsewhere, question, 9, slowly).await else { panic!("not running") };
    assert!(job.is_cancelled() && next.id != job.id);
    next.leave("berta");
    assert!(next.is_cancelled());
}

#[tokio::test]
async fn what_fails_is_told_and_may_be_asked_again() {
    let awaited = Awaited::default();
    let park = ParkId::new("a");
    let anna = Asker { user: "anna", park: &park, is_stopped: false };
    let question = Digest::of(b"question");
    assert!(matches!(awaited.ask(anna, question.clone(), 1, |_| None).await, Found::Failed));
    assert!(matches!(awaited.ask(anna, question, 1, further).await, Found::Ready(_)));
}

#[tokio::test]
async fn networks_are_kept_one_by_one() {
    let awaited = Awaited::default();
    let park = ParkId::new("a");
    let anna = Asker { user: "anna", park: &park, is_stopped: false };
    let ground = Ground { givers: vec![], takers: vec![], links: vec![], works: GroundWorks::default() };
    let (one, other) = (Wanted::new(ground.clone(), Objective::Benefit), Wanted::new(ground, Objective::Co2e));
    let both = awaited.networks(anna, vec![one.clone(), other.clone()]).await.map(|chosen| chosen.len());
    assert_eq!(both.ok(), Some(2));
    let stopped = Asker { is_stopped: true, ..anna };
    assert!(awaited.networks(stopped, vec![other.clone(), one]).await.is_err(), "the two were asked the other way");
    assert!(awaited.known_network(&other).is_some() && awaited.networks(stopped, vec![other]).await.is_ok());
}

/// The sample park with a pipe, and the network that its operator wants.
async fn site_and_wanted() -> (Site, Wanted) {
    let site = Site::new().await;
    with_a_pipe(&site.app, 60e6).await;
    let wanted = wanted(&site).await;
    (site, wanted)
}

async fn wanted(site: &Site) -> Wanted {
    let all = site.app.store.users().await.unwrap();
    let stored = all.into_iter().find(|user| user.id.as_str() == "demo-operator").unwrap();
    let user = User::identified(&site.app.store, &stored, site.app.today()).await.unwrap().unwrap();
    let (park, framework) = (ParkId::new("khu-mau"), FrameworkId::new(DEFAULT_FRAMEWORK));
    let period = Period::year(2024).unwrap();
    let (view, left) = site.app.park_view_begun(&user, &park, &framework, period).await.unwrap();
    assert!(view.computed.lacks_network);
    left.unwrap().wanted
}

#[tokio::test]
async fn a_report_that_gets_its_network_later_is_the_same() {
    let (site, _) = site_and_wanted().await;
    let (park, framework) = (ParkId::new("khu-mau"), FrameworkId::new(DEFAULT_FRAMEWORK));
    let period = Period::year(2024).unwrap();
    let computed = site.app.passing(&park, &framework, period).await.unwrap();
    assert!(!computed.lacks_network && computed.report.network.works.is_some());
    let order = Order { period, as_of: site.app.today(), framework: &computed.catalogue.frameworks[&framework] };
    assert_eq!(computed.report, report(&computed.park, &computed.catalogue, &order));
}

/// A page in English, or an answer for programs.
async fn read(site: &Site, cookie: &str, rest: &str) -> Told {
    let sign = if rest.contains('?') { '&' } else { '?' };
    site.get(cookie, &format!("{rest}{sign}lang=en&period=2024")).await
}

/// What a page that waits asks every second, and its answer.
async fn poll(site: &Site, cookie: &str, page: &str) -> axum::response::Response {
    let path = page.split("hx-get=\"").nth(1).expect("a page that waits").split('"').next().unwrap();
    let request = Request::get(path.replace("&#38;", "&").replace("&amp;", "&")).header(header::COOKIE, cookie);
    let request = request.header("HX-Request", "true").body(Body::empty()).unwrap();
    web::router(site.app.clone()).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn pages_that_rest_on_a_network_wait_for_it_and_others_do_not() {
    let (site, wanted) = site_and_wanted().await;
    let operator = site.enter("demo-operator").await;
    let is_open = Arc::new(AtomicBool::new(false));
    let (held, gate, park) = (wanted.clone(), is_open.clone(), ParkId::new("khu-mau"));
    let work = move |job: &Job<Answer>| {
        job.tell(1);
        while !gate.load(Ordering::Relaxed) && !job.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        (!job.is_cancelled()).then(|| Answer::Networks(Arc::new(vec![held.choose()])))
    };
    let asker = Asker { user: "demo-operator", park: &park, is_stopped: false };
    assert!(matches!(site.app.awaited.ask(asker, question(&wanted), 3, work).await, Found::Running(_)));

    let list = read(&site, &operator, &format!("{PARK}/matching")).await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(list.text.contains("network is being computed") && list.text.contains("1 of 3 parts computed"));
    assert!(list.text.contains("id=\"exchanges\"") && !list.text.contains("id=\"network-figure\""));
    assert!(!list.text.contains("Proof") && !list.text.contains("[matching") && !list.text.contains("[network"));
    let network = read(&site, &operator, &format!("{PARK}/matching/network")).await;
    assert_eq!(network.status, StatusCode::OK);
    assert!(network.text.contains("1 of 3 parts computed") && network.text.contains("id=\"objective-code\""));
    assert!(!network.text.contains("id=\"network-figure\"") && !network.text.contains("id=\"curve-figure\""));
    for page in ["/plan", "/report", "/assess", ""] {
        let waits = read(&site, &operator, &format!("{PARK}{page}")).await;
        assert_eq!(waits.status, StatusCode::ACCEPTED, "{page}");
        assert!(waits.text.contains("no figure is told here") && waits.text.contains("1 of 3 parts"), "{page}");
    }
    let file = read(&site, &operator, &format!("{PARK}/report.pdf")).await;
    assert_eq!((file.status, file.location.as_str()), (StatusCode::SEE_OTHER, "/parks/khu-mau/matching?period=2024"));
    for answer in ["/exchanges", "/options", "/report", "/network"] {
        let waits = read(&site, &operator, &format!("/api{PARK}{answer}")).await;
        assert_eq!((waits.status, waits.text.as_str()), (StatusCode::ACCEPTED, "{\"done\":1,\"of\":3}"), "{answer}");
    }
    for page in ["/observe", "/verify", "/enterprises/E01", "/history"] {
        assert_eq!(read(&site, &operator, &format!("{PARK}{page}")).await.status, StatusCode::OK, "{page}");
    }

    let polled = poll(&site, &operator, &list.text).await;
    assert_eq!(polled.status(), StatusCode::OK);
    let stranger = site.enter("demo-consultant").await;
    assert_eq!(poll(&site, &stranger, &list.text).await.status(), StatusCode::NOT_FOUND, "a job is its askers'");
    is_open.store(true, Ordering::Relaxed);
    let mut is_over = false;
    for _ in 0..200 {
        is_over = poll(&site, &operator, &list.text).await.headers().contains_key("hx-refresh");
        if is_over {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_over, "the page is told to load the answer");
    let list = read(&site, &operator, &format!("{PARK}/matching")).await;
    assert!(list.text.contains("id=\"network-figure\"") && !list.text.contains("parts computed"));
    assert_eq!(read(&site, &operator, &format!("{PARK}/plan")).await.status, StatusCode::OK);
    assert_eq!(read(&site, &operator, &format!("/api{PARK}/exchanges")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_was_cancelled_says_so_and_other_data_are_another_question() {
    let (site, wanted) = site_and_wanted().await;
    let operator = site.enter("demo-operator").await;
    let park = ParkId::new("khu-mau");
    let asker = Asker { user: "demo-operator", park: &park, is_stopped: false };
    assert!(matches!(site.app.awaited.ask(asker, question(&wanted), 1, slowly).await, Found::Running(_)));

    let plan = read(&site, &operator, &format!("{PARK}/plan")).await;
    let cancel = plan.text.split("action=\"").filter_map(|rest| rest.split('"').next());
    let cancel = cancel.filter(|path| path.contains("/cancel")).last().unwrap();
    let cancel = cancel.replace("&#38;", "&").replace("&amp;", "&");
    let form = format!("csrf={}", csrf(&plan.text));
    let cancelled = site.post_cells(&operator, &cancel, &form).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER);
    assert_eq!(cancelled.location, "/parks/khu-mau/plan?lang=en&period=2024&stopped=1");
    let stopped = site.get(&operator, &cancelled.location).await;
    assert!(stopped.text.contains("was cancelled and has no result") && stopped.text.contains("not been computed"));
    let polled = poll(&site, &operator, &plan.text).await;
    let polled = to_bytes(polled.into_body(), usize::MAX).await.unwrap();
    assert!(String::from_utf8_lossy(&polled).contains("was cancelled"), "another window is told as well");

    let again = read(&site, &operator, &format!("{PARK}/plan")).await;
    assert_eq!(again.status, StatusCode::OK, "asked for again, it is computed");
    assert_eq!(site.get(&operator, &cancelled.location).await.status, StatusCode::OK, "what is known is told");
    with_a_pipe(&site.app, 70e6).await;
    assert_eq!(site.get(&operator, &cancelled.location).await.status, StatusCode::ACCEPTED, "not for other data");

    let failing = site.app.awaited.ask(asker, Digest::of(b"fails"), 1, |job| {
        std::thread::sleep(Duration::from_millis(1_700));
        job.tell(1);
        None
    });
    let Found::Running(job) = failing.await else { panic!("not running") };
    while !job.is_over() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let waiting = format!("hx-get=\"{PARK}/matching/jobs/{}?at=https%3A%2F%2Felsewhere.example&lang=en\"", job.id);
    let polled = poll(&site, &operator, &waiting).await;
    let polled = String::from_utf8(to_bytes(polled.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap();
    assert!(polled.contains("ended with an error"));
    assert!(polled.contains("/parks/khu-mau/matching?") && !polled.contains("elsewhere"), "it leads nowhere else");
}
