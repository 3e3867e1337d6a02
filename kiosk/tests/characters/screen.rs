//! A character as a page shapes it: by Slint's own fonts, in Slint's own order, with the shaper that Slint has.

use i_slint_backend_testing::{TestingBackend, TestingBackendOptions};
use kiosk::fonts::FAMILIES;
use parley::{
    FontContext, LayoutContext, PositionedLayoutItem,
    fontique::{Blob, GenericFamily, QueryFamily, QueryStatus, SourceCache},
    style::{FontFamily, FontFamilyName},
};

/// The family that the pages name.
const NAMED: &str = "Lianxin Sans";

pub(crate) struct Screen {
    fonts: FontContext,
    layouts: LayoutContext<[u8; 4]>,
    /// The files of the pages' own family and of ours; what a system has beside them counts for nothing.
    ours: Vec<Blob<u8>>,
    _app: kiosk::pages::App,
}

impl Screen {
    pub(crate) fn open() -> Self {
        let backend = TestingBackend::new(TestingBackendOptions {
            mock_time: true,
            threading: false,
            renderer_name: Some("software".into()),
        });
        i_slint_core::platform::set_platform(Box::new(backend)).unwrap();
        let app = kiosk::ui::fonts::with_fonts(kiosk::pages::App::new).unwrap().unwrap();
        let collection = slint::fontique_011::shared_collection();
        let mut fonts = FontContext { collection, source_cache: SourceCache::new_shared() };
        let mut ours = Vec::new();
        let mut query = fonts.collection.query(&mut fonts.source_cache);
        query.set_families([NAMED].into_iter().chain(FAMILIES).map(QueryFamily::Named));
        query.matches_with(|font| {
            ours.push(font.blob.clone());
            QueryStatus::Continue
        });
        drop(query);
        Self { fonts, layouts: LayoutContext::new(), ours, _app: app }
    }

    /// Whether every glyph of it is one that a font of ours has.
    pub(crate) fn shows(&mut self, c: char) -> bool {
        let text = c.to_string();
        let families = [
            FontFamilyName::named(NAMED),
            FontFamilyName::Generic(GenericFamily::SansSerif),
            FontFamilyName::Generic(GenericFamily::SystemUi),
        ];
        let mut builder = self.layouts.ranged_builder(&mut self.fonts, &text, 1.0, true);
        builder.push_default(FontFamily::List(families.as_slice().into()));
        let mut layout = builder.build(&text);
        layout.break_all_lines(None);
        let runs = layout.lines().flat_map(|line| line.items().collect::<Vec<_>>());
        let runs =
            runs.filter_map(|item| if let PositionedLayoutItem::GlyphRun(run) = item { Some(run) } else { None });
        let glyphs: Vec<bool> = runs
            .flat_map(|run| {
                let file = run.run().font().data.id();
                let of_ours = self.ours.iter().any(|blob| blob.id() == file);
                run.glyphs().map(|glyph| of_ours && glyph.id != 0).collect::<Vec<_>>()
            })
            .collect();
        !glyphs.is_empty() && glyphs.iter().all(|there| *there)
    }
}
