//! What is spoken of each page, by tables.

use std::collections::{BTreeMap, BTreeSet};

use sound_line::{Language, spoken};
use wire::{bulletin::Officer, view::Reply};

use super::{super::*, a_recording, at_done, at_say, shown, terminal, touch};
use crate::{input::Unread, session::heard::Clip};

/// What is spoken at a touch of 听一遍.
fn speech(session: &mut Session, shown: Shown) -> String {
    match touch(session, shown).pop() {
        Some(Action::Speak { phrases, .. }) => {
            phrases.iter().map(|phrase| phrase.join(" ")).collect::<Vec<_>>().join(" | ")
        }
        _ => panic!("nothing is spoken of {:?}", session.page),
    }
}

/// A number as it is spoken behind what it is, with a breath before it and two behind.
fn slowly(number: &str) -> String {
    format!("pause {} pause pause", spoken::digits(number).join(" "))
}

fn at_found(view: Box<View>) -> Session {
    let mut session = terminal();
    let question = asked(&scan(&mut session));
    play(&mut session, [Event::Tracked(question, TrackResult::Fresh(view))]);
    session
}

#[test]
fn every_clip_of_a_page_has_its_text_in_both_languages_and_no_text_is_recorded_for_nothing() {
    let tables = [
        include_str!("../../../../sound/clips/pages.toml"),
        include_str!("../../../../sound/clips/states.toml"),
        include_str!("../../../../sound/clips/numbers.toml"),
    ];
    let texts: BTreeMap<String, BTreeMap<String, String>> =
        tables.iter().flat_map(|table| toml::from_str::<BTreeMap<_, _>>(table).unwrap()).collect();
    for language in Language::ALL {
        let of_pages = Clip::ALL.iter().map(|clip| clip.name().to_owned());
        let wanted: BTreeSet<String> = of_pages.chain(spoken::vocabulary(language)).collect();
        let there = texts.iter().filter(|(_, text)| text.contains_key(language.code()));
        assert_eq!(there.map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), wanted, "{language:?}");
    }
}

#[test]
fn every_page_is_spoken() {
    let pages = [
        (Page::Attract, "page-attract"),
        (Page::Home, "page-home"),
        (
            Page::Category,
            "page-category | name-道路 | name-饮水 | name-路灯 | name-卫生 | name-农田 | name-看病 | name-上学 | name-养老 | \
             name-纠纷 | name-补贴 | name-表扬 | name-别的事",
        ),
        (Page::Place, "page-place | name-新屋村 | name-花桥村"),
        (Page::Say, "page-say | say-on-receipt"),
        (Page::Voice, "page-voice"),
        (Page::Printing, "keeping"),
        (Page::Done, "keeping"),
        (Page::Contact, "page-contact"),
        (Page::Phone, "page-phone"),
        (Page::Find, "page-find"),
        (Page::People, "people-nobody"),
        (Page::OutOfService, "page-out-of-service"),
        (Page::Pin, "page-pin"),
        (Page::Officer, "page-officer"),
        (Page::Lookup, "page-lookup"),
        (Page::RosterCheck, "page-roster-check"),
        (Page::Stick, "page-stick"),
        (Page::Technician, "page-technician"),
    ];
    for (page, expected) in pages {
        let mut session = terminal();
        session.page = page;
        assert_eq!(speech(&mut session, shown()), expected);
    }
    let mut session = at_found(view(false));
    assert!(speech(&mut session, shown()).starts_with("page-found | "));
}

#[test]
fn a_receipt_is_claimed_only_where_it_came_out() {
    let faults = [PrinterFault::NoPaper, PrinterFault::CoverOpen, PrinterFault::NoAnswer].map(Paper::Waits);
    let all = [
        (Paper::Printing, "slip-printing", true),
        (Paper::Printed, "slip-printed", true),
        (Paper::Taken, "slip-taken", true),
        (Paper::Retracted, "slip-retracted", false),
        (Paper::Unsure, "slip-unsure", false),
        (Paper::Incomplete, "slip-incomplete", false),
    ];
    for (paper, slip, goes_on) in all.into_iter().chain(faults.map(|paper| (paper, "slip-waits", true))) {
        let mut session = at_done(Paper::Unsure);
        play(&mut session, [Event::Paper { ticket: ticket(), paper }]);
        let code = session.done.as_ref().unwrap().submitted.code.grouped();
        let (number, code) = (slowly(&ticket().grouped()), slowly(&code));
        let expected = format!("page-done | {slip} | your-number {number} | your-code {code}");
        let end = if goes_on { " | on-its-way | contact-offer | phone-offer | finish" } else { "" };
        assert_eq!(speech(&mut session, shown()), format!("{expected}{end}"), "{paper:?}");
        let others = all.iter().map(|(_, other, _)| *other).chain(["slip-waits"]).filter(|other| *other != slip);
        let said = speech(&mut session, shown());
        others.for_each(|other| assert!(!said.contains(other), "{paper:?}: {said}"));
    }
    let mut session = at_done(Paper::Unsure);
    play(&mut session, [Event::ReceiptTaken]);
    assert!(!speech(&mut session, shown()).contains("slip-"), "nothing is known of it");
}

#[test]
fn what_becomes_of_a_suggestion_is_said_as_far_as_it_is_known() {
    let mut session = at_done(Paper::Printed);
    play(&mut session, [Event::Online(false)]);
    assert!(speech(&mut session, shown()).contains(" | waits-for-network | contact-offer | finish"));
    play(&mut session, [Event::Delivered { ticket: ticket() }]);
    assert!(speech(&mut session, shown()).contains(" | at-the-county | "));
    play(&mut session, [Event::ContactNotSaved(ticket())]);
    assert!(speech(&mut session, shown()).ends_with(" | contact-not-saved | finish"), "no phone without a network");
    play(&mut session, [Event::ContactSaved(ticket())]);
    assert!(speech(&mut session, shown()).ends_with(" | at-the-county | contact-saved | finish"));
}

#[test]
fn nothing_that_a_villager_entered_is_spoken() {
    let mut session = at_say();
    let entered = [Event::TextEdited("井水发黄".into()), Event::LandmarkEdited("老井旁边".into())];
    play(&mut session, entered);
    let said = speech(&mut session, shown());
    assert_eq!(
        said, "page-say | say-on-receipt | say-hand-over",
        "the words, the landmark, the village are not among them"
    );
    play(&mut session, [Event::Aloud(Hearing::Ended)]);
    let question = asked(&play(&mut session, [Event::Submit]));
    play(&mut session, [submitted(question), Event::Paper { ticket: ticket(), paper: Paper::Printed }]);
    play(&mut session, [Event::OpenContact, Event::SaveContact { name: "王秀兰".into(), phone: "13877".into() }]);
    let said = speech(&mut session, shown());
    assert!(!said.contains("name-") && !said.contains(&spoken::digits("13877").join(" ")), "{said}");
    let mut session = terminal();
    play(&mut session, [Event::OpenFind]);
    play(&mut session, typed("30117"));
    assert_eq!(speech(&mut session, shown()), "page-find");
}

#[test]
fn the_page_of_words_says_what_is_on_it() {
    let mut session = at_say();
    assert_eq!(speech(&mut session, shown()), "page-say | say-on-receipt");
    let sentences = vec![SENTENCE.into(), "路上有个大坑，容易摔跤。".into()];
    let more = || Shown { sentences: sentences.clone(), more_sentences: true, ..shown() };
    assert_eq!(
        speech(&mut session, more()),
        "page-say | name-村里的路坏了，不好走。 | name-路上有个大坑，容易摔跤。 | say-more | say-on-receipt"
    );
    play(&mut session, [Event::HasVoice(true), Event::ToggleSentence(SENTENCE.into()), Event::Online(false)]);
    assert_eq!(speech(&mut session, shown()), "page-say | say-aloud | say-on-receipt | say-hand-over | no-network");
    session.speak.voice.recording = Some(a_recording());
    session.speak.not_written = true;
    assert_eq!(speech(&mut session, shown()), "not-written | page-say | say-recorded | say-on-receipt | say-hand-over");
    session.speak.not_written = false;
    session.speak.voice.note = Some(VoiceNote::Lost);
    assert!(speech(&mut session, shown()).starts_with("voice-lost | page-say | "));
    play(&mut session, [Event::WriteMyself(true)]);
    assert_eq!(speech(&mut session, shown()), "say-writing");
    for (unread, expected) in
        [(Unread::Unknown, "pad-unread"), (Unread::Unreadable, "pad-gone"), (Unread::Dropping, "pad-dropping")]
    {
        let said = speech(&mut session, Shown { unread: Some(unread), ..more() });
        assert_eq!(said, format!("{expected} | say-writing"));
    }
    let mut session = terminal();
    session.page = Page::Place;
    assert_eq!(speech(&mut session, Shown { describing: true, ..shown() }), "place-landmark");
    let long = vec![Place { id: "x".into(), name: "王家村".into() }; 7];
    play(&mut session, [Event::Bulletin(Box::new(Bulletin { places: long, ..bulletin() }), None)]);
    assert_eq!(speech(&mut session, shown()), "page-place", "a long list is read faster");
}

#[test]
fn the_page_of_the_voice_says_what_became_of_it() {
    for (note, recorded, expected) in [
        (None, true, "voice-recorded"),
        (Some(VoiceNote::Silent), false, "voice-silent"),
        (Some(VoiceNote::Silent), true, "voice-silent | voice-recorded"),
        (Some(VoiceNote::SilentAgain), true, "voice-silent-again | voice-recorded"),
        (Some(VoiceNote::Dropping), true, "voice-dropping | voice-recorded"),
        (Some(VoiceNote::Full), true, "voice-full | voice-recorded"),
        (Some(VoiceNote::Gone), true, "voice-gone | voice-recorded"),
        (Some(VoiceNote::NoMicrophone), false, "no-microphone"),
        (Some(VoiceNote::Lost), false, "voice-lost"),
    ] {
        let mut session = at_say();
        session.page = Page::Voice;
        session.speak.voice.note = note;
        session.speak.voice.recording = recorded.then(a_recording);
        assert_eq!(speech(&mut session, shown()), expected);
    }
}

#[test]
fn finding_says_what_to_mend_before_all_else() {
    let troubles = [
        (Trouble::NumberShort, "find-number-short"),
        (Trouble::NumberWrong, "find-number-wrong"),
        (Trouble::CodeShort, "find-code-short"),
        (Trouble::NotFound, "find-not-found"),
        (Trouble::TooMany, "find-too-many"),
        (Trouble::Offline, "find-offline"),
        (Trouble::ForeignCode, "find-foreign"),
    ];
    for (trouble, expected) in troubles {
        let mut session = terminal();
        play(&mut session, [Event::OpenFind]);
        session.find.trouble = Some(trouble);
        assert_eq!(speech(&mut session, Shown { has_scanner: true, ..shown() }), expected);
    }
    let mut session = terminal();
    play(&mut session, [Event::OpenFind]);
    assert_eq!(speech(&mut session, Shown { has_scanner: true, ..shown() }), "find-scan | page-find");
    scan(&mut session);
    assert_eq!(speech(&mut session, shown()), "find-busy");
}

#[test]
fn what_was_found_says_its_state_whether_there_is_a_reply_and_asks_only_who_can_be_asked() {
    let reply = Reply { text: "修好了".into(), by: "水利站".into(), at: jiff::Timestamp::UNIX_EPOCH };
    let of = |state, replied: bool, can_rate| {
        let reply = replied.then(|| reply.clone());
        Box::new(View { state, reply, ..*view(can_rate) })
    };
    for (view, expected) in [
        (of(State::Received, false, false), "page-found | state-received | found-no-reply"),
        (of(State::Claimed, false, false), "page-found | state-claimed | found-no-reply"),
        (of(State::Forwarded, false, false), "page-found | state-forwarded | found-no-reply"),
        (of(State::Answered, true, false), "page-found | state-answered | found-reply"),
        (of(State::Confirmed, true, false), "page-found | state-confirmed | found-reply"),
        (of(State::Closed, true, true), "page-found | state-closed | found-reply | found-rate"),
        (of(State::Rated, true, false), "page-found | state-rated | found-reply"),
        (of(State::Reopened, true, false), "page-found | state-reopened | found-reply"),
        (of(State::Unknown, false, false), "page-found | state-under-way | found-no-reply"),
    ] {
        assert_eq!(speech(&mut at_found(view), shown()), expected);
    }
    let declined = View { reason: Some("没有钱".into()), ..*of(State::Declined, false, false) };
    let mut session = at_found(Box::new(declined));
    assert_eq!(speech(&mut session, shown()), "page-found | state-declined | found-reason");

    let mut session = at_found(of(State::Closed, true, true));
    play(&mut session, [Event::Rate(Satisfaction::Bad), Event::RatingNotSaved(ticket())]);
    assert!(speech(&mut session, shown()).ends_with("found-reply | found-not-kept"));
    play(&mut session, [Event::Rate(Satisfaction::Bad), Event::RatingSaved(ticket())]);
    assert!(speech(&mut session, shown()).ends_with("found-reply | found-rated"));

    for (result, expected) in [
        (
            TrackResult::Kept(of(State::Received, false, false)),
            "found-kept | page-found | state-received | found-no-reply",
        ),
        (TrackResult::StillHere { category: "道路".into() }, "found-still-here"),
    ] {
        let mut session = terminal();
        let question = asked(&scan(&mut session));
        play(&mut session, [Event::Tracked(question, result)]);
        assert_eq!(speech(&mut session, shown()), expected);
    }
}

#[test]
fn who_is_here_is_named_whole_or_not_at_all() {
    let here =
        |names: &[&str]| Shown { roster: true, here: names.iter().map(|name| (*name).to_owned()).collect(), ..shown() };
    for (on_screen, expected) in [
        (here(&[]), "page-people"),
        (here(&["王秀兰"]), "page-people | here-today name-王秀兰 pause"),
        (here(&["王秀兰", "李建国"]), "page-people | here-today name-王秀兰 pause name-李建国 pause"),
        (here(&["王秀兰", "../名"]), "page-people"),
        (here(&["王秀兰"; 7]), "page-people"),
        (Shown { stale: true, ..here(&[]) }, "people-stale | page-people"),
        (Shown { stale: true, ..shown() }, "people-stale | people-nobody"),
    ] {
        let mut session = terminal();
        play(&mut session, [Event::OpenPeople]);
        assert_eq!(speech(&mut session, on_screen), expected);
    }
}

#[test]
fn a_terminal_that_takes_nothing_says_why_and_whom_to_call() {
    let officer = Some(Officer { name: "周".into(), telephone: "0771-12".into() });
    for (note, why) in [
        (Note::NotEnrolled, "broken-not-enrolled"),
        (Note::CannotWrite, "broken-cannot-write"),
        (Note::Full, "broken-full"),
        (Note::StartsAnew, "broken-starts-anew"),
    ] {
        let mut session = terminal();
        let bulletin = Bulletin { officer: officer.clone(), ..bulletin() };
        play(&mut session, [Event::Bulletin(Box::new(bulletin), None), Event::Broken(Some(note))]);
        let phone = format!("telephone {}", slowly("0771-12"));
        assert_eq!(speech(&mut session, shown()), format!("page-out-of-service | {why} | {phone}"));
    }
}

#[test]
fn the_page_of_help_says_whether_somebody_comes_and_whom_to_call_on_every_page() {
    let officer = Some(Officer { name: "周".into(), telephone: "0771-12".into() });
    let phone = format!("telephone {}", slowly("0771-12"));
    for page in [Page::Home, Page::Say, Page::OutOfService] {
        let mut session = terminal();
        play(&mut session, [Event::Bulletin(Box::new(Bulletin { officer: officer.clone(), ..bulletin() }), None)]);
        session.page = page;
        let question = asked(&play(&mut session, [Event::CallHelp]));
        let unread = || Shown { unread: Some(Unread::Unknown), ..shown() };
        let said = speech(&mut session, unread());
        assert_eq!(said, format!("help-calling | help-otherwise | {phone} | help-close"), "{page:?}");
        play(&mut session, [Event::HelpTaken(question)]);
        assert_eq!(speech(&mut session, unread()), format!("help-taken | help-otherwise | {phone} | help-close"));
        play(&mut session, [Event::HelpAcknowledged(question)]);
        assert_eq!(speech(&mut session, unread()), format!("help-acknowledged | {phone} | help-close"));
        play(&mut session, [Event::CloseHelp]);
        assert!(!speech(&mut session, shown()).contains("help-"), "{page:?}");
    }
}

#[test]
fn the_officers_pages_say_how_far_it_is() {
    let stick = |stick| Some(StaffResult::Stick(stick));
    for (result, busy, expected) in [
        (None, false, "page-stick"),
        (None, true, "stick-looking"),
        (stick(Stick::Writing { done: 1, of: 2 }), true, "stick-writing"),
        (stick(Stick::Done(2)), false, "stick-done"),
        (stick(Stick::Nothing), false, "stick-nothing"),
        (stick(Stick::Full), false, "stick-trouble"),
    ] {
        let mut session = terminal();
        session.page = Page::Stick;
        (session.staff.result, session.staff.busy) = (result, busy);
        assert_eq!(speech(&mut session, shown()), expected);
    }
    let mut session = terminal();
    sign_in(&mut session, Door::Officer);
    play(&mut session, [Event::StaffPaper(Some(1))]);
    assert_eq!(speech(&mut session, shown()), "officer-paper");
}

#[test]
fn without_a_code_none_is_to_be_scanned() {
    let mut session = at_done(Paper::Printed);
    session.page = Page::Phone;
    assert_eq!(speech(&mut session, shown()), "page-phone");
    for phone in [Phone::Over, Phone::Refused(NoPhone::Offline)] {
        session.done.as_mut().unwrap().phone = phone;
        assert_eq!(speech(&mut session, shown()), "phone-none");
    }
}
