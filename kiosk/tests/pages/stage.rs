//! A window without a screen, in which scenes are shown.
//!
//! Invariant: mock time and the software renderer, so that two runs paint the same bytes.

use i_slint_backend_testing::{TestingBackend, TestingBackendOptions};
use kiosk::{
    pages::{App, Hear, Help, Keys, Method, Page, Shell, Speak, Staff},
    ui,
};
use slint::{ComponentHandle as _, Rgba8Pixel, SharedPixelBuffer};

use crate::scenes::Scene;

/// A panel as the terminal knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) px_per_mm: f32,
}

pub(crate) const PANELS: [Panel; 3] = [
    Panel { name: "1280x800", width: 1280, height: 800, px_per_mm: 5.9 },
    Panel { name: "800x1280", width: 800, height: 1280, px_per_mm: 5.9 },
    Panel { name: "1024x600", width: 1024, height: 600, px_per_mm: 4.6 },
];

/// How somebody has the pages look: language, theme, size of the words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) english: bool,
    pub(crate) contrast: bool,
    pub(crate) text_size: u8,
}

/// All there are.
pub(crate) const LOOKS: [Look; 12] = {
    const SIZES: [u8; 3] = [0, 1, 2];
    let mut all = [Look { english: false, contrast: false, text_size: 0 }; 12];
    let mut n = 0;
    while n < 12 {
        all[n] = Look { english: n % 2 == 1, contrast: n / 2 % 2 == 1, text_size: SIZES[n / 4] };
        n += 1;
    }
    all
};

impl Look {
    pub(crate) fn name(self) -> String {
        let language = if self.english { "en" } else { "zh" };
        let theme = if self.contrast { "-contrast" } else { "" };
        let size = ["", "-large", "-largest"][usize::from(self.text_size)];
        format!("{language}{theme}{size}")
    }
}

/// Dresses a window.
pub(crate) fn suit(app: &App, look: Look) {
    app.global::<Shell>().set_high_contrast(look.contrast);
    app.global::<Shell>().set_text_size(look.text_size.into());
}

/// Opens a window of its own in this thread.
pub(crate) fn open(panel: Panel, english: bool) -> App {
    let backend = TestingBackend::new(TestingBackendOptions {
        mock_time: true,
        threading: false,
        renderer_name: Some("software".into()),
    });
    // A second window of the same thread finds the platform there.
    let _ = i_slint_core::platform::set_platform(Box::new(backend));
    let app = App::new().unwrap();
    ui::fonts::put_in_order();
    app.show().unwrap();
    app.window().set_size(slint::PhysicalSize::new(panel.width, panel.height));
    frame(&app, panel, english);
    app
}

/// Shows a scene in a clean window.
pub(crate) fn show(app: &App, scene: Scene, english: bool) {
    let shell = app.global::<Shell>();
    // Another page first, so that no page keeps what a former scene left in it.
    shell.set_page(Page::Attract);
    shell.set_help_open(false);
    shell.set_help(Help::None);
    shell.set_countdown(-1);
    shell.set_unsent(false);
    app.global::<Speak>().set_note("".into());
    app.global::<Speak>().set_has_voice(false);
    app.global::<Speak>().set_has_loudspeaker(false);
    app.global::<Staff>().set_has_stick(false);
    app.global::<Hear>().set_speaking(false);
    ui::wipe_visit(app);
    let keys = app.global::<Keys>();
    keys.set_method(Method::Letters);
    keys.set_has_pad(false);
    keys.set_has_pinyin(false);
    settle();
    (scene.set)(app, english);
    settle();
}

/// Lets pages appear and slides end.
pub(crate) fn settle() {
    for _ in 0..4 {
        i_slint_backend_testing::mock_elapsed_time(std::time::Duration::from_millis(400));
    }
}

pub(crate) fn paint(app: &App) -> SharedPixelBuffer<Rgba8Pixel> {
    app.window().take_snapshot().unwrap()
}

fn frame(app: &App, panel: Panel, english: bool) {
    let shell = app.global::<Shell>();
    shell.set_plain(true);
    shell.set_px_per_mm(panel.px_per_mm);
    shell.set_station("花桥镇人大代表联络站".into());
    shell.set_clock(if english { "21 Nov  9:30" } else { "11月21日 星期六 上午9:30" }.into());
    app.global::<Hear>().set_offered(true);
    shell.set_officer_name("陈秀英".into());
    shell.set_officer_phone("0793-7512345".into());
    ui::set_language(app, english);
    ui::set_station_code(app, Some("https://lianxin.example.gov.cn/s#00613"));
}
