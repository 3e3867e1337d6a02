// Asks for one ticket and shows it. What proves the ticket is in the fragment of the address (or typed) and leaves this
// page once, in the body of a request. The fragment stays in the address bar: the page must survive a reload, and who
// holds this phone has scanned the receipt. Nothing is stored; texts are only ever set as text.
"use strict";

const byId = (id) => document.getElementById(id);
const zone = document.querySelector("main").dataset.zone;
let asked = null;

function words(list, id, other) {
  const found = document.querySelector(`#${list} [data-id="${id}"]`);
  return found ? found.textContent : other;
}

function show(id, visible) {
  byId(id).hidden = !visible;
}

function say(sentence) {
  byId("trouble").textContent = sentence;
  show("trouble", sentence !== "");
}

function grouped(ticket) {
  return `${ticket.slice(0, 5)} ${ticket.slice(5, 9)} ${ticket.slice(9)}`;
}

// ISO 7064 MOD 97-10: a wrong digit or two swapped ones are found before anybody is asked.
function fits(ticket) {
  let rest = 0;
  for (const digit of ticket) rest = (rest * 10 + Number(digit)) % 97;
  return ticket.length === 13 && rest === 1;
}

function when(instant, withTime) {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "";
  const shape = { timeZone: zone, month: "long", day: "numeric" };
  if (withTime) Object.assign(shape, { hour: "2-digit", minute: "2-digit", hour12: false });
  return date.toLocaleString("zh-CN", shape);
}

function day(text) {
  const parts = /^(\d+)-(\d+)-(\d+)$/.exec(text);
  return parts ? `${Number(parts[2])}月${Number(parts[3])}日` : text;
}

function fill(view) {
  byId("number").textContent = grouped(view.ticket);
  byId("category").textContent = view.category;
  byId("state").textContent = words("states", view.state, "办理中");
  byId("found").className = { closed: "done", rated: "done", declined: "declined" }[view.state] || "";

  const reply = view.reply;
  show("reply", Boolean(reply));
  byId("reply-text").textContent = reply ? reply.text : "";
  byId("reply-by").textContent = reply ? `${reply.by} · ${when(reply.at, false)}` : "";
  show("reason", Boolean(view.reason));
  byId("reason-text").textContent = view.reason || "";

  const steps = (view.steps || []).map((step) => {
    const item = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = words("states", step.state, "办理中");
    item.append(name);
    const lines = [when(step.at, true), step.by, step.due ? `要在 ${day(step.due)}前答复` : null];
    for (const line of lines.filter(Boolean)) {
      const span = document.createElement("span");
      span.textContent = line;
      item.append(span);
    }
    return item;
  });
  byId("steps").replaceChildren(...steps);
  show("rating", Boolean(view.rating));
  byId("rating").textContent = view.rating ? `您的评价：${words("ratings", view.rating, "")}` : "";
  show("rate", Boolean(view.can_rate));
}

function again(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  if (seconds > 90) return ` ${Math.ceil(seconds / 60)} 分钟后`;
  return "过一会儿";
}

async function ask(track) {
  asked = track;
  say("");
  show("ask", false);
  show("found", false);
  show("wait", true);
  try {
    const response = await fetch("/t/view", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(track),
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout ? AbortSignal.timeout(20000) : undefined,
    });
    if (response.status === 429) {
      say(`查的次数太多了。请${again(response)}再查，或者打小票上的电话问。`);
    } else if (!response.ok) {
      say("现在查不了。您的事没有丢，请过一会儿再试。");
    } else {
      const answer = await response.json();
      if (answer.found) {
        fill(answer.found);
        show("found", true);
        show("other", true);
      } else {
        say("没有查到。请照着小票核对编号和查询码；刚交的事要等终端机联网后才查得到。");
        show("ask", true);
      }
    }
  } catch {
    say("现在连不上。您的事没有丢，请过一会儿再试。");
  }
  show("wait", false);
  if (byId("found").hidden) {
    show("ask", true);
  } else {
    byId("heading").focus({ preventScroll: true });
  }
}

function start() {
  say("");
  show("found", false);
  show("other", false);
  const link = /^#(\d{13})\.([A-Za-z0-9_-]{22})$/.exec(location.hash);
  if (link && fits(link[1])) {
    ask({ ticket: link[1], proof: { secret: link[2] } });
    return;
  }
  if (location.hash.length > 1) say("这不是我们的小票，或者没有扫完整。请再扫一次，或者照着小票填。");
  show("ask", true);
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const ticket = byId("ticket").value.replace(/[\s-]/g, "");
  const code = byId("code").value.replace(/[\s-]/g, "");
  if (!/^\d{13}$/.test(ticket) || !fits(ticket)) {
    say("编号好像有一位不对，请照着小票再核对一遍。");
  } else if (!/^\d{6}$/.test(code)) {
    say("查询码是 6 位数字，请照着小票再核对一遍。");
  } else {
    byId("code").value = "";
    ask({ ticket, proof: { code } });
  }
});
byId("again").addEventListener("click", () => ask(asked));
// Without this the former fragment would stay in the address and come back with a reload.
byId("other-link").addEventListener("click", (event) => {
  event.preventDefault();
  asked = null;
  history.pushState(null, "", "/t");
  byId("ticket").value = "";
  byId("code").value = "";
  start();
});
addEventListener("hashchange", start);
addEventListener("popstate", start);
start();
