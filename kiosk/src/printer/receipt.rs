//! What stands on paper: facts in, operations out. Invariant: does no I/O; name and telephone of a villager don't exist
//! here, and the words only where they were asked for.

use jiff::civil::DateTime;
use wire::{secret::QueryCode, ticket::TicketNumber};

use super::text::{clean, columns, wrap};

/// The paper's printable width at 203 dots per inch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// 58 mm paper, 384 dots: 32 columns of ASCII, 16 of Chinese.
    Mm58,
    /// 80 mm paper, 576 dots: 48 columns of ASCII, 24 of Chinese.
    Mm80,
}

impl Width {
    /// The width of paper with so many millimetres.
    #[must_use]
    pub fn of_paper(millimetres: u32) -> Option<Self> {
        match millimetres {
            58 => Some(Self::Mm58),
            80 => Some(Self::Mm80),
            _ => None,
        }
    }

    /// Printable dots.
    #[must_use]
    pub fn dots(self) -> u16 {
        match self {
            Self::Mm58 => 384,
            Self::Mm80 => 576,
        }
    }

    /// Columns of ASCII in 12 dots; a Chinese character takes two.
    #[must_use]
    pub fn columns(self) -> usize {
        usize::from(self.dots() / 12)
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    Left,
    /// In the middle.
    Centre,
}

/// One operation of a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// What follows stands here.
    Align(Align),
    /// What follows is so many times as wide and as high.
    Size(u8),
    /// What follows is bold.
    Bold(bool),
    /// A line and its end.
    Line(String),
    /// Blank paper, in dots.
    Feed(u8),
    /// A QR code.
    Qr {
        /// What it holds.
        text: String,
        /// Dots of one module.
        module: u8,
    },
    /// A CODE128 barcode.
    Barcode {
        /// The digits in it.
        digits: String,
        /// Dots of the thinnest bar.
        module: u8,
    },
    /// A partial cut behind the last line.
    Cut,
}

/// What every receipt of a station has in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letterhead {
    /// The station's name.
    pub station: String,
    /// Its telephone; may be empty.
    pub telephone: String,
    /// Where the QR leads.
    pub public_base: String,
    /// The county's promise in its own words.
    pub reply_period: Option<String>,
    /// IANA name of the county's time zone.
    pub zone: String,
}

/// One receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// The station.
    pub head: &'a Letterhead,
    /// The ticket.
    pub ticket: TicketNumber,
    /// The query code.
    pub code: &'a QueryCode,
    /// The address in the QR.
    pub link: &'a str,
    /// The category.
    pub category: &'a str,
    /// The place, where one was said.
    pub place: Option<&'a str>,
    /// When, in the county's zone, where the day is known.
    pub at: Option<DateTime>,
    /// The words, where the villager asked for them.
    pub text: Option<&'a str>,
    /// Copies that may have come out before.
    pub copy: u32,
}

/// Slips that belong to no job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// For the officer who changed the paper.
    Test,
    /// A new query code for a receipt that was lost.
    Reissued {
        /// The ticket.
        ticket: TicketNumber,
        /// Its new code.
        code: QueryCode,
    },
}

/// Modules that a QR code keeps blank around it. Source: ISO/IEC 18004.
const QUIET_MODULES: u8 = 4;

/// Dots of a line of text.
pub(super) const LINE_DOTS: u8 = 30;

/// Composes lines into operations.
struct Page {
    width: Width,
    ops: Vec<Op>,
}

impl Page {
    fn new(width: Width) -> Self {
        Self { width, ops: Vec::new() }
    }

    fn line(&mut self, text: &str) {
        let lines = wrap(&clean(text), self.width.columns());
        self.ops.extend(lines.into_iter().map(Op::Line));
    }

    fn large(&mut self, text: &str) {
        let lines = wrap(&clean(text), self.width.columns() / 2);
        self.ops.push(Op::Size(2));
        self.ops.extend(lines.into_iter().map(Op::Line));
        self.ops.push(Op::Size(1));
    }

    /// A label and its value; what is long goes on below the value's first character.
    fn field(&mut self, label: &str, value: &str) {
        let indent = columns(label) + 1;
        for (at, line) in wrap(&clean(value), self.width.columns() - indent).into_iter().enumerate() {
            let lead = if at == 0 { format!("{label} ") } else { " ".repeat(indent) };
            self.ops.push(Op::Line(lead + &line));
        }
    }

    fn rule(&mut self) {
        self.ops.push(Op::Line("-".repeat(self.width.columns())));
    }

    /// What has to be copied by hand is as large as it can be.
    fn number_and_code(&mut self, ticket: TicketNumber, code: &QueryCode) {
        self.push(Op::Feed(LINE_DOTS / 2));
        self.line("您的编号");
        self.large(&ticket.grouped());
        self.push(Op::Feed(LINE_DOTS / 4));
        self.large(&format!("查询码 {}", code.grouped()));
    }

    fn push(&mut self, op: Op) {
        self.ops.push(op);
    }
}

impl Receipt<'_> {
    /// Lays the receipt out.
    #[must_use]
    pub fn layout(&self, width: Width) -> Vec<Op> {
        let mut page = Page::new(width);
        self.heading(&mut page);
        page.rule();
        page.push(Op::Align(Align::Left));
        page.field("类别", self.category);
        if let Some(place) = self.place {
            page.field("地点", place);
        }
        if let Some(at) = self.at {
            page.field("时间", &at.strftime("%Y年%-m月%-d日 %H:%M").to_string());
        }
        if let Some(text) = self.text {
            page.rule();
            page.line(text);
        }
        page.rule();
        page.push(Op::Align(Align::Centre));
        page.line("先由本站代表接收");
        if let Some(period) = &self.head.reply_period {
            page.line(period);
        }
        self.codes(&mut page);
        if !self.head.telephone.is_empty() {
            page.line(&format!("本站电话 {}", self.head.telephone));
        }
        page.line("谢谢您说出来");
        page.push(Op::Cut);
        page.ops
    }

    fn heading(&self, page: &mut Page) {
        page.push(Op::Align(Align::Centre));
        page.large("意见登记小票");
        page.line(&self.head.station);
        if self.copy > 0 {
            page.push(Op::Bold(true));
            page.line(&format!("补打 第{}次", self.copy));
            page.push(Op::Bold(false));
        }
        page.number_and_code(self.ticket, self.code);
    }

    fn codes(&self, page: &mut Page) {
        let module = qr_module(self.link, page.width);
        page.push(Op::Feed(QUIET_MODULES * module));
        page.push(Op::Qr { text: self.link.to_owned(), module });
        page.push(Op::Feed(QUIET_MODULES * module));
        page.line("扫码看办到哪一步");
        page.push(Op::Feed(LINE_DOTS / 2));
        let module = if page.width == Width::Mm58 { 2 } else { 3 };
        page.push(Op::Barcode { digits: self.ticket.to_string(), module });
        page.push(Op::Feed(LINE_DOTS / 2));
    }
}

/// The largest module, up to a millimetre, with which a QR code and its blank edge fit on the paper.
fn qr_module(link: &str, width: Width) -> u8 {
    let most = if width == Width::Mm58 { 6 } else { 8 };
    // The printer draws it: only its size is asked for here.
    let sized = qrcode::bits::encode_auto(link.as_bytes(), qrcode::EcLevel::M);
    let modules = sized.map_or(177, |bits| bits.version().width());
    let fitting = i32::from(width.dots()) / (i32::from(modules) + 2 * i32::from(QUIET_MODULES));
    u8::try_from(fitting).unwrap_or(most).clamp(1, most)
}

impl Slip {
    /// Lays the slip out.
    #[must_use]
    pub fn layout(&self, head: &Letterhead, width: Width) -> Vec<Op> {
        let mut page = Page::new(width);
        page.push(Op::Align(Align::Centre));
        match self {
            Self::Test => {
                page.large("打印测试");
                page.line(&head.station);
                page.rule();
                page.line("字迹清楚、纸切断了，就可以用了。");
                page.line("0123456789");
            }
            Self::Reissued { ticket, code } => {
                page.large("补发查询码");
                page.line(&head.station);
                page.number_and_code(*ticket, code);
                page.rule();
                page.line("原来的查询码不能再用");
            }
        }
        page.push(Op::Cut);
        page.ops
    }
}
