//! What a phone is told when it is not let in, or what it sent is not taken: what happened, and what to do. Nobody is
//! blamed, and the receipt is valid in every case.

use axum::http::StatusCode;

use crate::county::PhoneRefused;

/// Somebody tried too many QRs.
pub(super) const TOO_MANY: [&str; 2] =
    ["试的次数太多了，请过一会儿再来。", "Too many tries. Please wait a while and try again."];

/// The host's own trouble.
pub(super) const INTERNAL: [&str; 2] = [
    "县里的系统暂时忙，内容还在您手机上，请过一会儿再试。",
    "The county's system is busy. Nothing on your phone is lost; please try again in a while.",
];

/// The sentence, in Chinese and in English.
pub(super) fn of(refused: PhoneRefused) -> [&'static str; 2] {
    match refused {
        PhoneRefused::Late => [
            "这个二维码不能用了，它只能用十分钟。不要紧，小票照样有效；终端机上要是还开着您这张小票的那一页，可以在那里换个码再扫。",
            "This code can't be used any more; it lasts ten minutes. Your receipt is valid all the same. If your receipt is still on the terminal's screen, have a new code shown there and scan that.",
        ],
        PhoneRefused::Taken => [
            "这个二维码已经被一部手机打开了，一次只能用一部。请用那部手机接着写。",
            "Another phone has opened this code; only one can be used. Please go on with that phone.",
        ],
        PhoneRefused::NotOpened => [
            "请用手机扫终端机屏幕上的二维码，再打开这一页。",
            "Please scan the code on the terminal's screen to open this page.",
        ],
        PhoneRefused::Other => [
            "这部手机后来又打开了另一张小票的页面，这一页的没有交上，也没有交到那一张里。终端机上要是还开着这张小票的那一页，可以在那里换个码再扫，再补。",
            "This phone has opened the page of another receipt since. Nothing of this page was taken, nor added to the other. If this receipt is still on the terminal's screen, have a new code shown there and scan that.",
        ],
        PhoneRefused::Replaced => [
            "终端机上换了新的二维码，这一页的没有交上。请扫新的二维码再交。",
            "The terminal shows a new code; nothing of this page was taken. Please scan the new one.",
        ],
        PhoneRefused::Over => [
            "已经过了一天，这一页不能再交了。没交的字没有交上；已经送到的照片都在，小票照样有效。",
            "A day has passed and nothing more is taken. Words that were not handed over were not taken; photos that were sent are safe, and your receipt is valid.",
        ],
        PhoneRefused::Finished => {
            ["前面的已经交上了，这里不再收了。", "What was handed over before is safe; nothing more is taken here."]
        }
        PhoneRefused::Full => ["最多交 6 张照片，这张就不收了。", "Six photos at most; this one was not taken."],
        PhoneRefused::TooOften => [
            "试的次数太多，或者有太多文件不是照片，这里不再收照片了。文字还可以交。",
            "Too many tries, or too many files that were not photos. No more photos are taken here; words still are.",
        ],
        PhoneRefused::Long => [
            "这个文件太大了，超过 20 MB。请选一张普通照片，视频不收。",
            "This file is larger than 20 MB. Please choose an ordinary photo; videos are not taken.",
        ],
        PhoneRefused::Huge => [
            "这张照片的尺寸太大，打不开。请截个图再交，或者换一张。",
            "This picture is too large to be opened. Please send a screenshot of it, or another photo.",
        ],
        PhoneRefused::Video => [
            "这是视频，这里只收照片。请拍一张照片再交。",
            "This is a video; only photos are taken. Please send a photo.",
        ],
        PhoneRefused::Format => [
            "这张照片的格式（HEIC、WebP 这些）这里打不开。请截个图再交，或者在相机设置里选“兼容性最佳”再拍一张。",
            "This photo's format (such as HEIC or WebP) can't be opened here. Please send a screenshot, or set the camera to “most compatible”.",
        ],
        PhoneRefused::NotAPhoto => [
            "这不是照片，没有收。请选相机拍的照片。",
            "This is not a photo and was not taken. Please choose one from the camera.",
        ],
        PhoneRefused::Spoilt => [
            "这张照片打不开，可能坏了。请再拍一张，或者换一张。",
            "This photo can't be opened; it may be damaged. Please take another one.",
        ],
        PhoneRefused::BrokeOff => ["网断了一下，没有传完，正在再传。", "The connection broke; it is being sent again."],
        PhoneRefused::Busy => [
            "前面的照片还在收，正在排队，请稍等。",
            "Photos before this one are still being taken; please wait a moment.",
        ],
        PhoneRefused::Empty => [
            "还没有写字，也没有照片。写几句，或者加一张照片，再交。",
            "There are no words and no photos yet. Please add one or the other first.",
        ],
        PhoneRefused::LongText => {
            ["写得太长了，请不要超过 2000 字。", "Too long; please keep it within 2,000 characters."]
        }
        PhoneRefused::OddText => [
            "文字里有一个看不见的符号，收不了。请删掉粘贴来的内容，再写一遍。",
            "There is an invisible character in the text. Please remove what was pasted and write it again.",
        ],
    }
}

/// The status of the answer.
pub(super) fn status(refused: PhoneRefused) -> StatusCode {
    match refused {
        PhoneRefused::Late | PhoneRefused::Over | PhoneRefused::Replaced => StatusCode::GONE,
        PhoneRefused::Taken | PhoneRefused::Other | PhoneRefused::Finished | PhoneRefused::Full => StatusCode::CONFLICT,
        PhoneRefused::NotOpened => StatusCode::UNAUTHORIZED,
        PhoneRefused::TooOften => StatusCode::FORBIDDEN,
        PhoneRefused::Long => StatusCode::PAYLOAD_TOO_LARGE,
        PhoneRefused::Video | PhoneRefused::Format | PhoneRefused::NotAPhoto => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        PhoneRefused::Huge
        | PhoneRefused::Spoilt
        | PhoneRefused::Empty
        | PhoneRefused::LongText
        | PhoneRefused::OddText => StatusCode::UNPROCESSABLE_ENTITY,
        PhoneRefused::BrokeOff => StatusCode::REQUEST_TIMEOUT,
        PhoneRefused::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// What the page's script calls it.
pub(super) fn code(refused: PhoneRefused) -> &'static str {
    match refused {
        PhoneRefused::Late => "late",
        PhoneRefused::Taken => "taken",
        PhoneRefused::NotOpened => "not_opened",
        PhoneRefused::Other => "other",
        PhoneRefused::Replaced => "replaced",
        PhoneRefused::Over => "over",
        PhoneRefused::Finished => "finished",
        PhoneRefused::Full => "full",
        PhoneRefused::TooOften => "too_often",
        PhoneRefused::Long => "long",
        PhoneRefused::Huge => "huge",
        PhoneRefused::Video => "video",
        PhoneRefused::Format => "format",
        PhoneRefused::NotAPhoto => "not_a_photo",
        PhoneRefused::Spoilt => "spoilt",
        PhoneRefused::BrokeOff => "broke_off",
        PhoneRefused::Busy => "busy",
        PhoneRefused::Empty => "empty",
        PhoneRefused::LongText => "long_text",
        PhoneRefused::OddText => "odd_text",
    }
}
