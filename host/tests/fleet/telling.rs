//! Alarms told at a webhook: once, again after a crash, not while somebody sees to them or while it is quiet.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use host::{
    clock::SharedClock,
    fleet::{Error, Fleet, Whom, users::Role, users::Scope},
    outbox,
};
use jiff::SignedDuration;
use tokio::sync::Notify;

use crate::{support::*, web::*};

/// A webhook: what it heard, whether it answers, and what it answers.
#[derive(Clone)]
struct Hook {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
    came: Arc<Notify>,
    says: Arc<Mutex<Option<StatusCode>>>,
}

impl Hook {
    async fn new() -> Self {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/hook", socket.local_addr().unwrap().port());
        let says = Arc::new(Mutex::new(Some(StatusCode::OK)));
        let hook = Self { url, heard: Arc::default(), came: Arc::default(), says };
        let hear = async |State(hook): State<Self>, body: String| {
            hook.heard.lock().unwrap().push(body);
            hook.came.notify_one();
            let says = *hook.says.lock().unwrap();
            match says {
                Some(status) => status,
                None => std::future::pending().await,
            }
        };
        let app = Router::new().route("/hook", post(hear)).with_state(hook.clone());
        tokio::spawn(async move { axum::serve(socket, app).await });
        hook
    }

    fn says(&self, status: Option<StatusCode>) {
        *self.says.lock().unwrap() = status;
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// The fleet as a process that was just started has it.
    fn fleet(&self, bench: &Bench) -> Fleet {
        Fleet::new(bench.store.clone(), bench.clock.clone() as SharedClock).telling(Some(&self.url))
    }
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let roots = rustls::RootCertStore::empty();
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[tokio::test]
async fn an_alarm_is_told_once_and_its_end_as_well() {
    on_each_database(async |bench| {
        let hook = Hook::new().await;
        let fleet = hook.fleet(&bench);
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.reports(terminal, "no_paper", 0).await;
        assert!(!fleet.tell().await.unwrap(), "held");
        bench.clock.on(2 * MINUTE);
        assert!(!bench.fleet.tell().await.unwrap(), "it has no address");
        assert!(fleet.tell().await.unwrap() && !fleet.tell().await.unwrap());
        assert_eq!(outbox::deliver_due(&fleet, &client()).await.unwrap(), 1);
        bench.clock.on(MINUTE);
        bench.reports(terminal, "ok", 0).await;
        bench.clock.on(9 * MINUTE);
        assert!(!fleet.tell().await.unwrap(), "it may come back");
        bench.clock.on(MINUTE);
        assert!(fleet.tell().await.unwrap());
        outbox::deliver_due(&fleet, &client()).await.unwrap();
        let heard = hook.heard();
        assert!(heard.len() == 2 && heard[0].contains("打印纸用完了") && heard[1].contains("不用管了"), "{heard:?}");
        let facts: serde_json::Value = serde_json::from_str(&heard[0]).unwrap();
        assert_eq!(facts["open"][0]["terminals"][0]["faults"], serde_json::json!(["no_paper"]));
    })
    .await;
}

#[tokio::test]
async fn a_host_that_is_killed_while_it_delivers_repeats_a_message_once_and_loses_none() {
    on_each_database(async |bench| {
        let hook = Hook::new().await;
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.reports(terminal, "no_paper", 0).await;
        bench.clock.on(2 * MINUTE);
        assert!(hook.fleet(&bench).tell().await.unwrap());
        hook.says(None);
        let killed = hook.fleet(&bench);
        let delivering = tokio::spawn(async move { outbox::deliver_due(&killed, &client()).await.map(|_| ()) });
        hook.came.notified().await;
        delivering.abort();
        assert!(delivering.await.unwrap_err().is_cancelled());
        hook.says(Some(StatusCode::OK));
        let after = hook.fleet(&bench);
        assert!(!after.tell().await.unwrap(), "it stands in the outbox");
        assert_eq!(outbox::deliver_due(&after, &client()).await.unwrap(), 1);
        assert_eq!(outbox::deliver_due(&after, &client()).await.unwrap(), 0);
        let heard = hook.heard();
        assert!(heard.len() == 2 && heard[0] == heard[1], "{heard:?}");
    })
    .await;
}

#[tokio::test]
async fn a_message_that_was_given_up_is_shown_and_its_alarms_are_told_anew() {
    on_each_database(async |bench| {
        let hook = Hook::new().await;
        let fleet = hook.fleet(&bench);
        let terminal = bench.terminal("花桥镇联络站").await;
        bench.reports(terminal, "no_paper", 0).await;
        bench.clock.on(2 * MINUTE);
        let made = host::clock::Clock::now(&*bench.clock);
        assert!(fleet.tell().await.unwrap());
        hook.says(Some(StatusCode::INTERNAL_SERVER_ERROR));
        for _ in 0..8 {
            assert_eq!(fleet.today().await.unwrap().untold_since, None);
            assert_eq!(outbox::deliver_due(&fleet, &client()).await.unwrap(), 0);
            bench.clock.on(61 * MINUTE);
        }
        assert_eq!(fleet.today().await.unwrap().untold_since, Some(made));
        assert_eq!(hook.heard().len(), 8);
        hook.says(Some(StatusCode::OK));
        assert!(fleet.tell().await.unwrap(), "nobody was told of it yet");
        assert_eq!(outbox::deliver_due(&fleet, &client()).await.unwrap(), 1);
        assert_eq!(fleet.today().await.unwrap().untold_since, None);
    })
    .await;
}

#[tokio::test]
async fn whoever_sees_to_it_or_silences_it_is_shown_and_written_down_and_nothing_is_told() {
    on_each_database(async |bench| {
        let fleet = Hook::new().await.fleet(&bench);
        let (one, two) = (bench.terminal("花桥镇联络站").await, bench.terminal("北山乡联络站").await);
        for terminal in [one, two] {
            bench.reports(terminal, "no_paper", 0).await;
        }
        bench.person(Role::Operator, Scope::of(&["T1".into()]).unwrap()).await;
        let mut web = Web::signed_in(&bench, "operator").await;
        let (own, other) = (format!("/fleet/terminals/{one}"), format!("/fleet/terminals/{two}"));
        for path in ["take", "quiet", "loud"] {
            let fields = [("hours", "2"), ("why", "停电")];
            assert_eq!(web.act(&format!("{other}/{path}"), &fields).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        for wrong in [("", "停电"), ("721", "停电"), ("2", ""), ("-1", "停电")] {
            let fields = [("hours", wrong.0), ("why", wrong.1)];
            let status = web.act(&format!("{own}/quiet"), &fields).await.0;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        }
        assert!(web.get("/fleet").await.1.contains("我去处理"));
        assert_eq!(web.act(&format!("{own}/take"), &[("from", "today")]).await.0, StatusCode::SEE_OTHER);
        let (_, page) = web.get("/fleet").await;
        assert!(page.contains("operator 去处理了") && !page.contains("我去处理"), "{page}");
        let quiet = [("hours", "2"), ("why", "停电 <检修>"), ("whole", "yes")];
        assert_eq!(web.act(&format!("{own}/quiet"), &quiet).await.0, StatusCode::SEE_OTHER);
        let (_, page) = web.get(&own).await;
        assert!(page.contains("停电 &#60;检修&#62;") && page.contains("恢复提醒"), "{page}");
        fleet.silence(Whom::Terminal(two), 2, "停电").await.unwrap();
        bench.clock.on(60 * MINUTE);
        assert!(!fleet.tell().await.unwrap());
        bench.clock.on(61 * MINUTE);
        assert!(fleet.tell().await.unwrap(), "the quiet is over, and its alarm stands");
        assert_eq!(web.act(&format!("{own}/loud"), &[]).await.0, StatusCode::SEE_OTHER);
        let unknown = wire::ticket::TerminalNumber::new(99_999).unwrap();
        assert!(matches!(fleet.silence(Whom::Terminal(unknown), 1, "x").await, Err(Error::Unknown(_))));
        let done = bench.audit().await;
        for (what, subject) in [
            ("terminal.take", "terminal:00001"),
            ("terminal.quiet", "station:花桥镇联络站 2 h 停电 <检修>"),
            ("terminal.loud", "station:花桥镇联络站"),
        ] {
            assert!(done.contains(&("user:operator".into(), what.into(), subject.into())), "{what}: {done:#?}");
        }
    })
    .await;
}
