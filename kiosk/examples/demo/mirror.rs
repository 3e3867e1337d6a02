//! Where a page's targets lie: the same pages, laid out once more without a screen.
//!
//! The terminal tells nobody where its buttons are; a person sees them. This mirror lays the same component out with
//! the same size and the same lists, and finds a target by the label that a screen reader would speak.
//!
//! Invariant: the mirror only looks. What happens at the terminal happens through taps and typed text.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use i_slint_backend_testing::{
    AccessibleRole, ElementHandle, TestingBackend, TestingBackendOptions, mock_elapsed_time,
};
use image::RgbImage;
use kiosk::{
    pages::{App, Choice, Done, Door, Entry, Find, Found, Page, Paper, Shell, Speak, Staff},
    ui::model,
};
use slint::{ComponentHandle as _, PhysicalSize};
use wire::bulletin::Bulletin;

/// The pages, laid out.
pub struct Mirror {
    app: App,
}

impl Mirror {
    /// Lays the pages out for a panel.
    ///
    /// # Errors
    ///
    /// Another user interface lives in this process already.
    pub fn new(size: (u16, u16), px_per_mm: f32) -> Result<Self> {
        let backend = TestingBackend::new(TestingBackendOptions {
            mock_time: true,
            threading: false,
            renderer_name: Some("software".into()),
        });
        i_slint_core::platform::set_platform(Box::new(backend))
            .map_err(|error| anyhow!("set up the mirror: {error}"))?;
        let app = App::new().context("set up the mirror")?;
        app.show().context("set up the mirror")?;
        app.window().set_size(PhysicalSize::new(size.0.into(), size.1.into()));
        let shell = app.global::<Shell>();
        shell.set_px_per_mm(px_per_mm);
        shell.set_plain(true);
        Ok(Self { app })
    }

    /// Takes the lists over that the terminal shows.
    pub fn set_bulletin(&self, bulletin: &Bulletin) {
        let speak = self.app.global::<Speak>();
        speak.set_categories(model(bulletin.categories.iter().map(|category| Door {
            id: category.id.as_str().into(),
            label: category.label.as_str().into(),
            formal: category.name.as_str().into(),
            ..Door::default()
        })));
        speak.set_places(model(places(bulletin).map(|place| Choice {
            id: place.id.as_str().into(),
            label: place.name.as_str().into(),
            chosen: Some(&place.id) == bulletin.station.place.as_ref(),
        })));
    }

    /// Turns to a page, as it is when it opens.
    pub fn show(&self, page: Page) {
        let shell = self.app.global::<Shell>();
        if shell.get_page() != page {
            shell.set_page(page);
        }
        let speak = self.app.global::<Speak>();
        speak.set_can_submit(true);
        let done = self.app.global::<Done>();
        done.set_paper(Paper::Printed);
        done.set_contact_saved(false);
        // Its door comes and goes with the network; where the others' middles lie with it, they answer without it as well.
        done.set_has_phone(true);
        self.app.global::<Find>().set_has_scanner(true);
        self.app.global::<Found>().set_can_rate(true);
    }

    /// Takes a category's ready sentences over.
    pub fn set_sentences(&self, sentences: &[String]) {
        let choice = |sentence: &String| Choice { id: sentence.into(), label: sentence.into(), chosen: false };
        self.app.global::<Speak>().set_sentences(model(sentences.iter().map(choice)));
    }

    /// Whether the say page shows the keyboard.
    pub fn set_writing(&self, writing: bool) {
        self.app.global::<Speak>().set_writing(writing);
    }

    /// Whether the officer's page has a door to the stick.
    pub fn set_has_stick(&self) {
        self.app.global::<Staff>().set_has_stick(true);
    }

    /// What is known of the paper; the done page asks another question where it is not known.
    pub fn set_paper(&self, paper: Paper) {
        self.app.global::<Done>().set_paper(paper);
    }

    /// A contact was left: its button is gone.
    pub fn set_contact_saved(&self) {
        self.app.global::<Done>().set_contact_saved(true);
    }

    /// What stands in the landmark's field, which is closed, names its button.
    pub fn set_landmark(&self, landmark: &str) {
        let entry = self.app.global::<Entry>();
        entry.set_describing(false);
        entry.set_landmark(landmark.into());
    }

    /// The middle of a button or field.
    ///
    /// # Errors
    ///
    /// No such target on the page.
    pub fn target(&self, label: &str) -> Result<(i16, i16)> {
        let element = self.element(label)?;
        let (at, size) = (element.absolute_position(), element.size());
        #[expect(clippy::cast_possible_truncation, reason = "a panel has fewer pixels than an i16 counts")]
        Ok(((at.x + size.width / 2.0) as i16, (at.y + size.height / 2.0) as i16))
    }

    /// Does in the mirror what a tap does within a page.
    ///
    /// # Errors
    ///
    /// No such target on the page.
    pub fn follow(&self, label: &str) -> Result<()> {
        self.element(label)?.invoke_accessible_default_action();
        Ok(())
    }

    /// Whether the found page on this screen shows this reply: the same words, drawn once more, are the same pixels.
    ///
    /// # Errors
    ///
    /// The found page has no place for a reply.
    pub fn shows_reply(&self, screen: &RgbImage, reply: &str) -> Result<bool> {
        self.app.global::<Found>().set_reply(reply.into());
        mock_elapsed_time(Duration::from_millis(1));
        let card = ElementHandle::find_by_element_type_name(&self.app, "Reply").next();
        let card = card.context("no place for a reply on the found page")?;
        let words = card.query_descendants().match_accessible_role(AccessibleRole::Text).find_first();
        let words = words.context("no words in the place for a reply")?;
        let drawn = self.app.window().take_snapshot().context("draw the reply once more")?;
        let (at, size) = (words.absolute_position(), words.size());
        let (mut ink, mut same, mut all) = (0_u32, 0_u32, 0_u32);
        for y in whole(at.y)..whole(at.y + size.height).min(screen.height()) {
            for x in whole(at.x)..whole(at.x + size.width).min(screen.width()) {
                let pixel = drawn.as_slice()[(y * drawn.width() + x) as usize];
                all += 1;
                ink += u32::from(pixel.r < 128);
                same += u32::from(screen.get_pixel(x, y).0 == [pixel.r, pixel.g, pixel.b]);
            }
        }
        // Enough ink for words at all; a cursor or a rounding of one row may differ.
        Ok(ink > 100 && same * 100 >= all * 99)
    }

    fn element(&self, label: &str) -> Result<ElementHandle> {
        mock_elapsed_time(Duration::from_millis(1));
        ElementHandle::find_by_accessible_label(&self.app, label)
            .find(|element| {
                matches!(element.accessible_role(), Some(AccessibleRole::Button | AccessibleRole::TextInput))
            })
            .with_context(|| format!("no target “{label}” on page {:?}", self.app.global::<Shell>().get_page()))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place on a panel")]
fn whole(length: f32) -> u32 {
    length.max(0.0) as u32
}

/// The villages in the order of the buttons: the station's own first.
fn places(bulletin: &Bulletin) -> impl Iterator<Item = &wire::bulletin::Place> {
    let own = |place: &&wire::bulletin::Place| Some(&place.id) == bulletin.station.place.as_ref();
    bulletin.places.iter().filter(own).chain(bulletin.places.iter().filter(move |place| !own(place)))
}
