//! What a monitor asks: whether the host is up, whether it can work, and numbers for Prometheus.
//!
//! Invariants: numbers hold no name of a person, a station or a case, and no label comes from whoever asks: a path is the route's,
//! not the request's. They are told to this machine alone.
//!
//! | method, path | answer |
//! |---|---|
//! | GET `/healthz` | 200 as long as the program answers |
//! | GET `/readyz` | 200 where every database answers, else 503 |
//! | GET `/metrics` | OpenMetrics 1.0; to others than this machine, and through a proxy, 404 |

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use tokio::time::{Instant, timeout};

use super::listener::Peer;
use crate::{
    fleet::{Fleet, Measures},
    store::Store,
};

/// Upper ends of the histogram of answers' times, seconds.
const BUCKETS: [f64; 7] = [0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 30.0];

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A database that does not answer within this time can't work for anybody.
const READY: Duration = Duration::from_secs(2);

/// What an answer is counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    listener: &'static str,
    path: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Listener {
    listener: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Stands {
    standing: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Wrong {
    fault: &'static str,
}

/// What is counted, and what is asked for the rest.
#[derive(Debug, Clone)]
pub struct Watch(Arc<Watched>);

#[derive(Debug)]
struct Watched {
    counted: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Listener, Histogram>,
    stores: Vec<Store>,
    fleet: Option<Fleet>,
}

impl Watch {
    /// Over the databases of all roles, and the fleet where this host plays it.
    #[must_use]
    pub fn new(stores: Vec<Store>, fleet: Option<Fleet>) -> Self {
        let requests: Family<Answered, Counter> = Family::default();
        let durations: Family<Listener, Histogram> = Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let mut counted = Registry::with_prefix("lianxin");
        counted.register("http_requests", "Requests that were answered", requests.clone());
        counted.register("http_request_duration_seconds", "How long answers took", durations.clone());
        Self(Arc::new(Watched { counted, requests, durations, stores, fleet }))
    }

    /// The same routes, with every answer counted.
    pub fn counting(&self, listener: &'static str, router: Router) -> Router {
        router.layer(from_fn_with_state((self.clone(), listener), count))
    }

    /// What the monitor asks.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(numbers))
            .with_state(self.clone())
    }
}

async fn count(
    State((watch, listener)): State<(Watch, &'static str)>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let path = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    let answered = Answered { listener, path, status: response.status().as_u16() };
    watch.0.requests.get_or_create(&answered).inc();
    watch.0.durations.get_or_create(&Listener { listener }).observe(begun.elapsed().as_secs_f64());
    response
}

/// How the fleet stands; of this moment only, so that what is over is not told any more.
fn standing(measures: &Measures) -> Registry {
    let (terminals, alarms, untold) =
        (Family::<Stands, Gauge>::default(), Family::<Wrong, Gauge>::default(), Gauge::<i64>::default());
    for (standing, count) in &measures.terminals {
        terminals.get_or_create(&Stands { standing }).set(*count);
    }
    for (fault, count) in &measures.alarms {
        alarms.get_or_create(&Wrong { fault }).set(*count);
    }
    untold.set(measures.is_untold.into());
    let mut registry = Registry::with_prefix("lianxin");
    registry.register("terminals", "Terminals by how they stand", terminals);
    registry.register("terminal_alarms", "Open alarms by fault", alarms);
    registry.register("alarm_messages_undelivered", "1, messages about alarms do not arrive", untold);
    registry
}

async fn ready(State(watch): State<Watch>) -> Response {
    for store in &watch.0.stores {
        let answers = timeout(READY, store.answers()).await;
        if !matches!(answers, Ok(Ok(()))) {
            tracing::warn!(?answers, "a database does not answer");
            return (StatusCode::SERVICE_UNAVAILABLE, "a database does not answer\n").into_response();
        }
    }
    "ok\n".into_response()
}

async fn numbers(State(watch): State<Watch>, ConnectInfo(peer): ConnectInfo<Peer>, headers: HeaderMap) -> Response {
    // Behind a proxy on this machine everybody seems to come from here.
    let is_forwarded =
        ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name));
    if !peer.address.ip().is_loopback() || is_forwarded {
        return StatusCode::NOT_FOUND.into_response();
    }
    let measures = match &watch.0.fleet {
        Some(fleet) => fleet.measures().await.map(Some),
        None => Ok(None),
    };
    let text = measures.map_err(|error| error.to_string()).and_then(|measures| {
        let mut text = String::new();
        let measured = measures.as_ref().map(standing);
        let mut registries = [Some(&watch.0.counted), measured.as_ref()].into_iter().flatten();
        let written = registries.try_for_each(|registry| text::encode_registry(&mut text, registry));
        written.and_then(|()| text::encode_eof(&mut text)).map_err(|error| error.to_string()).map(|()| text)
    });
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(error, "the numbers for the monitor can't be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
