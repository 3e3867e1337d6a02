// Lets a phone add words and photos to a ticket. The secret is in the fragment of the address, leaves this page once, in
// the body of a request, and then the address. Photos stay in this page's memory until they are at the county; words in
// this tab's own store as well, until they are handed over, because a camera that needs the memory has the page load
// again. Each request names the hand-over that the page shows. Texts are only ever set as text.
"use strict";

const byId = (id) => document.getElementById(id);
const limits = document.querySelector("main").dataset;
/** What the county has, and what is chosen: { id, state, file, bytes, item }. */
let standing = null;
const chosen = [];
let isSending = false;
let wantsFinish = false;
/** Whether a photo failed since the tap on 交给代表. */
let hasFailed = false;
let opening = null;

/** What this page drew when it opened: for browsers that keep no cookie, as long as the page stays. */
let mine = null;

const DRAFT = "lianxin-phone";
/** Longer than the county waits for a photo, and for its turn. */
const PHOTO_MS = 200000;
const BUSY_MS = 3000;
/** As long as others may take with theirs. */
const BUSY_TRIES = 60;

/** The words of this tab, and which hand-over they are for; a browser that keeps nothing keeps nothing. */
const draft = {
  read() {
    try {
      return JSON.parse(sessionStorage.getItem(DRAFT)) || {};
    } catch {
      return {};
    }
  },
  keep() {
    try {
      sessionStorage.setItem(DRAFT, JSON.stringify({ id: standing.id, text: byId("text").value }));
    } catch {
      // Private windows of old phones have no store.
    }
  },
  forget() {
    try {
      sessionStorage.removeItem(DRAFT);
    } catch {
      // As above.
    }
  },
};

function word(id) {
  const found = document.querySelector(`#words [data-id="${id}"]`);
  return found ? [found.textContent, found.dataset.en || ""] : ["", ""];
}

function say([zh, en], retry) {
  byId("trouble-zh").textContent = zh;
  byId("trouble-en").textContent = en;
  byId("trouble").hidden = zh === "";
  byId("retry").hidden = !retry;
  byId("retry").onclick = retry || null;
}

const drawn = () => crypto.getRandomValues(new Uint8Array(16));

/** As the county reads an id. */
const newId = () => [...drawn()].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function random() {
  const bytes = drawn();
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Old browsers have no deadlines of their own. */
function deadline(ms) {
  const breaker = new AbortController();
  setTimeout(() => breaker.abort(), ms);
  return breaker.signal;
}

/** Asks, and says what came: { ok } or { refused: [zh, en], error } or { broken }. */
async function ask(method, path, body, type) {
  const shown = standing ? standing.id : draft.read().id;
  const headers = type ? { "Content-Type": type } : {};
  if (shown && path !== "/p/open") headers["Hand-Over"] = shown;
  if (mine && path !== "/p/open") headers["Phone"] = mine;
  try {
    const response = await fetch(path, {
      method,
      body,
      headers,
      cache: "no-store",
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
      signal: deadline(method === "PUT" ? PHOTO_MS : 60000),
    });
    const answer = await response.json();
    if (response.ok) return { ok: answer };
    // What another try may mend is tried again; the rest is said.
    const broken = response.status >= 500 || response.status === 408;
    return { broken, refused: [answer.zh || "", answer.en || ""], error: answer.error };
  } catch {
    return { broken: true, refused: word("no-net"), error: "no-net" };
  }
}

/** Asks again where the net breaks, and longer where others are first; with each such answer `told` hears it. */
async function askPatiently(method, path, body, type, told) {
  const waits = [1000, 2000, 4000, 8000, 0];
  let answer = null;
  for (let busy = 0; waits.length > 0; ) {
    answer = await ask(method, path, body, type);
    if (!answer.broken) return answer;
    told(answer);
    const isBusy = answer.error === "busy" && busy < BUSY_TRIES;
    busy += isBusy ? 1 : 0;
    await pause(isBusy ? BUSY_MS : waits.shift());
  }
  return answer;
}

function stand(answer) {
  standing = answer;
  const { id, text } = draft.read();
  const words = id === answer.id ? text : "";
  // The answer to its end was lost, and the page loaded again: nobody here knows whether these words were taken.
  const isUnsure = answer.is_done && /\S/.test(words);
  const isOver = answer.is_done && !isUnsure;
  byId("number").textContent = answer.ticket;
  byId("number-done").textContent = answer.ticket;
  byId("wait").hidden = true;
  byId("form").hidden = isOver;
  byId("done").hidden = !isOver;
  if (isOver) {
    const count = answer.photos.length;
    byId("count-done").textContent = count > 0 ? `收到照片 ${count} 张。` : "";
    byId("count-en").textContent = count > 0 ? `Photos received: ${count}.` : "";
    say(["", ""]);
    byId("text").value = "";
    draft.forget();
    byId("heading").focus({ preventScroll: true });
    return;
  }
  if (byId("text").value === "") byId("text").value = words || "";
  for (const id of answer.photos) {
    if (!chosen.some((photo) => photo.id === id)) chosen.push(line({ id, state: "taken" }));
  }
  draw();
  if (isUnsure) say(word("unsure"));
}

function button(id, tapped) {
  const made = document.createElement("button");
  const [zh, en] = word(id);
  const small = document.createElement("small");
  small.textContent = en;
  made.type = "button";
  made.append(zh, small);
  made.addEventListener("click", tapped);
  return made;
}

/** A line of the list; texts are set by `draw`. */
function line(photo) {
  const item = document.createElement("li");
  const [image, words] = [document.createElement("img"), document.createElement("div")];
  const texts = ["", "en", "quiet", "en"].map((name) => {
    const text = document.createElement("p");
    text.className = name;
    return text;
  });
  image.alt = "";
  const again = button("retry", () => {
    say(["", ""]);
    photo.state = "waiting";
    draw();
    sendAll();
  });
  const remove = button("remove", () => {
    chosen.splice(chosen.indexOf(photo), 1);
    item.remove();
    say(["", ""]);
    draw();
  });
  words.append(...texts, again, remove);
  item.append(image, words);
  byId("photos").append(item);
  return Object.assign(photo, { item, image, texts, again, remove, why: ["", ""] });
}

const isOut = (photo) => photo.state === "refused" || photo.state === "stuck";
const room = () => Number(limits.photos) - chosen.filter((photo) => photo.state !== "refused").length;

function draw() {
  for (const photo of chosen) {
    photo.item.className = photo.state;
    const why = isOut(photo) ? photo.why : ["", ""];
    [...word(photo.state), ...why].forEach((text, n) => (photo.texts[n].textContent = text));
    photo.remove.hidden = !isOut(photo) || wantsFinish;
    photo.again.hidden = photo.state !== "stuck" || wantsFinish;
  }
  const isFull = room() <= 0 || wantsFinish || standing.is_done;
  byId("file").disabled = isFull;
  byId("add").classList.toggle("off", isFull);
  byId("finish").disabled = wantsFinish;
  byId("text").readOnly = wantsFinish;
}

/** The photo, scaled down where the browser can: what goes out is small, and the county scales it again. */
async function small(file) {
  if (!window.createImageBitmap) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, Number(limits.side) / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return (await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85))) || file;
  } catch {
    return file;
  }
}

/** A photo that is not at the county: refused for good, or stuck, with its bytes still here. */
function fail(photo, state, sentence) {
  hasFailed = true;
  photo.state = state;
  photo.why = sentence;
  if (state === "refused") {
    photo.bytes = null;
    photo.image.removeAttribute("src");
  }
}

async function send(photo) {
  if (!photo.bytes) {
    photo.state = "shrinking";
    draw();
    photo.bytes = await small(photo.file);
    photo.file = null;
    if (photo.bytes.size > Number(limits.upload)) {
      fail(photo, "refused", word("long"));
      return;
    }
    photo.image.src = await shown(photo.bytes);
  }
  photo.state = "sending";
  draw();
  const again = (answer) => {
    photo.state = answer.error === "busy" ? "busy" : "again";
    draw();
  };
  const answer = await askPatiently("PUT", `/p/photos/${photo.id}`, photo.bytes, "application/octet-stream", again);
  if (answer.ok) {
    photo.state = "taken";
    photo.bytes = null;
    standing = answer.ok;
  } else {
    fail(photo, answer.broken ? "stuck" : "refused", answer.refused);
  }
}

/** The page's policy lets pictures come from data only. */
function shown(bytes) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => done("");
    reader.readAsDataURL(bytes);
  });
}

async function sendAll() {
  if (isSending) return;
  isSending = true;
  for (let next = null; (next = chosen.find((photo) => photo.state === "waiting")); ) {
    await send(next);
    draw();
  }
  isSending = false;
  if (!wantsFinish) return;
  if (hasFailed) {
    wantsFinish = false;
    say(word("not-all"));
    draw();
  } else {
    await end();
  }
}

/** The tap on 交给代表: what is stuck goes first, and without it nothing is ended. */
async function finish() {
  wantsFinish = true;
  hasFailed = false;
  for (const photo of chosen) {
    if (photo.state === "stuck") photo.state = "waiting";
  }
  draw();
  const isWaiting = isSending || chosen.some((photo) => photo.state === "waiting");
  say(isWaiting ? word("still") : ["", ""]);
  await sendAll();
}

async function end() {
  say(["", ""]);
  const body = JSON.stringify({ text: byId("text").value });
  const answer = await askPatiently("POST", "/p/finish", body, "application/json", () => say(word("no-net")));
  wantsFinish = false;
  if (answer.ok) {
    draft.forget();
    stand(answer.ok);
  } else {
    say(answer.refused, answer.broken ? finish : null);
    draw();
  }
}

async function start() {
  byId("wait").hidden = false;
  // Whoever reads this has a browser that runs the page.
  byId("slow").hidden = true;
  say(["", ""]);
  const secret = /^#([A-Za-z0-9_-]{22})$/.exec(location.hash);
  const waiting = () => say(word("no-net"));
  let answer = null;
  if (secret) {
    // The same for each try: an answer that got lost must not lock this phone out.
    opening = opening || { secret: secret[1], phone: random() };
    answer = await askPatiently("POST", "/p/open", JSON.stringify(opening), "application/json", waiting);
  } else {
    answer = await askPatiently("GET", "/p/state", undefined, undefined, waiting);
  }
  byId("wait").hidden = true;
  if (answer.ok) {
    history.replaceState(null, "", "/p");
    if (opening) mine = opening.phone;
    opening = null;
    say(["", ""]);
    stand(answer.ok);
  } else {
    say(answer.refused, answer.broken ? start : null);
  }
}

// Whoever mends what was missing need not read of it any longer.
byId("text").addEventListener("input", () => {
  say(["", ""]);
  draft.keep();
});
byId("file").addEventListener("change", () => {
  say(["", ""]);
  const files = [...byId("file").files];
  const taken = files.slice(0, Math.max(0, room()));
  for (const file of taken) chosen.push(line({ id: newId(), state: "waiting", file }));
  if (taken.length < files.length) say(word("too-many"));
  byId("file").value = "";
  draw();
  sendAll();
});
byId("finish").addEventListener("click", finish);
start();
