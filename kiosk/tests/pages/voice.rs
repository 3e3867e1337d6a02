//! The page of what is said aloud, and its door.

use kiosk::pages::{App, Listening, Page, Phrases, Shell, Speak, VoiceNote};
use slint::ComponentHandle as _;

use crate::scenes::{Scene, say};

fn voice(app: &App, listening: Listening, recorded: i32, note: VoiceNote) {
    app.global::<Shell>().set_page(Page::Voice);
    let speak = app.global::<Speak>();
    speak.set_listening(listening);
    speak.set_seconds(12);
    speak.set_loudness(0.6);
    speak.set_recorded(recorded);
    speak.set_can_submit(recorded > 0);
    speak.set_voice_note(app.global::<Phrases>().invoke_voice_note(note));
}

/// These pages in each state that changes their shape.
pub(crate) fn scenes() -> Vec<Scene> {
    vec![
        Scene {
            name: "say-aloud",
            set: |app, english| {
                say(app, english, "");
                app.global::<Speak>().set_has_voice(true);
            },
        },
        Scene {
            name: "say-spoken",
            set: |app, english| {
                say(app, english, "");
                app.global::<Speak>().set_has_voice(true);
                app.global::<Speak>().set_recorded(42);
            },
        },
        Scene { name: "voice-soon", set: |app, _| voice(app, Listening::Soon, 0, VoiceNote::None) },
        Scene { name: "voice", set: |app, _| voice(app, Listening::Now, 0, VoiceNote::None) },
        Scene { name: "voice-recorded", set: |app, _| voice(app, Listening::No, 42, VoiceNote::None) },
        Scene { name: "voice-silent", set: |app, _| voice(app, Listening::No, 0, VoiceNote::Silent) },
        Scene { name: "voice-gone", set: |app, _| voice(app, Listening::No, 42, VoiceNote::Gone) },
        Scene { name: "voice-no-microphone", set: |app, _| voice(app, Listening::No, 0, VoiceNote::NoMicrophone) },
        Scene {
            name: "voice-not-kept",
            set: |app, _| {
                voice(app, Listening::No, 42, VoiceNote::None);
                app.global::<Speak>().set_note(app.global::<Phrases>().invoke_not_written());
            },
        },
    ]
}
