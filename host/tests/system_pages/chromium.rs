//! Chromium without a window, as a phone: a small client of its DevTools protocol over a pipe.
//!
//! Invariants: it reaches loopback only and trusts one certificate, the host's; every wait has a deadline; each page has
//! cookies of its own. Source: Chrome DevTools Protocol; `--remote-debugging-pipe` reads from descriptor 3 and writes to
//! 4, messages are JSON with a NUL behind each.

use std::{
    cell::RefCell,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A start on a busy machine took 8 s.
const MOST: Duration = Duration::from_secs(60);

/// Where pictures of the pages are left to be looked at; without it, none.
const PICTURES: &str = "LIANXIN_SCREENSHOTS";

/// The width of a small phone, in CSS pixels.
pub(crate) const PHONE: u32 = 375;

struct Wire {
    to: ChildStdin,
    from: Receiver<Value>,
    last: u64,
    /// What happened and nobody has waited for yet.
    events: Vec<Value>,
}

/// A browser; ends with its owner.
pub(crate) struct Chromium {
    child: Child,
    wire: RefCell<Wire>,
    _profile: TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// SHA-256 of a certificate's public key, as `--ignore-certificate-errors-spki-list` wants it.
fn fingerprint(certificate: &Path) -> String {
    let pem = std::fs::read(certificate).unwrap();
    let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).unwrap();
    let key = pem.parse_x509().unwrap().tbs_certificate.subject_pki.raw.to_vec();
    STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &key))
}

impl Chromium {
    /// Starts it; `certificate` is the one that is trusted.
    pub(crate) fn start(certificate: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // The shell gives the pipe the descriptors that Chromium looks for.
        let mut child = Command::new("sh")
            .args(["-c", "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "chromium"])
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"])
            .arg(format!("--ignore-certificate-errors-spki-list={}", fingerprint(certificate)))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (send, from) = channel();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while out.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                if send.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let to = child.stdin.take().unwrap();
        Self { child, wire: RefCell::new(Wire { to, from, last: 0, events: Vec::new() }), _profile: profile }
    }

    fn call(&self, session: &str, method: &str, parameters: Value) -> Value {
        let mut wire = self.wire.borrow_mut();
        wire.last += 1;
        let id = wire.last;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if !session.is_empty() {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        wire.to.write_all(&bytes).unwrap();
        loop {
            let answer = wire.from.recv_timeout(MOST).unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
            wire.events.push(answer);
        }
    }

    /// Waits for an event of a page; false where nothing at all was heard for so long.
    fn comes(&self, session: &str, method: &str, within: Duration) -> bool {
        let mut wire = self.wire.borrow_mut();
        while !wire.events.iter().any(|e| e["method"] == method && e["sessionId"] == session) {
            let Ok(event) = wire.from.recv_timeout(within) else { return false };
            wire.events.push(event);
        }
        true
    }

    /// Forgets that an event happened.
    fn forget(&self, session: &str, method: &str) {
        self.wire.borrow_mut().events.retain(|e| e["method"] != method || e["sessionId"] != session);
    }

    /// A phone with a browser of its own.
    pub(crate) fn phone(&self, base: &str) -> Page<'_> {
        let context = self.call("", "Target.createBrowserContext", json!({}))["browserContextId"].clone();
        let blank = json!({ "url": "about:blank", "browserContextId": context });
        let target = self.call("", "Target.createTarget", blank)["targetId"].clone();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = self.call("", "Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        let page = Page { browser: self, context, session, base: base.to_owned() };
        for domain in ["Page.enable", "Network.enable", "Runtime.enable"] {
            page.call(domain, json!({}));
        }
        page.resize(PHONE, 740);
        page
    }
}

/// A page that is open.
pub(crate) struct Page<'a> {
    browser: &'a Chromium,
    context: Value,
    session: String,
    base: String,
}

impl Page<'_> {
    fn call(&self, method: &str, parameters: Value) -> Value {
        self.browser.call(&self.session, method, parameters)
    }

    /// Gives the page another window, of this size without its bars.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": true });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Draws the page as a printer would.
    pub(crate) fn as_printed(&self) {
        self.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    }

    /// Opens an address of the host and waits until it is there.
    pub(crate) fn open(&self, path: &str) {
        // A fragment alone would load nothing.
        for address in ["about:blank".to_owned(), format!("{}{path}", self.base)] {
            // Answered once the new document is there; not all of it.
            let answer = self.call("Page.navigate", json!({ "url": address }));
            assert!(answer.get("errorText").is_none(), "{path}: {answer}");
            self.until("document.readyState === 'complete'");
        }
    }

    /// What an expression comes to; a promise is waited for.
    pub(crate) fn eval(&self, expression: &str) -> Value {
        let wanted = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", wanted);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression holds.
    pub(crate) fn until(&self, holds: &str) {
        let most = MOST.as_millis();
        let came = self.eval(&format!(
            "new Promise((done) => {{ const look = setInterval(() => {{ if ({holds}) {{ clearInterval(look); \
             done(true); }} }}, 20); setTimeout(() => done(false), {most}); }})"
        ));
        assert_eq!(came, true, "{holds}: {}", self.text());
    }

    /// All that is to be read on the page.
    pub(crate) fn text(&self) -> String {
        self.eval("document.body.innerText").as_str().unwrap().to_owned()
    }

    /// Clicks where the middle of an element is.
    pub(crate) fn click(&self, selector: &str) {
        let middle = self.eval(&format!(
            "(() => {{ const e = document.querySelector({selector:?}); if (!e) return null; \
             e.scrollIntoView({{ block: 'center', behavior: 'instant' }}); const r = e.getBoundingClientRect(); \
             return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        ));
        assert!(middle.is_array(), "nothing to click at {selector}: {}", self.text());
        for kind in ["mousePressed", "mouseReleased"] {
            let at = json!({ "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", at);
        }
    }

    /// Clicks, and waits for the page that this leads to. A finger whose touch did nothing tries again.
    pub(crate) fn follow(&self, selector: &str) {
        self.browser.forget(&self.session, "Page.loadEventFired");
        for _ in 0..3 {
            self.click(selector);
            if self.browser.comes(&self.session, "Page.loadEventFired", MOST / 3) {
                return;
            }
        }
        panic!("{selector} leads nowhere: {}", self.text());
    }

    /// Types into a field.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        self.click(selector);
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Chooses from a list; its window is the system's and out of reach.
    pub(crate) fn choose(&self, selector: &str, value: &str) {
        let chosen = self.eval(&format!(
            "(() => {{ const e = document.querySelector({selector:?}); e.value = {value:?}; \
             e.dispatchEvent(new Event('change', {{ bubbles: true }})); return e.value; }})()"
        ));
        assert_eq!(chosen, value, "{selector} has no such choice");
    }

    /// Chooses files; their window is the system's and out of reach.
    pub(crate) fn choose_files(&self, selector: &str, files: &[PathBuf]) {
        let found =
            self.call("Runtime.evaluate", json!({ "expression": format!("document.querySelector({selector:?})") }));
        let field = &found["result"]["objectId"];
        self.call("DOM.setFileInputFiles", json!({ "files": files, "objectId": field }));
    }

    /// Takes the page's network away, or gives it back.
    pub(crate) fn is_offline(&self, offline: bool) {
        let network = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.call("Network.emulateNetworkConditions", network);
    }

    /// The cookies that this browser keeps: names and values.
    /// Requests for these (`*` stands for anything) come to nothing.
    pub(crate) fn never_gets(&self, urls: &[&str]) {
        self.call("Network.setBlockedURLs", json!({ "urls": urls }));
    }

    /// The browser forgets all cookies.
    pub(crate) fn drop_cookies(&self) {
        self.browser.call("", "Storage.clearCookies", json!({ "browserContextId": self.context }));
    }

    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        let wanted = json!({ "browserContextId": self.context });
        let found = self.browser.call("", "Storage.getCookies", wanted);
        let said = |cookie: &Value, what: &str| cookie[what].as_str().unwrap().to_owned();
        found["cookies"].as_array().unwrap().iter().map(|c| (said(c, "name"), said(c, "value"))).collect()
    }

    /// Everything that the page has asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        let wire = self.browser.wire.borrow();
        let sent = |e: &&Value| e["method"] == "Network.requestWillBeSent" && e["sessionId"] == self.session.as_str();
        let urls = wire.events.iter().filter(sent).map(|e| e["params"]["request"]["url"].as_str().unwrap().to_owned());
        urls.collect()
    }

    /// Leaves a picture of the whole page, where pictures are wanted.
    pub(crate) fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os(PICTURES).map(PathBuf::from) else { return };
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let png = self.call("Page.captureScreenshot", wanted)["data"].as_str().unwrap().to_owned();
        keep(&folder.join(format!("{name}.png")), &png);
    }

    /// The page on paper, as a PDF of this size.
    pub(crate) fn print(&self, name: &str) -> Vec<u8> {
        let wanted = json!({ "preferCSSPageSize": true, "printBackground": true });
        let pdf = self.call("Page.printToPDF", wanted)["data"].as_str().unwrap().to_owned();
        if let Some(folder) = std::env::var_os(PICTURES).map(PathBuf::from) {
            keep(&folder.join(format!("{name}.pdf")), &pdf);
        }
        STANDARD.decode(pdf).unwrap()
    }
}

fn keep(path: &Path, base64: &str) {
    File::create(path).and_then(|mut file| file.write_all(&STANDARD.decode(base64).unwrap())).unwrap();
}
