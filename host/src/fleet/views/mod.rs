//! What programs are shown of the fleet: the JSON of `host … --json` and of the REST API, with its schema.
//!
//! Invariant: a shape stands here once, so that both say the same; a field that is there stays.
//!
//! | module | purpose |
//! |---|---|
//! | `schema` | schemas of what is written otherwise than its type says |
//! | `shown` | terminals, groups, people, settings, orders |
//! | `rollout` | rollouts |

mod rollout;
mod schema;
mod shown;

pub use rollout::{RolloutView, WaveView};
pub use schema::{ActionStatus, HealthReport, Number, SettingsInForce, SettingsSet};
pub use shown::{
    ActionView, Enrolment, GlanceView, GroupView, HealthView, OrderedView, PersonView, SettingsView, SiteView,
    TerminalView,
};
