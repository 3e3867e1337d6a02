//! The page of what is said aloud, and its door.

use i_slint_backend_testing::ElementQuery;
use kiosk::pages::{Act, App, Listening, Page, Phrases, Shell, Speak, VoiceNote};
use slint::ComponentHandle as _;

use crate::{
    behaviour::{labels, log, scene, tap},
    props::say,
    scenes::Scene,
    stage::{self, PANELS},
};

fn voice(app: &App, listening: Listening, recorded: i32, note: Option<VoiceNote>) {
    app.global::<Shell>().set_page(Page::Voice);
    let speak = app.global::<Speak>();
    speak.set_listening(listening);
    speak.set_seconds(12);
    speak.set_loudness(0.6);
    speak.set_recorded(recorded);
    speak.set_has_loudspeaker(true);
    speak.set_can_submit(recorded > 0);
    speak.set_voice_note(note.map(|note| app.global::<Phrases>().invoke_voice_note(note)).unwrap_or_default());
}

/// What became of a recording that was left under way.
fn news(app: &App, english: bool, note: VoiceNote) {
    say(app, english, "");
    let speak = app.global::<Speak>();
    speak.set_has_voice(true);
    speak.set_recorded(if note == VoiceNote::Lost { 0 } else { 42 });
    speak.set_can_submit(note != VoiceNote::Lost);
    speak.set_note(app.global::<Phrases>().invoke_voice_news(note));
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
        Scene { name: "say-lost", set: |app, english| news(app, english, VoiceNote::Lost) },
        Scene { name: "say-full", set: |app, english| news(app, english, VoiceNote::Full) },
        Scene { name: "say-gone", set: |app, english| news(app, english, VoiceNote::Gone) },
        Scene { name: "say-silent-again", set: |app, english| news(app, english, VoiceNote::SilentAgain) },
        Scene {
            name: "say-both",
            set: |app, english| {
                say(app, english, "路上有个大坑，容易摔跤。");
                app.global::<Speak>().set_has_voice(true);
                app.global::<Speak>().set_recorded(42);
            },
        },
        Scene { name: "voice", set: |app, _| voice(app, Listening::Now, 0, None) },
        Scene { name: "voice-soon", set: |app, _| voice(app, Listening::Soon, 0, None) },
        Scene { name: "voice-recorded", set: |app, _| voice(app, Listening::No, 42, None) },
        Scene {
            name: "voice-no-loudspeaker",
            set: |app, _| {
                voice(app, Listening::No, 42, None);
                app.global::<Speak>().set_has_loudspeaker(false);
            },
        },
        Scene { name: "voice-silent", set: |app, _| voice(app, Listening::No, 0, Some(VoiceNote::Silent)) },
        Scene { name: "voice-silent-again", set: |app, _| voice(app, Listening::No, 42, Some(VoiceNote::SilentAgain)) },
        Scene { name: "voice-dropping", set: |app, _| voice(app, Listening::No, 42, Some(VoiceNote::Dropping)) },
        Scene {
            name: "voice-mute",
            set: |app, _| {
                voice(app, Listening::No, 42, Some(VoiceNote::Mute));
                app.global::<Speak>().set_has_loudspeaker(false);
            },
        },
        Scene { name: "voice-gone", set: |app, _| voice(app, Listening::No, 42, Some(VoiceNote::Gone)) },
        Scene {
            name: "voice-no-microphone",
            set: |app, _| voice(app, Listening::No, 0, Some(VoiceNote::NoMicrophone)),
        },
        Scene {
            name: "voice-not-kept",
            set: |app, _| {
                voice(app, Listening::No, 42, None);
                app.global::<Speak>().set_note(app.global::<Phrases>().invoke_not_written());
            },
        },
    ]
}

fn words(app: &App) -> Vec<String> {
    let texts = ElementQuery::from_root(app).match_descendants().match_inherits("Text").find_all();
    texts.iter().filter_map(|text| text.accessible_label()).map(Into::into).collect()
}

#[test]
fn what_was_said_stands_beside_the_sentence_that_it_goes_with() {
    for panel in PANELS {
        let app = stage::open(panel, false);
        scene(&app, "say-both");
        let both = "路上有个大坑，容易摔跤。\n还有您说的 42 秒。".to_owned();
        assert!(words(&app).contains(&both), "{}: {:?}", panel.name, words(&app));
        app.global::<Speak>().set_recorded(0);
        assert!(!words(&app).iter().any(|words| words.contains("您说的")), "{}", panel.name);
        app.hide().unwrap();
    }
}

#[test]
fn what_became_of_a_recording_is_said_without_a_network_too() {
    let notes = [
        VoiceNote::Silent,
        VoiceNote::SilentAgain,
        VoiceNote::Full,
        VoiceNote::Gone,
        VoiceNote::NoMicrophone,
        VoiceNote::Lost,
        VoiceNote::Dropping,
        VoiceNote::Mute,
    ];
    for panel in PANELS {
        let app = stage::open(panel, false);
        for note in notes {
            scene(&app, "voice-silent");
            let (phrases, speak) = (app.global::<Phrases>(), app.global::<Speak>());
            let (said, offline) = (phrases.invoke_voice_note(note), phrases.invoke_offline_note());
            speak.set_voice_note(said.clone());
            speak.set_note(offline.clone());
            stage::settle();
            assert!(words(&app).contains(&said.into()), "{}: {note:?}", panel.name);
            speak.set_voice_note(Default::default());
            stage::settle();
            assert!(words(&app).contains(&offline.into()), "{}", panel.name);
        }
        app.hide().unwrap();
    }
}

#[test]
fn a_recording_can_be_heard_only_where_there_is_a_loudspeaker() {
    for panel in PANELS {
        let app = stage::open(panel, false);
        scene(&app, "voice-no-loudspeaker");
        assert!(!labels(&app).contains(&"听一听".to_owned()), "{}", panel.name);
        app.global::<Speak>().set_has_loudspeaker(true);
        stage::settle();
        let seen = log();
        let to = seen.clone();
        app.global::<Act>().on_voice_play(move |on| to.borrow_mut().push(on.to_string()));
        tap(&app, "听一听");
        app.global::<Speak>().set_playing(true);
        tap(&app, "别放了");
        assert_eq!(*seen.borrow(), ["true", "false"], "{}", panel.name);
        app.hide().unwrap();
    }
}

#[test]
fn what_is_to_be_dropped_stays_on_its_page_until_the_visit_says_otherwise() {
    for panel in PANELS {
        let app = stage::open(panel, false);
        scene(&app, "voice-recorded");
        let seen = log();
        let (to, back) = (seen.clone(), seen.clone());
        app.global::<Act>().on_voice_discard(move || to.borrow_mut().push("drop".into()));
        app.global::<Act>().on_back(move || back.borrow_mut().push("back".into()));
        tap(&app, "不要了");
        assert_eq!(*seen.borrow(), ["drop"], "{}", panel.name);
        app.hide().unwrap();
    }
}
