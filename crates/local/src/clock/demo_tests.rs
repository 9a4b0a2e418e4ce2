//! The clock against a demo whose hands the test moves.

use super::*;
use http_body_util::Full;
use std::sync::Arc;

/// A demo's clock: time at a moment, speed, paused; and how often it was read.
struct Hands {
    demo: Timestamp,
    at: Instant,
    speed: f64,
    paused: bool,
    reads: u32,
    down: bool,
}

impl Hands {
    fn now(&self) -> Timestamp {
        let speed = if self.paused { 0.0 } else { self.speed };
        let passed = (instant() - self.at).as_secs_f64() * speed;
        self.demo + SignedDuration::from_secs_f64(passed)
    }

    fn turn(&mut self, change: impl FnOnce(&mut Self)) {
        self.demo = self.now();
        self.at = instant();
        change(self);
    }
}

fn start() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn demo(speed: f64) -> (Transport, Arc<Mutex<Hands>>) {
    let hands = Hands {
        demo: start(),
        at: instant(),
        speed,
        paused: false,
        reads: 0,
        down: false,
    };
    let hands = Arc::new(Mutex::new(hands));
    let seen = Arc::clone(&hands);
    let service = tower::service_fn(move |request: http::Request<Bytes>| {
        assert_eq!(request.uri(), "http://127.0.0.1:1/_demo/clock");
        assert!(
            request.headers().is_empty(),
            "no token goes to a demo's clock"
        );
        let mut hands = seen.lock().unwrap();
        hands.reads += 1;
        let text = format!(
            r#"{{"now": "{}", "speed": {}, "paused": {}}}"#,
            hands.now(),
            hands.speed,
            hands.paused
        );
        let reply = if hands.down {
            Err(crate::BoxError::from("down"))
        } else {
            let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
            Ok(http::Response::new(body.boxed_unsync()))
        };
        async move { reply }
    });
    (Transport::new(service), hands)
}

async fn clock(speed: f64) -> (Arc<DemoClock>, Arc<Mutex<Hands>>) {
    let (transport, hands) = demo(speed);
    let clock = DemoClock::connect(transport, "http://127.0.0.1:1/")
        .await
        .unwrap();
    (Arc::new(clock), hands)
}

/// How long a wait of so many demo seconds takes in real time, while the test does something.
async fn waited(clock: &Arc<DemoClock>, demo_seconds: u64, meanwhile: impl Future) -> f64 {
    let began = instant();
    let waiting = clock.sleep(Duration::from_secs(demo_seconds));
    let both = async {
        tokio::join!(waiting, meanwhile);
    };
    both.await;
    (instant() - began).as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "the test moves time")]
async fn real(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_as_long_as_the_demo_says() {
    let (clock, hands) = clock(10.0).await;
    let took = waited(&clock, 600, async {}).await;
    assert!((60.0..60.1).contains(&took), "{took}");
    let passed = clock.now().duration_since(start()).as_secs_f64();
    assert!((600.0..601.0).contains(&passed), "{passed}");
    assert!(
        (50..70).contains(&hands.lock().unwrap().reads),
        "one reading a second"
    );
}

#[tokio::test(start_paused = true)]
async fn speed_pause_and_step_take_effect_within_a_second() {
    let (clock, hands) = clock(1.0).await;
    let turns = async {
        real(10).await;
        hands.lock().unwrap().turn(|hands| hands.paused = true);
        real(100).await;
        hands.lock().unwrap().turn(|hands| {
            hands.paused = false;
            hands.speed = 10.0;
        });
        real(10).await;
        hands
            .lock()
            .unwrap()
            .turn(|hands| hands.demo += SignedDuration::from_hours(8));
    };
    let took = waited(&clock, 3600, turns).await;
    assert!((120.0..121.5).contains(&took), "{took}");
    let (boot, now) = (clock.since_boot(), clock.now());
    real(5).await;
    assert_eq!(clock.speed(), 10);
    assert_eq!(clock.since_boot().saturating_sub(boot).as_secs(), 50);
    assert_eq!(clock.now().duration_since(now).as_secs(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_demo_that_does_not_answer_keeps_its_pace_and_time_never_turns_back() {
    let (clock, hands) = clock(10.0).await;
    hands.lock().unwrap().down = true;
    let took = waited(&clock, 100, async {}).await;
    assert!((10.0..10.1).contains(&took), "{took}");
    let told = clock.now();
    hands.lock().unwrap().down = false;
    hands.lock().unwrap().turn(|hands| hands.demo = start());
    clock.sleep(Duration::from_millis(10)).await;
    real(2).await;
    clock.read_again().await;
    assert!(clock.now() >= told);
}

#[tokio::test(start_paused = true)]
async fn short_waits_do_not_read_the_clock() {
    let (clock, hands) = clock(100.0).await;
    let took = waited(&clock, 5, async {}).await;
    assert!((0.05..0.06).contains(&took), "{took}");
    assert_eq!(hands.lock().unwrap().reads, 1);
}

#[tokio::test]
async fn there_is_no_clock_where_there_is_no_demo() {
    let nobody = tower::service_fn(|_| async { Err(crate::BoxError::from("refused")) });
    let failure = DemoClock::connect(Transport::new(nobody), "http://127.0.0.1:1").await;
    assert_eq!(failure.err().unwrap().kind, Kind::Unavailable);
}
