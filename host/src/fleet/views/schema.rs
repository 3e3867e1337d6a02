//! Schemas of what is written otherwise than its type says. Those of the contract with terminals are in `wire`, under the names
//! that the references here have.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, SchemaFormat,
        schema::{AdditionalProperties, Type},
    },
};

use crate::fleet::{
    Fault,
    artifacts::{LABEL_CHARS_MAX, Label},
    rollout::Start,
    sites::{CODE_CHARS_MAX, Code, TAG_CHARS_MAX, Tag},
};

/// Gives a type the schema of a text, which is how it is written.
macro_rules! text {
    ($type:ty, $name:literal, $pattern:literal, $min:expr, $max:expr, $what:literal) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some($pattern))
                    .min_length(Some($min))
                    .max_length(Some($max))
                    .description(Some($what))
                    .into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    };
}

/// A terminal's number, as it is written.
#[derive(Debug)]
pub struct Number;

text!(Number, "TerminalNumber", "^[0-9]{5}$", 5, 5, "A terminal's number: five digits.");
text!(Label, "Label", "^[A-Za-z0-9][A-Za-z0-9._+~-]*$", 1, LABEL_CHARS_MAX, "Name or version of an artifact.");
text!(Code, "SiteCode", "^[A-Z0-9]+(-[A-Z0-9]+)*$", 1, CODE_CHARS_MAX, "A site's code, which never changes.");
text!(Tag, "SiteTag", "^[^\\s,;，；、=<>\"']+$", 1, TAG_CHARS_MAX, "A word that sites share.");

/// A schema that `wire` has.
macro_rules! of_wire {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                Ref::from_schema_name(concat!("Wire", stringify!($name))).into()
            }
        }

        impl ToSchema for $name {}
    };
}

of_wire!(
    /// What a terminal told of itself.
    HealthReport
);
of_wire!(
    /// What is set from afar.
    SettingsSet
);
of_wire!(
    /// What a terminal says of settings from afar.
    SettingsInForce
);
of_wire!(
    /// What a terminal told of an order.
    ActionStatus
);

impl PartialSchema for Fault {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.into_iter().map(Self::name);
        let what = "What is wrong with a terminal.";
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).description(Some(what)).into()
    }
}

impl ToSchema for Fault {}

impl PartialSchema for Start {
    fn schema() -> RefOr<Schema> {
        let words = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["by_hand", "after_former"]));
        let time = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        let at = ObjectBuilder::new().property("at", time).required("at");
        let at = at.additional_properties(Some(AdditionalProperties::FreeForm(false)));
        let what = "When a wave begins; never before the wave in front of it is good.";
        OneOfBuilder::new().item(words).item(at).description(Some(what)).into()
    }
}

impl ToSchema for Start {}
