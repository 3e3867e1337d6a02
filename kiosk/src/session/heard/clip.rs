//! The clips that pages are spoken with. Their texts, in both languages, are the tables in `kiosk/sound/clips`, which a test
//! holds to this list.

macro_rules! clips {
    ($($clip:ident = $name:literal,)+) => {
        /// What is said of a page.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Clip { $($clip,)+ }

        impl Clip {
            /// All of them.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$clip,)+];

            /// What its file is called.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$clip => $name,)+ }
            }
        }
    };
}

clips! {
    PageAttract = "page-attract",
    PageHome = "page-home",
    PageCategory = "page-category",
    PagePlace = "page-place",
    PageSay = "page-say",
    PageVoice = "page-voice",
    PageDone = "page-done",
    PageContact = "page-contact",
    PagePhone = "page-phone",
    PhoneNone = "phone-none",
    PageFind = "page-find",
    PageFound = "page-found",
    PagePeople = "page-people",
    PageOutOfService = "page-out-of-service",
    PagePin = "page-pin",
    PageOfficer = "page-officer",
    PageLookup = "page-lookup",
    PageRosterCheck = "page-roster-check",
    PageStick = "page-stick",
    PageTechnician = "page-technician",
    SayWriting = "say-writing",
    PadUnread = "pad-unread",
    SayAloud = "say-aloud",
    SayRecorded = "say-recorded",
    SayHandOver = "say-hand-over",
    PlaceLandmark = "place-landmark",
    NoNetwork = "no-network",
    NotWritten = "not-written",
    VoiceRecorded = "voice-recorded",
    VoiceSilent = "voice-silent",
    VoiceSilentAgain = "voice-silent-again",
    VoiceFull = "voice-full",
    VoiceGone = "voice-gone",
    NoMicrophone = "no-microphone",
    VoiceLost = "voice-lost",
    VoiceDropping = "voice-dropping",
    Keeping = "keeping",
    SlipPrinting = "slip-printing",
    SlipPrinted = "slip-printed",
    SlipTaken = "slip-taken",
    SlipRetracted = "slip-retracted",
    SlipUnsure = "slip-unsure",
    SlipIncomplete = "slip-incomplete",
    SlipWaits = "slip-waits",
    AtTheCounty = "at-the-county",
    OnItsWay = "on-its-way",
    WaitsForNetwork = "waits-for-network",
    ContactOffer = "contact-offer",
    ContactSaved = "contact-saved",
    ContactNotSaved = "contact-not-saved",
    Finish = "finish",
    FindScan = "find-scan",
    FindBusy = "find-busy",
    FindNumberShort = "find-number-short",
    FindNumberWrong = "find-number-wrong",
    FindCodeShort = "find-code-short",
    FindNotFound = "find-not-found",
    FindTooMany = "find-too-many",
    FindOffline = "find-offline",
    FindForeign = "find-foreign",
    FoundKept = "found-kept",
    FoundStillHere = "found-still-here",
    StateReceived = "state-received",
    StateClaimed = "state-claimed",
    StateForwarded = "state-forwarded",
    StateAnswered = "state-answered",
    StateConfirmed = "state-confirmed",
    StateClosed = "state-closed",
    StateDeclined = "state-declined",
    StateRated = "state-rated",
    StateReopened = "state-reopened",
    StateUnderWay = "state-under-way",
    FoundReply = "found-reply",
    FoundReason = "found-reason",
    FoundNoReply = "found-no-reply",
    FoundRate = "found-rate",
    FoundRated = "found-rated",
    FoundNotKept = "found-not-kept",
    PeopleNobody = "people-nobody",
    PeopleStale = "people-stale",
    BrokenNotEnrolled = "broken-not-enrolled",
    BrokenCannotWrite = "broken-cannot-write",
    BrokenFull = "broken-full",
    StickWriting = "stick-writing",
    StickDone = "stick-done",
    StickLooking = "stick-looking",
    StickNothing = "stick-nothing",
    OfficerPaper = "officer-paper",
    StickTrouble = "stick-trouble",
    IdleWarning = "idle-warning",
    HelpCalling = "help-calling",
    HelpTaken = "help-taken",
    HelpAcknowledged = "help-acknowledged",
    HelpOtherwise = "help-otherwise",
    HelpClose = "help-close",
    YourNumber = "your-number",
    YourCode = "your-code",
    HereToday = "here-today",
    Telephone = "telephone",
}
