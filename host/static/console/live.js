"use strict";
// A page that follows what it shows: it loads its part anew when the host says that something changed, and every five
// seconds where no word comes. htmx does the loading; without scripts the page is as it was when it was opened.
(() => {
  const part = () => document.querySelector("#live[data-live]");
  if (!part()) return;
  // The host sends a word every fifteen seconds at least.
  const SILENT_MS = 20000;
  const POLL_MS = 5000;
  let heard = -Infinity;
  let events = null;
  let timer = 0;
  const end = () => {
    if (events) events.close();
    clearInterval(timer);
  };
  const load = () => {
    const live = part();
    if (live) htmx.trigger(live, "moved");
    else end();
  };
  const listen = () => {
    events = new EventSource(part().dataset.live);
    events.addEventListener("still", () => { heard = performance.now(); });
    events.addEventListener("moved", () => { heard = performance.now(); load(); });
  };
  if (window.EventSource) listen();
  timer = setInterval(() => {
    if (!part()) return end();
    if (performance.now() - heard < SILENT_MS) return;
    load();
    // One that was refused is not tried again by the browser itself.
    if (events && events.readyState === EventSource.CLOSED) listen();
  }, POLL_MS);
})();
