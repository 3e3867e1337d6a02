//! A county with something on every page: people of each role, cases in each state, a roster, a call, an alarm.

use host::{
    county::{
        County,
        case::{Person, Unit, What},
        people::{NewPerson, Official},
    },
    setup::Machine,
    store::rosters::DutyRow,
};
use jiff::{SignedDuration, ToSpan};
use wire::{case::Role, intake::HelpCall};

use crate::support::{Said, Terminal, TestHost};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A long one, with a word that nothing can break.
const WORDS: &str = "村口到学校的那一段路坏了三个月，下雨天孩子们过不去。https://example.com/a-very-long-address-without-any-place-to-break-it-at-all-1234567890 请代表来看一看。\n\n还有，桥边的栏杆也松了。";

/// The furnished county, and a case in each state.
pub(crate) struct Furnished {
    pub(crate) host: TestHost,
    pub(crate) terminal: Terminal,
    pub(crate) county: County,
    pub(crate) station: String,
    pub(crate) unit: Unit,
    pub(crate) fresh: Said,
    pub(crate) closed: Said,
    /// A name for each, and its id.
    pub(crate) cases: Vec<(&'static str, String)>,
}

async fn person(county: &County, login: &str, name: &str, role: Role, unit: Option<&str>) -> Official {
    let new = NewPerson {
        login: login.into(),
        name: name.into(),
        role,
        unit: unit.map(str::to_owned),
        password: PASSWORD.into(),
    };
    county.add_person(&new).await.unwrap();
    let token = county.sign_in(login, PASSWORD, std::net::Ipv4Addr::LOCALHOST.into()).await.unwrap();
    county.session(&token).await.unwrap().unwrap()
}

impl Furnished {
    pub(crate) async fn new() -> Self {
        let host = TestHost::start().await;
        let clock = host.clock();
        let mut machine = Machine::prepare(&host.config, &clock).await.unwrap();
        let county = machine.county(&host.config, "https://127.0.0.1", &clock).await.unwrap().unwrap();
        let boss = person(&county, "boss", "刘主任", Role::County, None).await;
        let deputy = person(&county, "deputy", "陈代表", Role::Deputy, None).await;
        let clerk = person(&county, "clerk", "赵科长", Role::Unit, Some("县交通运输和住房城乡建设局")).await;
        let joint = person(&county, "joint", "钱科长", Role::Unit, Some("县水利局")).await;
        person(&county, "officer", "周联络员", Role::Officer, None).await;
        person(&county, "second", "孙代表", Role::Deputy, None).await;
        let (unit, joint) = (clerk.unit.clone().unwrap(), joint.unit.unwrap());

        let terminal = host.terminal().await;
        county.place_terminal(terminal.number, "花桥镇人大代表联络站").await.unwrap();
        let station = county.stations().await.unwrap().into_iter().find(|s| s.name.starts_with('花')).unwrap();
        let id = station.id.clone();
        let places = [("huaqiao".to_owned(), "花桥村".to_owned()), ("beishan".to_owned(), "北山村".to_owned())];
        let fields = host::store::bulletins::StationRow {
            telephone: "0570-6012345".into(),
            officer_name: "周联络员".into(),
            officer_telephone: "0570-6012346".into(),
            ..station
        };
        county.edit_station(&boss, fields, &places).await.unwrap();
        county.edit_settings(&boss, "送到县里后 3 个工作日内答复", "").await.unwrap();

        let mut furnished = Self {
            fresh: Said::new(&host.keys(), terminal.number, 1, WORDS),
            closed: Said::new(&host.keys(), terminal.number, 2, "路灯坏了。"),
            host,
            terminal,
            county,
            station: id,
            unit,
            cases: Vec::new(),
        };
        furnished.fill(&deputy, &clerk, joint).await;
        furnished.put_on_duty(&boss).await;
        furnished
    }

    /// Somebody who is on duty today, and somebody who is tomorrow.
    async fn put_on_duty(&self, boss: &Official) {
        let (county, id) = (&self.county, &self.station);
        let weekday = i64::from(county.today().weekday().to_monday_one_offset());
        for (name, weekday) in [("王代表", weekday), ("欧阳建国代表", weekday % 7 + 1)] {
            let who = county.add_to_roster(boss, id, (name, "县人大代表"), None).await.unwrap();
            let duty = DutyRow {
                id: String::new(),
                person: who.clone(),
                weekday: Some(weekday),
                day: None,
                from_time: "09:00".into(),
                to_time: "17:00".into(),
            };
            county.add_duty(boss, id, duty).await.unwrap();
            county
                .tell_at(boss, id, &who, "https://chat.example/robot?key=0123456789abcdef0123456789abcdef")
                .await
                .unwrap();
        }
    }

    /// A case in each state; the one that is overdue first, so that its period can pass.
    async fn fill(&mut self, deputy: &Official, clerk: &Official, joint: Unit) {
        let forward = |days: i32| What::Forward {
            main: self.unit.clone(),
            joint: vec![joint.clone()],
            due: self.county.today().checked_add(days.days()).unwrap(),
        };
        let reply = What::Reply("已派人到现场看过，三天内修好。请路过的群众注意安全。".into());
        let handed = What::HandOver(Person { id: deputy.id.clone(), name: deputy.name.clone() });
        let way = [
            (deputy, What::Claim),
            (deputy, forward(7)),
            (clerk, reply),
            (deputy, What::Confirm),
            (deputy, What::Close),
        ];
        let states = ["received", "claimed", "forwarded", "answered", "confirmed", "closed"];
        let mut counter = 9;
        let mut made = Vec::new();
        let overdue = Said::new(&self.host.keys(), self.terminal.number, 3, WORDS);
        self.terminal.put(&self.host, &overdue).await;
        for what in [What::Claim, forward(1), handed] {
            self.county.act(deputy, &overdue.id.to_string(), what).await.unwrap();
        }
        self.host.clock.turn(SignedDuration::from_hours(49));
        made.push(("overdue", overdue.id.to_string()));
        for (steps, name) in states.into_iter().enumerate() {
            counter += 1;
            let said = match name {
                "closed" => Said { bytes: self.closed.bytes.clone(), ..again(&self.closed) },
                _ => Said::new(&self.host.keys(), self.terminal.number, counter, WORDS),
            };
            assert!(self.terminal.put(&self.host, &said).await.status().is_success());
            for (who, what) in way.iter().take(steps) {
                self.county.act(who, &said.id.to_string(), what.clone()).await.unwrap();
            }
            made.push((name, said.id.to_string()));
        }
        let declined = Said::new(&self.host.keys(), self.terminal.number, 4, "想在山顶修一条路。");
        self.terminal.put(&self.host, &declined).await;
        let reason = What::Explain("山顶属于生态保护区，按规定不能修路。以后规划有变化，我们会再答复。".into());
        for what in [What::Claim, reason] {
            self.county.act(deputy, &declined.id.to_string(), what).await.unwrap();
        }
        made.push(("declined", declined.id.to_string()));
        let keys = self.host.keys();
        let spoken = |counter, name| {
            let said = Said::spoken(&keys, self.terminal.number, counter, "（语音留言，约3秒）", Some(3));
            (name, said)
        };
        for (name, said) in [spoken(30, "announced"), spoken(31, "spoken")] {
            assert!(self.terminal.put(&self.host, &said).await.status().is_success());
            let id = said.id.to_string();
            if name == "spoken" {
                assert!(self.terminal.put(&self.host, &self.terminal.recording(&said)).await.status().is_success());
                self.county.act(deputy, &id, What::Claim).await.unwrap();
                self.county.transcribe(deputy, &id, "村口的鹿灯坏了。".into()).await.unwrap();
                self.county.transcribe(deputy, &id, "村口的路灯坏了，请来看看。".into()).await.unwrap();
            }
            made.push((name, id));
        }
        // One number twice is an alarm.
        let twice = Said::new(&self.host.keys(), self.terminal.number, 4, "另一件事。");
        self.terminal.put(&self.host, &twice).await;
        self.terminal.put(&self.host, &self.fresh).await;
        self.county.help(self.terminal.number, &HelpCall { id: uuid::Uuid::new_v4() }).await.unwrap();
        self.cases = made;
    }

    /// The address of a case's page.
    pub(crate) fn case(&self, name: &str) -> String {
        let (_, id) = self.cases.iter().find(|(known, _)| *known == name).unwrap();
        format!("/county/cases/{id}")
    }
}

fn again(said: &Said) -> Said {
    Said {
        id: said.id,
        ticket: said.ticket,
        secret: said.secret.clone(),
        code: said.code.clone(),
        bytes: said.bytes.clone(),
    }
}
