//! A small browser: opens pages, reads their forms, fills them in and sends them, with cookies.
//!
//! Invariant: what is sent is what the page's own form says, hidden fields among it; nothing of the host's inside is
//! known here. Redirects are followed as a browser does. HTML is read, and only forms by POST are sent, as far as the
//! console's templates use them.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use reqwest::{Certificate, Client, Url};
use tokio::runtime::Runtime;

/// One person's browser.
pub struct Browser {
    client: Client,
    runtime: Runtime,
    base: Url,
}

/// A page that was opened.
pub struct Page {
    url: Url,
    html: String,
}

/// A form of a page, with the values that it came with.
#[derive(Debug, Clone)]
pub struct Form {
    action: Url,
    fields: Vec<(String, String)>,
}

impl Browser {
    /// A browser that trusts the host's own authority.
    ///
    /// # Errors
    ///
    /// A certificate that is none.
    pub fn new(base: &str, authority: &Path) -> Result<Self> {
        let pem = std::fs::read(authority).with_context(|| authority.display().to_string())?;
        let certificates = Certificate::from_pem_bundle(&pem).context("the host's authority")?;
        // No connection outlives its answer: after a restart of the host an old one would fail.
        let client =
            Client::builder().tls_certs_only(certificates).cookie_store(true).pool_max_idle_per_host(0).build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, runtime, base: Url::parse(base)? })
    }

    /// Opens a page.
    ///
    /// # Errors
    ///
    /// The host does not answer, or says no.
    pub fn open(&self, path: &str) -> Result<Page> {
        let url = self.base.join(path)?;
        self.fetch(self.client.get(url))
    }

    /// Loads what is no page.
    ///
    /// # Errors
    ///
    /// The host does not answer, or says no.
    pub fn load(&self, path: &str) -> Result<Vec<u8>> {
        let request = self.client.get(self.base.join(path)?);
        self.runtime.block_on(async { Ok(request.send().await?.error_for_status()?.bytes().await?.to_vec()) })
    }

    /// Sends a form.
    ///
    /// # Errors
    ///
    /// The host does not answer, or says no.
    pub fn send(&self, form: &Form) -> Result<Page> {
        self.fetch(self.client.post(form.action.clone()).form(&form.fields))
    }

    fn fetch(&self, request: reqwest::RequestBuilder) -> Result<Page> {
        self.runtime.block_on(async {
            let response = request.send().await?;
            let (status, url) = (response.status(), response.url().clone());
            let html = response.text().await?;
            if !status.is_success() {
                bail!("{url} answered {status}: {}", Page { url: url.clone(), html }.words());
            }
            Ok(Page { url, html })
        })
    }
}

impl Page {
    /// The words of the page, without the blank lines.
    pub fn words(&self) -> String {
        let text = text_of(&self.html);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }

    /// The form whose address ends like this.
    ///
    /// # Errors
    ///
    /// No such form: the page does not offer the step.
    pub fn form(&self, address_end: &str) -> Result<Form> {
        let leads_there = |form: &&str| {
            attribute(form, "action").unwrap_or_else(|| self.url.path().to_owned()).ends_with(address_end)
        };
        let source = blocks(&self.html, "form").find(leads_there);
        let source = source.with_context(|| format!("no form “{address_end}” on {}:\n{}", self.url, self.words()))?;
        self.read_form(source)
    }

    /// The first link to an address that begins like this.
    pub fn link(&self, address: &str) -> Option<String> {
        tags(&self.html).filter_map(|tag| attribute(tag, "href")).find(|href| href.starts_with(address))
    }

    /// What the first such element shows or plays.
    pub fn source_of(&self, element: &str) -> Option<String> {
        let start = format!("<{element}");
        tags(&self.html).find(|tag| tag.starts_with(&start)).and_then(|tag| attribute(tag, "src"))
    }

    /// Where the link with these words leads.
    pub fn link_with(&self, words: &str) -> Option<String> {
        blocks(&self.html, "a").find(|link| text_of(link).contains(words)).and_then(|link| attribute(link, "href"))
    }

    /// The words of the element with this id or class; line breaks as they stand in the source.
    pub fn words_of(&self, name: &str) -> Option<String> {
        let start = tags(&self.html).find(|tag| {
            attribute(tag, "id").as_deref() == Some(name)
                || attribute(tag, "class").is_some_and(|class| class.split(' ').any(|one| one == name))
        })?;
        let at = start.as_ptr().addr() - self.html.as_ptr().addr();
        let element = start.trim_start_matches('<').split([' ', '>', '\n']).next()?;
        blocks(&self.html[at..], element).next().map(text_of)
    }

    /// The description that stands behind a term of a list of facts.
    pub fn fact(&self, term: &str) -> Option<String> {
        let (_, rest) = self.html.split_once(&format!("<dt>{term}</dt>"))?;
        blocks(rest, "dd").next().map(|words| text_of(words).trim().to_owned())
    }

    fn read_form(&self, source: &str) -> Result<Form> {
        let action = attribute(source, "action").unwrap_or_default();
        let mut fields = Vec::new();
        for tag in tags(source).filter(|tag| tag.starts_with("<input")) {
            let kind = attribute(tag, "type").unwrap_or_default();
            let chosen = !matches!(kind.as_str(), "checkbox" | "radio") || has_attribute(tag, "checked");
            if let (Some(name), true) = (attribute(tag, "name"), chosen && kind != "submit") {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        for area in blocks(source, "textarea") {
            fields.extend(attribute(area, "name").map(|name| (name, text_of(area))));
        }
        for select in blocks(source, "select") {
            let Some(name) = attribute(select, "name") else { continue };
            let chosen = blocks(select, "option")
                .filter(|option| has_attribute(option, "selected") || !has_attribute(select, "multiple"))
                .max_by_key(|option| has_attribute(option, "selected"));
            fields.extend(chosen.map(|option| (name, attribute(option, "value").unwrap_or_else(|| text_of(option)))));
        }
        Ok(Form { action: self.url.join(&action)?, fields })
    }

    /// The value of the option that shows these words, in any list of the page.
    ///
    /// # Errors
    ///
    /// No such option.
    pub fn option(&self, words: &str) -> Result<String> {
        blocks(&self.html, "option")
            .find(|option| text_of(option).trim() == words)
            .map(|option| attribute(option, "value").unwrap_or_else(|| words.to_owned()))
            .with_context(|| format!("no choice “{words}” on {}", self.url))
    }
}

impl Form {
    /// Fills a field in, or adds it.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.into(), value.into()));
        self
    }
}

/// Start tags in order.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.match_indices('<').filter_map(|(at, _)| {
        let rest = &html[at..];
        rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()).then(|| &rest[..tag_end(rest)])
    })
}

/// Where a tag ends, `>` inside quotes apart.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '>') => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

/// Elements of a name, from the start tag to the end tag; elements of one name do not nest in these pages.
fn blocks<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    tags(html)
        .filter(move |tag| {
            tag[1..].strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        })
        .map(move |tag| {
            let at = tag.as_ptr().addr() - html.as_ptr().addr();
            let rest = &html[at..];
            let end = rest.find(&format!("</{name}>")).unwrap_or(rest.len());
            &rest[..end]
        })
}

fn attribute(element: &str, name: &str) -> Option<String> {
    let tag = &element[..tag_end(element)];
    let at = tag.match_indices(name).map(|(at, _)| at).find(|at| {
        tag[..*at].ends_with(|c: char| c.is_ascii_whitespace()) && tag[at + name.len()..].starts_with('=')
    })?;
    let value = &tag[at + name.len() + 1..];
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(|c: char| c.is_ascii_whitespace() || c == '>').next()?,
    };
    Some(unescape(value))
}

fn has_attribute(element: &str, name: &str) -> bool {
    let tag = element[..tag_end(element)].trim_end_matches(['>', '/']);
    tag.split_ascii_whitespace().any(|word| word.split('=').next() == Some(name))
}

/// The words of an element without its tags.
fn text_of(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[tag_end(rest)..];
    }
    out.push_str(rest);
    unescape(&out)
}

/// The character references that askama writes.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').map_or(rest.len(), |end| end + 1);
        let code = rest[1..end].trim_end_matches(';');
        let known = match code {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "nbsp" => Some('\u{a0}'),
            _ => code.strip_prefix('#').and_then(|number| {
                let value = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                value.ok().and_then(char::from_u32)
            }),
        };
        match known {
            Some(c) => {
                out.push(c);
                rest = &rest[end..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}
