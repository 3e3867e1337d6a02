//! JSON Schema (2020-12) of everything in the contract, for those who write the other side in another language.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};

use crate::{bulletin, ddi, diagnostics, enrol, event, health, intake, settings, stick, time, view};

/// Every type that goes over the wire or into a shared file, with its schema, by name.
#[must_use]
pub fn all() -> Vec<(&'static str, Schema)> {
    fn of<T: schemars::JsonSchema>(name: &'static str) -> (&'static str, Schema) {
        (name, SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>())
    }
    vec![
        of::<event::Header>("header"),
        of::<event::Suggestion>("suggestion"),
        of::<event::Contact>("contact"),
        of::<event::Rating>("rating"),
        of::<event::Voice>("voice"),
        of::<event::Note>("note"),
        of::<event::Photo>("photo"),
        of::<bulletin::Bulletin>("bulletin"),
        of::<view::View>("view"),
        of::<view::SealedView>("sealed_view"),
        of::<enrol::Enrolment>("enrolment"),
        of::<enrol::EnrolRequest>("enrol_request"),
        of::<enrol::Enrolled>("enrolled"),
        of::<enrol::RenewRequest>("renew_request"),
        of::<time::TimeRequest>("time_request"),
        of::<time::TimeAnswer>("time_answer"),
        of::<health::Report>("health_report"),
        of::<health::Taken>("health_taken"),
        of::<settings::Ordered>("settings"),
        of::<diagnostics::Request>("diagnostics_request"),
        of::<diagnostics::SignedRequest>("diagnostics_signed"),
        of::<diagnostics::Outcome>("diagnostics_outcome"),
        of::<settings::Settings>("settings_set"),
        of::<settings::InForce>("settings_in_force"),
        of::<ddi::ControllerBase>("ddi_base"),
        of::<ddi::DeploymentBase>("ddi_deployment"),
        of::<ddi::ConfirmationAction>("ddi_confirmation"),
        of::<ddi::ConfirmationBase>("ddi_confirmation_base"),
        of::<ddi::ConfirmationFeedback>("ddi_confirmation_feedback"),
        of::<ddi::ActivateAutoConfirm>("ddi_auto_confirm"),
        of::<ddi::Cancel>("ddi_cancel"),
        of::<ddi::Feedback>("ddi_feedback"),
        of::<ddi::Status>("ddi_status"),
        of::<ddi::ConfigData>("ddi_attributes"),
        of::<ddi::AssignedVersion>("ddi_version"),
        of::<ddi::ExceptionInfo>("ddi_error"),
        of::<intake::Accepted>("accepted"),
        of::<intake::Views>("views"),
        of::<intake::Track>("track"),
        of::<intake::Tracked>("tracked"),
        of::<intake::HelpCall>("help_call"),
        of::<intake::HelpState>("help_state"),
        of::<intake::CheckIn>("check_in"),
        of::<intake::Lookup>("lookup"),
        of::<intake::LookupAnswer>("lookup_answer"),
        of::<intake::Reissue>("reissue"),
        of::<intake::Reissued>("reissued"),
        of::<intake::HandOver>("hand_over"),
        of::<intake::HandedOver>("handed_over"),
        of::<stick::Manifest>("manifest"),
        of::<stick::SignedManifest>("signed_manifest"),
    ]
}
