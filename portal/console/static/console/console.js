/* The console's own script: ticking times, copy buttons, and a word when updates stop coming.
   Every page works without it. It never builds HTML and holds no rule of the domain. */
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  function span(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return s + " s";
    if (s < 3600) return Math.floor(s / 60) + " min " + (s % 60) + " s";
    return Math.floor(s / 3600) + " h " + Math.floor((s % 3600) / 60) + " min";
  }

  function tick() {
    for (const node of document.querySelectorAll("[data-since]")) {
      const text = span((Date.now() - Date.parse(node.dataset.since)) / 1000);
      if (node.textContent !== text) node.textContent = text;
    }
    for (const node of document.querySelectorAll("time[data-ago], time[data-ahead]")) age(node);
  }

  // A time that is told relative to now ages while its page stays open; the words are the server's, and a day that is
  // far away is the reader's own.
  const FAR = [60, 3600, 86400, 30 * 86400, Infinity];
  const day = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium" });
  function age(node) {
    const away = (Date.now() - Date.parse(node.dateTime)) / 1000 * (node.dataset.ago ? 1 : -1);
    const words = (node.dataset.ago || node.dataset.ahead).split("|");
    const far = FAR.findIndex(seconds => away < seconds);
    const text = words[far]
      .replace("%(number)s", Math.floor(away / [1, 60, 3600, 86400][far]))
      .replace("%(day)s", () => day.format(new Date(node.dateTime)));
    if (node.textContent !== text) node.textContent = text;
  }

  // Moments are written in the reader's own zone, and their titles say both; without scripts they stay UTC, and say so.
  const words = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "short" });
  const whole = new Intl.DateTimeFormat(root.lang, { dateStyle: "full", timeStyle: "long" });
  const clock = new Intl.DateTimeFormat(root.lang, { timeStyle: "medium", hourCycle: "h23" });
  function local() {
    for (const node of document.querySelectorAll("[data-at]:not([data-is-local])")) {
      node.textContent = words.format(new Date(node.dataset.at));
      node.dataset.isLocal = "";
    }
    for (const node of document.querySelectorAll("time[datetime]:not([data-is-local])")) {
      const utc = node.title || new Date(node.dateTime).toISOString().slice(0, 19).replace("T", " ") + " UTC";
      node.title = whole.format(new Date(node.dateTime)) + "\n" + utc;
      if ("clock" in node.dataset) node.textContent = clock.format(new Date(node.dateTime));
      node.dataset.isLocal = "";
    }
    const zone = document.getElementById("zone");
    if (zone && zone.dataset.local) {
      zone.textContent = zone.dataset.local + " " + Intl.DateTimeFormat().resolvedOptions().timeZone;
      delete zone.dataset.local;
    }
  }

  function speak() {
    const live = document.getElementById("run-live");
    const status = document.getElementById("run-status");
    if (live && status && live.dataset.say && status.textContent !== live.dataset.say) {
      status.textContent = live.dataset.say;
    }
  }

  let missed = 0;
  function polled(event) {
    const path = event.detail && event.detail.pathInfo && event.detail.pathInfo.requestPath;
    if (!path || !path.includes("/live")) return;
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    missed = status >= 200 && status < 400 ? 0 : missed + 1;
    root.classList.toggle("is-stuck", missed >= 2);
  }

  function start() {
    const summary = document.getElementById("error-summary");
    if (summary) summary.focus();
    sayKeys();
    tick();
    local();
    speak();
    window.setInterval(tick, 1000);
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) return;
    navigator.clipboard.writeText(source.textContent.trim()).then(function () {
      const before = button.textContent;
      button.textContent = button.dataset.copied;
      window.setTimeout(function () { button.textContent = before; }, 1500);
    });
  });

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const field = document.getElementById(button.dataset.fill);
    if (!field) return;
    field.value = button.dataset.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });

  function propose(name) {
    const slug = document.getElementById("id_slug");
    if (!slug || slug.dataset.touched || slug.getAttribute("aria-invalid") === "true") return;
    slug.value = name.value.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-")
      .replace(/^[^a-z]+/, "").slice(0, Number(slug.maxLength) > 0 ? slug.maxLength : 15).replace(/-+$/, "");
  }

  document.addEventListener("input", function (event) {
    if (event.target.id === "id_slug") event.target.dataset.touched = "yes";
    if (event.target.id === "id_name") propose(event.target);
  });
  // A name may have been typed before this script was there.
  const typed = document.querySelector("#register-form #id_name");
  if (typed && typed.value && !document.getElementById("id_slug")?.value) propose(typed);

  document.addEventListener("submit", function (event) {
    for (const button of event.target.querySelectorAll("button[data-once]")) {
      window.setTimeout(function () { button.disabled = true; }, 0);
    }
  });
  window.addEventListener("pageshow", function () {
    for (const button of document.querySelectorAll("button[data-once]")) button.disabled = false;
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
  });

  // Ticks every district of the page, or takes all ticks away when every one is ticked.
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-tick]");
    if (!button) return;
    const boxes = Array.from(document.querySelectorAll('input[type=checkbox][name=district][form="' + button.dataset.tick + '"]'));
    const all = boxes.every(function (box) { return box.checked; });
    for (const box of boxes) box.checked = !all;
  });

  // A page's part that was fetched into a dialog opens it; "Cancel" in there closes it.
  document.addEventListener("htmx:afterSwap", function (event) {
    const dialog = event.target.closest && event.target.closest("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  });
  document.addEventListener("click", function (event) {
    const dialog = event.target.closest("[data-close]") && event.target.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    dialog.close();
  });

  // "/" goes to the search, "g" and a letter to a page, "?" to their list, unless somebody is writing or has switched keys off (WCAG 2.2, 2.1.4).
  const KEYS = "homeroom-keys";
  function keysAreOff() { return window.localStorage.getItem(KEYS) === "off"; }
  function sayKeys() {
    const button = document.getElementById("keys-switch");
    if (button) button.setAttribute("aria-pressed", keysAreOff() ? "false" : "true");
  }
  // "j" and "k" go through the rows of a list by their first link, "x" selects the row.
  function walk(step) {
    const links = Array.from(document.querySelectorAll("main table.list tbody th[scope=row] a"));
    if (!links.length) return false;
    const row = document.activeElement.closest("tr");
    const here = links.findIndex(function (link) { return row && link.closest("tr") === row; });
    const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step;
    if (links[next]) links[next].focus();
    return true;
  }
  function select() {
    const row = document.activeElement.closest("tr");
    const box = row && row.querySelector("input[type=checkbox]:not(:disabled)");
    if (!box) return false;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }
  let wentAt = 0;
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (keysAreOff() || event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    if (event.key === "/") {
      const field = document.getElementById("search-all");
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "?") {
      const link = document.getElementById("legend-link");
      if (link) window.location.assign(link.href + "#keys");
    } else if ((event.key === "j" || event.key === "k") && Date.now() - wentAt >= 1500) {
      if (walk(event.key === "j" ? 1 : -1)) event.preventDefault();
    } else if (event.key === "x" && select()) {
      event.preventDefault();
    } else if (event.key === "g") {
      wentAt = Date.now();
      return;
    } else if (Date.now() - wentAt < 1500) {
      const link = Array.from(document.querySelectorAll("[data-key]")).find(function (one) {
        return one.dataset.key === event.key;
      });
      if (link) window.location.assign(link.href);
    }
    wentAt = 0;
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("#keys-switch")) return;
    window.localStorage.setItem(KEYS, keysAreOff() ? "on" : "off");
    sayKeys();
  });

  function markFields() {
    for (const errors of document.querySelectorAll(".errors[id$=_error]")) {
      const field = document.getElementById(errors.id.replace(/_error$/, ""));
      if (field) field.setAttribute("aria-invalid", errors.children.length ? "true" : "false");
      const folded = errors.children.length ? errors.closest("details") : null;
      if (folded) folded.open = true;
    }
  }

  document.addEventListener("htmx:afterRequest", polled);
  document.addEventListener("htmx:afterSettle", function () {
    tick();
    local();
    speak();
    markFields();
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
