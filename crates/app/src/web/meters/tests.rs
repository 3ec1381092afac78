//! The page of a meter as each role gets it, and what a file handed in there does to the balance.

use std::fmt::Write;
use std::time::Duration;

use axum::http::StatusCode;
use engine::ids::{EnterpriseId, FrameworkId, MeterId, ParkId, ResourceId};
use engine::observe::Total;
use engine::park::{Meter, Park};
use engine::period::Period;
use store::{Actor, SegmentKind};

use crate::auth;
use crate::web::observe::tests::{Answer, Site, csrf};
use readings::FILES_UNFOLDED;

const METER: &str = "/parks/khu-mau/meters/M1";

fn park_id() -> ParkId {
    ParkId::new("khu-mau")
}

fn march() -> Period {
    Period::month(2024, 3).unwrap()
}

/// Hourly readings of local days of March, as a file.
fn file(meter: &str, days: std::ops::RangeInclusive<u32>, value: impl Fn(u32, u32) -> Option<f64>) -> String {
    let mut text = "meter,at,value\n".to_string();
    for day in days {
        for hour in 0..24 {
            if let Some(value) = value(day, hour) {
                writeln!(text, "{meter},2024-03-{day:02}T{hour:02}:00+07:00,{value}").unwrap();
            }
        }
    }
    text
}

/// Uneven, so that nothing hangs; a day of it is 252 kWh.
fn usual(_: u32, hour: u32) -> Option<f64> {
    Some(if hour.is_multiple_of(2) { 10.0 } else { 11.0 })
}

async fn hand_in(site: &Site, cookie: &str, name: &str, text: &str) -> Answer {
    let page = site.get(cookie, METER).await.text;
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"readings\"; filename=\"{name}\"\r\n\r\n{text}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"mapping\"\r\n\r\n\r\n--x--\r\n",
        csrf(&page)
    );
    site.post_parts(cookie, &format!("{METER}/readings"), body.into_bytes()).await
}

/// The sample park without the bill of March that stands beside the meter.
async fn without_bill(site: &Site) -> Park {
    let mut park = site.park().await;
    park.records.retain(|record| {
        record.enterprise.as_str() != "E02"
            || record.resource.as_str() != "electricity"
            || !record.period.overlaps(&march())
    });
    site.app.store.save_park(&Actor::system(1), &park, "test").await.unwrap();
    park
}

async fn electricity(site: &Site, enterprise: &str) -> Option<Total> {
    let framework = FrameworkId::new(crate::cli::DEFAULT_FRAMEWORK);
    let computed = site.app.passing(&park_id(), &framework, Period::year(2024).unwrap()).await.unwrap();
    computed.report.balance.sites[&EnterpriseId::new(enterprise)].get(&ResourceId::new("electricity")).cloned()
}

#[tokio::test]
async fn readings_of_the_sheet_are_shown_with_their_source() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let page = site.get(&operator, &format!("{METER}?period=2024")).await;
    assert_eq!(page.status, StatusCode::OK);
    for told in ["12 trên 12 tháng đủ số đọc", "Nguồn: bảng readings", "31/12/2024 23:00", "data-chart=\"bars\""]
    {
        assert!(page.text.contains(told), "{told}");
    }
    let day = site.get(&operator, &format!("{METER}?grain=hour&from=2024-03-01&to=2024-03-02&day=2024-03-01")).await;
    assert!(day.text.contains("01/03/2024 00:00") && !day.text.contains("03/03/2024 00:00"));
    assert!(day.text.contains("Ngày 01/03/2024: 24 số đọc còn hiệu lực, 0 đã thay"));
    let odd = site.get(&operator, &format!("{METER}?grain=week&from=yesterday")).await;
    assert!(odd.status == StatusCode::OK && odd.text.contains("không phải là ngày"));
    assert_eq!(site.get(&operator, "/parks/khu-mau/meters/M9").await.status, StatusCode::NOT_FOUND);

    let list = site.get(&operator, "/parks/khu-mau/observe?period=2024").await.text;
    assert!(list.contains("Công tơ: 3 chiếc") && list.contains(&format!("{METER}?period=2024")));
    let of_enterprise = site.get(&operator, "/parks/khu-mau/enterprises/E02?period=2024").await.text;
    assert!(of_enterprise.contains("Công tơ: 1 chiếc") && of_enterprise.contains("12/12"));
    for (user, status) in [
        ("demo-consultant", StatusCode::OK),
        ("demo-enterprise", StatusCode::FORBIDDEN),
        ("demo-board", StatusCode::FORBIDDEN),
        ("demo-ministry", StatusCode::FORBIDDEN),
        ("demo-administrator", StatusCode::FORBIDDEN),
    ] {
        let cookie = site.enter(user).await;
        assert_eq!(site.get(&cookie, METER).await.status, status, "{user}");
    }
    assert_eq!(site.get("", METER).await.status, StatusCode::UNAUTHORIZED);
    let ministry = site.enter("demo-ministry").await;
    let hidden = site.get(&ministry, "/parks/khu-mau/observe?period=2024").await.text;
    assert!(hidden.contains("3 công tơ thuộc về các doanh nghiệp") && !hidden.contains("meters/M1"));
}

#[tokio::test]
async fn a_day_sent_again_changes_the_balance_and_the_old_version_stays_visible() {
    let site = Site::new().await;
    without_bill(&site).await;
    let operator = site.enter("demo-operator").await;
    let before = electricity(&site, "E02").await.unwrap();
    assert_eq!((before.months_covered, before.metered.len()), (11, 0), "the sheet's readings add nothing");

    let kept = hand_in(&site, &operator, "thang-3.csv", &file("M1", 1..=31, usual)).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text);
    assert!(kept.text.contains("Đã lưu 744 số đọc của 1 công tơ, lô 1"));
    let first = electricity(&site, "E02").await.unwrap();
    assert_eq!((first.months_covered, first.metered.len()), (12, 1));
    assert!((first.amount - before.amount - 31.0 * 252.0).abs() < 1e-6);
    let figure = site.get(&operator, "/parks/khu-mau/figures/total/electricity?enterprise=E02&period=2024").await.text;
    assert!(figure.contains("Tháng theo công tơ, không có bản ghi") && figure.contains("meters/M1"));

    let again = hand_in(&site, &operator, "sua.csv", &file("M1", 5..=5, |_, _| Some(20.0))).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    let second = electricity(&site, "E02").await.unwrap();
    // The day hangs on one value now and is left out; the month is raised to the whole from the other 30.
    assert!((second.amount - before.amount - 31.0 * 252.0).abs() < 1e-6);
    let again = hand_in(&site, &operator, "sua.csv", &file("M1", 5..=5, |_, hour| Some(f64::from(hour)))).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    let third = electricity(&site, "E02").await.unwrap();
    assert!((third.amount - before.amount - 30.0 * 252.0 - 276.0).abs() < 1e-6);

    let day = site.get(&operator, &format!("{METER}?day=2024-03-05")).await.text;
    assert!(day.contains("Ngày 05/03/2024: 24 số đọc còn hiệu lực, 72 đã thay"), "two batches and the sheet");
    for told in ["lô 1, thang-3.csv", "lô 2, sua.csv", "lô 3, sua.csv", "Nguyễn Văn An", "bảng readings"] {
        assert!(day.contains(told), "{told}");
    }
    assert!(day.contains("1 tháng theo số đọc nhận theo lô"));
}

#[tokio::test]
async fn gaps_spikes_and_frozen_values_are_shown_and_counted() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let text = file("M1", 1..=31, |day, hour| match (day, hour) {
        (4, 3..=7) => None,
        (9, 12) => Some(400.0),
        (14, _) | (15, 0..=5) => Some(12.5),
        _ => usual(day, hour),
    });
    assert_eq!(hand_in(&site, &operator, "thang-3.csv", &text).await.status, StatusCode::OK);
    let page = site.get(&operator, &format!("{METER}?grain=day&from=2024-03-01&to=2024-03-31")).await.text;
    for told in
        ["1 khoảng trống, 1 giá trị vọt, 1 lần treo", "04/03/2024 03:00", "04/03/2024 08:00", "09/03/2024 12:00"]
    {
        assert!(page.contains(told), "{told}");
    }
    let list = site.get(&operator, "/parks/khu-mau/observe?period=2024-03").await.text;
    assert!(list.contains("1 khoảng trống, 1 giá trị vọt, 1 lần treo"));
}

#[tokio::test]
async fn a_faulty_file_tells_every_fault_and_keeps_nothing() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let text = "meter,at,value\nM1,2024-03-01T00:00+07:00,ten\nM1,yesterday,5\nM9,2024-03-01T01:00+07:00,5\n";
    let answer = hand_in(&site, &operator, "sai.csv", text).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for told in ["ten", "yesterday", "M9", "Chưa có số đọc nào được lưu"] {
        assert!(answer.text.contains(told), "{told}");
    }
    let unknown = hand_in(&site, &operator, "sai.pdf", "%PDF").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.app.store.park_stamp(&park_id()).await.unwrap().unwrap().readings, 0);
}

#[tokio::test]
async fn readings_that_are_not_shared_reach_totals_and_nobody_who_works_on_the_park() {
    let site = Site::new().await;
    let mut park = without_bill(&site).await;
    park.meters.push(Meter {
        id: MeterId::new("X1"),
        enterprise: EnterpriseId::new("E25"),
        ..park.meter(&MeterId::new("M1")).unwrap().clone()
    });
    park.records.retain(|record| record.enterprise.as_str() != "E25" || record.resource.as_str() != "electricity");
    site.app.store.save_park(&Actor::system(2), &park, "test").await.unwrap();
    let operator = site.enter("demo-operator").await;
    let answer = hand_in(&site, &operator, "x1.csv", &file("X1", 1..=31, usual)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(electricity(&site, "E25").await.unwrap().metered.len(), 1, "totals are of the whole park");

    let page = site.get(&operator, "/parks/khu-mau/meters/X1?day=2024-03-05").await.text;
    assert!(page.contains("chưa chia sẻ số đọc") && !page.contains("meter-data") && !page.contains("7.812"));
    let list = site.get(&operator, "/parks/khu-mau/observe?period=2024").await.text;
    assert!(list.contains("chưa chia sẻ"));
    let figure = site.get(&operator, "/parks/khu-mau/figures/total/electricity?enterprise=E25&period=2024").await.text;
    assert!(figure.contains("Chưa có số liệu nào"), "what was not shared is not in the operator's balance");
}

#[tokio::test]
async fn what_comes_in_is_folded_without_anybody_waiting() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    for day in 1..=FILES_UNFOLDED as u32 {
        let answer = hand_in(&site, &operator, "ngay.csv", &file("M1", day..=day, usual)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    let mut tries = 0;
    loop {
        let segments = site.app.store.segments(&auth::whole(), Some(&park_id())).await.unwrap();
        if segments.iter().any(|segment| segment.level == 1 && segment.file.kind == SegmentKind::Month) {
            assert!(segments.iter().all(|segment| segment.level == 1), "every file of the month was folded");
            break;
        }
        tries += 1;
        assert!(tries < 300, "nothing was folded within 30 seconds");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
