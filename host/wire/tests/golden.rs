//! Golden data: what terminals and hosts of every version wrote must stay readable, and what is written must not
//! change by accident.
//!
//! `LIANXIN_GOLDEN=write cargo test -p wire` writes the schemas anew; a change of one is a change of the contract.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

use std::{fs, path::PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use wire::{
    bulletin::Bulletin, case::State, ddi, diagnostics, enrol, event, health, intake, schema, settings, stick, time,
    view,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden(name: &str) -> Value {
    let path = folder().join(name).with_extension("json");
    serde_json::from_slice(&fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

/// Reads as `T`, also with a field more that nobody knows, and writes back what was read.
fn holds<T: Serialize + DeserializeOwned>(name: &str) {
    let written = golden(name);
    let read: T = serde_json::from_value(written.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(serde_json::to_value(&read).unwrap(), written, "{name} is written as it was read");
    let mut newer = written;
    if let Some(fields) = newer.as_object_mut() {
        fields.insert("of_a_newer_version".into(), json!({"a": [1]}));
        if newer.get("found").is_none() {
            serde_json::from_value::<T>(newer).unwrap_or_else(|e| panic!("{name} with a field more: {e}"));
        }
    }
}

#[test]
fn every_type_of_the_contract_reads_its_golden_data_and_writes_it_back() {
    holds::<event::Header>("header");
    holds::<event::Suggestion>("suggestion");
    holds::<event::Suggestion>("suggestion_spoken");
    holds::<event::Contact>("contact");
    holds::<event::Rating>("rating");
    holds::<event::Voice>("voice");
    holds::<event::Note>("note");
    holds::<event::Photo>("photo");
    holds::<Bulletin>("bulletin");
    holds::<view::View>("view");
    holds::<view::SealedView>("sealed_view");
    holds::<enrol::Enrolment>("enrolment");
    holds::<enrol::EnrolRequest>("enrol_request");
    holds::<enrol::Enrolled>("enrolled");
    holds::<enrol::RenewRequest>("renew_request");
    holds::<time::TimeRequest>("time_request");
    holds::<time::TimeAnswer>("time_answer");
    holds::<health::Report>("health_report");
    holds::<health::Report>("health_report_settings");
    holds::<health::Taken>("health_taken");
    holds::<health::Taken>("health_taken_settings");
    holds::<health::Taken>("health_taken_diagnostics");
    holds::<diagnostics::Request>("diagnostics_request");
    holds::<diagnostics::SignedRequest>("diagnostics_signed");
    holds::<diagnostics::Outcome>("diagnostics_outcome");
    holds::<diagnostics::Outcome>("diagnostics_outcome_picture");
    holds::<settings::Ordered>("settings");
    holds::<settings::InForce>("settings_in_force");
    holds::<ddi::ControllerBase>("ddi_base");
    holds::<ddi::DeploymentBase>("ddi_deployment");
    holds::<ddi::ConfirmationAction>("ddi_confirmation");
    holds::<ddi::ConfirmationBase>("ddi_confirmation_base");
    holds::<ddi::ConfirmationFeedback>("ddi_confirmation_feedback");
    holds::<ddi::ActivateAutoConfirm>("ddi_auto_confirm");
    holds::<ddi::Cancel>("ddi_cancel");
    holds::<ddi::Feedback>("ddi_feedback");
    holds::<ddi::ConfigData>("ddi_attributes");
    holds::<ddi::AssignedVersion>("ddi_version");
    holds::<ddi::ExceptionInfo>("ddi_error");
    holds::<intake::Accepted>("accepted");
    holds::<intake::Views>("views");
    holds::<intake::Track>("track");
    holds::<intake::Tracked>("tracked");
    holds::<intake::HelpCall>("help_call");
    holds::<intake::HelpState>("help_state");
    holds::<intake::CheckIn>("check_in");
    holds::<intake::Lookup>("lookup");
    holds::<intake::LookupAnswer>("lookup_answer");
    holds::<intake::Reissue>("reissue");
    holds::<intake::Reissued>("reissued");
    holds::<intake::HandOver>("hand_over");
    holds::<intake::HandedOver>("handed_over");
    holds::<stick::Manifest>("manifest");
    holds::<stick::SignedManifest>("signed_manifest");
}

/// The public key of the golden manifest's certificate, as `openssl ec -pubout` gives it: an uncompressed point.
const SIGNER: &str = "04bf4101689446cebe44a0e594fdff84f566481d7abf8659a2d16d15d03138d48f\
                      becfe4df9ea220b1b07dd62d09c5152e7e0cfc295dc448dfa1c1d34ec349ae66";

#[test]
fn a_manifest_that_openssl_signed_opens() {
    let signed: stick::SignedManifest = serde_json::from_value(golden("signed_manifest")).unwrap();
    let key: Vec<u8> =
        (0..SIGNER.len()).step_by(2).map(|i| u8::from_str_radix(&SIGNER[i..i + 2], 16).unwrap()).collect();
    let manifest = signed.open(&key).unwrap();
    assert_eq!(serde_json::to_value(&manifest).unwrap(), golden("manifest"));
    assert!(manifest.events[0].fits(b"golden event"));
}

#[test]
fn no_type_of_the_contract_lacks_golden_data() {
    for (name, _) in schema::all() {
        assert!(folder().join(name).with_extension("json").exists(), "{name}");
    }
}

#[test]
fn a_state_or_kind_of_a_newer_host_is_shown_as_under_way_and_kept() {
    let mut newer = golden("view");
    newer["state"] = json!("transferred_to_the_moon");
    let read: view::View = serde_json::from_value(newer).unwrap();
    assert_eq!((read.state, read.state.label()), (State::Unknown, "办理中"));
    let mut newer = golden("header");
    newer["kind"] = json!("hologram");
    newer["wall"]["quality"] = json!("pulsar");
    let read: event::Header = serde_json::from_value(newer).unwrap();
    assert_eq!((read.kind, read.wall.quality), (event::Kind::Unknown, event::ClockQuality::Unknown));
    let mut newer = golden("handed_over");
    newer["verdict"] = json!("not_on_sundays");
    let read: intake::HandedOver = serde_json::from_value(newer).unwrap();
    assert_eq!(read.verdict, intake::HandOverVerdict::Unknown);
}

#[test]
fn a_suggestion_says_that_it_was_spoken_only_where_it_was() {
    let written: event::Suggestion = serde_json::from_value(golden("suggestion")).unwrap();
    let spoken: event::Suggestion = serde_json::from_value(golden("suggestion_spoken")).unwrap();
    assert_eq!((written.spoken_s, spoken.spoken_s), (None, Some(42)));
    assert!(wire::check_text(&spoken.text).is_ok(), "its text is a suggestion by itself");
}

#[test]
fn a_recording_that_is_no_base64_is_none() {
    let mut spoilt = golden("voice");
    spoilt["audio"] = json!("T2dnUw=");
    assert!(serde_json::from_value::<event::Voice>(spoilt).is_err());
    let voice: event::Voice = serde_json::from_value(golden("voice")).unwrap();
    assert_eq!((voice.media.as_str(), &voice.audio[..4]), (event::VOICE_MEDIA, &b"OggS"[..]));
}

#[test]
fn what_a_phone_sends_has_kinds_of_its_own_and_a_hand_over_tells_its_secrets_hash_alone() {
    for (kind, name) in [(event::Kind::Note, "note"), (event::Kind::Photo, "photo")] {
        assert_eq!(serde_json::to_value(kind).unwrap(), json!(name));
    }
    let asked: intake::HandOver = serde_json::from_value(golden("hand_over")).unwrap();
    let secret: wire::secret::Secret = "AAECAwQFBgcICQoLDA0ODw".parse().unwrap();
    assert_eq!(asked.secret, secret.hash());
    assert!(!golden("hand_over").to_string().contains(&secret.text()));
}

#[test]
fn a_word_of_a_newer_terminals_health_is_kept_as_it_was_written() {
    let mut newer = golden("health_report");
    newer["kiosk"]["printer"]["state"] = json!("ink_low");
    newer["kiosk"]["queue"]["state"] = json!("haunted");
    newer["kiosk"]["case_switch"] = json!("sealed");
    let read: health::Report = serde_json::from_value(newer.clone()).unwrap();
    let kiosk = read.kiosk.as_ref().unwrap();
    assert_eq!(kiosk.printer.state, health::PrinterState::Other("ink_low".into()));
    assert_eq!(kiosk.queue.state, health::QueueState::Other("haunted".into()));
    assert_eq!(kiosk.case_switch, Some(health::CaseSwitch::Other("sealed".into())));
    assert_eq!(serde_json::to_value(&read).unwrap(), newer);
}

#[test]
fn the_health_of_an_older_terminal_lacks_what_it_does_not_know_and_nothing_is_made_up() {
    let mut older = golden("health_report");
    for field in ["kiosk", "tamper"] {
        older.as_object_mut().unwrap().remove(field);
    }
    let read: health::Report = serde_json::from_value(older).unwrap();
    assert_eq!((read.kiosk, read.tamper), (None, health::Tamper::default()));
}

#[test]
fn counts_that_nobody_has_are_left_out_so_that_an_older_host_reads_the_rest() {
    let mut uncounted = golden("health_report");
    for field in ["dead", "set_aside"] {
        uncounted["kiosk"]["queue"].as_object_mut().unwrap().remove(field);
    }
    let read: health::Report = serde_json::from_value(uncounted.clone()).unwrap();
    let queue = &read.kiosk.as_ref().unwrap().queue;
    assert_eq!((queue.dead, queue.set_aside), (None, None));
    assert_eq!(serde_json::to_value(&read).unwrap(), uncounted, "no null, which is no number");
}

#[test]
fn data_of_an_older_version_lacks_fields_that_have_a_default() {
    let mut older = golden("bulletin");
    for field in ["officer", "reply_period", "roster", "present", "zone"] {
        older.as_object_mut().unwrap().remove(field);
    }
    let read: Bulletin = serde_json::from_value(older).unwrap();
    assert_eq!(read.zone, "Asia/Shanghai");
    assert!(read.officer.is_none() && read.roster.is_empty());
}

#[test]
fn the_words_of_a_case_are_those_of_the_counties() {
    let words: Vec<_> = State::ALL.iter().map(|s| s.label()).collect();
    let expected =
        ["已收到", "代表已接单", "已转交", "单位已答复", "代表已确认", "已办结", "暂时办不了", "已评价", "二次协调"];
    assert_eq!(words, expected);
}

#[test]
fn the_schemas_are_those_that_were_published() {
    for (name, schema) in schema::all() {
        let path = folder().join("schema").join(name).with_extension("json");
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("LIANXIN_GOLDEN").is_some_and(|v| v == "write") {
            #[expect(clippy::disallowed_methods, reason = "golden data of a test, not a terminal's file")]
            fs::write(&path, &text).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, published, "{name}: if the change is meant, write the schemas anew");
    }
}
