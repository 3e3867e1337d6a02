// All of the crate's data but one dictionary: that of Chinese and Japanese words, two megabytes that are read with every
// line of a page, for jumps from word to word that a finger does not make. Lines break without it.

include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_sentence_v2.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_sentence_v1.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_dictionary_extended_v2.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_unihan_radical_v1.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_grapheme_cluster_v1.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_line_v2.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_line_v1.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_line_v3.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_lstm_auto_v1.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_grapheme_cluster_v2.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_line_override_v2.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_word_v1.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_word_v2.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_word_override_v1.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_sentence_override_v1.rs.data"));
include!(concat!(core::env!("CARGO_MANIFEST_DIR"), "/data/segmenter_break_sentence_override_v2.rs.data"));

/// No dictionary.
#[doc(hidden)]
#[macro_export]
macro_rules! __impl_segmenter_dictionary_auto_v2 {
    ($provider:ty) => {
        const _: () = <$provider>::MUST_USE_MAKE_PROVIDER_MACRO;
        impl icu_provider::DataProvider<icu::segmenter::provider::SegmenterDictionaryAutoV2> for $provider {
            fn load(
                &self,
                req: icu_provider::DataRequest,
            ) -> Result<icu_provider::DataResponse<icu::segmenter::provider::SegmenterDictionaryAutoV2>, icu_provider::DataError>
            {
                let info = <icu::segmenter::provider::SegmenterDictionaryAutoV2 as icu_provider::DataMarker>::INFO;
                Err(icu_provider::DataErrorKind::IdentifierNotFound.with_req(info, req))
            }
        }
    };
}
#[doc(inline)]
pub use __impl_segmenter_dictionary_auto_v2 as impl_segmenter_dictionary_auto_v2;

/// As the crate itself has it.
#[doc(hidden)]
#[macro_export]
macro_rules! __make_provider {
    ($ name : ty) => {
        #[clippy::msrv = "1.88"]
        impl $name {
            #[allow(dead_code)]
            pub(crate) const MUST_USE_MAKE_PROVIDER_MACRO: () = ();
        }
        icu_provider::marker::impl_data_provider_never_marker!($name);
    };
}
#[doc(inline)]
pub use __make_provider as make_provider;
