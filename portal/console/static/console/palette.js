/* The command palette: Ctrl+K, or Cmd+K on a Mac. It finds the sections, what can be done on this page, and what the
   search finds, as a combobox with a list (WAI-ARIA Authoring Practices, "Editable Combobox With List Autocomplete").
   It only leads somewhere: a button that asks for more than a click, or that destroys, is given the focus and not pressed. */
(function () {
  "use strict";
  const dialog = document.getElementById("palette");
  if (!dialog || typeof dialog.showModal !== "function") return;
  const field = document.getElementById("palette-text");
  const list = document.getElementById("palette-list");
  const status = document.getElementById("palette-status");
  const MOST_OF_A_KIND = 5;
  const PAUSE_MS = 150;
  let own = [];
  let found = [];
  let shown = [];
  let active = -1;
  let asking = null;
  let timer = 0;

  function words(node) {
    const hidden = node.querySelectorAll(".visually-hidden, svg, .count");
    let text = node.textContent;
    for (const part of hidden) text = text.replace(part.textContent, " ");
    return text.replace(/\s+/g, " ").trim();
  }

  function isOffered(node) {
    return !node.disabled && !dialog.contains(node) && node.getClientRects().length > 0 && words(node) !== "";
  }

  // What this page offers: its sections, its tabs, and the acts that stand in its content.
  function ofThePage() {
    const rows = [];
    for (const link of document.querySelectorAll("#side a[href]")) {
      rows.push({ text: words(link), group: dialog.dataset.goTo, node: link });
    }
    for (const node of document.querySelectorAll("main ul.tabs a, main a.btn, main button.btn")) {
      if (isOffered(node)) rows.push({ text: words(node), group: dialog.dataset.here, node: node });
    }
    return rows.filter(function (row) { return row.text; });
  }

  function follow(row) {
    dialog.close();
    if (row.href) { window.location.assign(row.href); return; }
    const node = row.node;
    if (node.tagName === "A") { node.click(); return; }
    const form = node.form;
    const asks = form && form.querySelector("input:not([type=hidden]), textarea, select");
    node.scrollIntoView({ block: "center" });
    node.focus();
    if (!asks && !node.classList.contains("btn-danger")) node.click();
  }

  function option(row, number) {
    const item = document.createElement("li");
    const text = document.createElement("span");
    const group = document.createElement("span");
    item.id = "palette-option-" + number;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", number === active ? "true" : "false");
    text.textContent = row.text;
    group.textContent = row.group;
    group.className = "quiet small";
    item.append(text, " ", group);
    item.addEventListener("click", function () { follow(row); });
    return item;
  }

  function draw() {
    const wanted = field.value.trim().toLocaleLowerCase();
    const mine = own.filter(function (row) { return (row.text + " " + row.group).toLocaleLowerCase().includes(wanted); });
    shown = mine.concat(found);
    active = shown.length ? 0 : -1;
    list.replaceChildren.apply(list, shown.map(option));
    field.setAttribute("aria-expanded", shown.length ? "true" : "false");
    choose(active);
    const many = shown.length + " " + dialog.dataset.many;
    status.textContent = shown.length === 1 ? dialog.dataset.one : shown.length ? many : dialog.dataset.none;
  }

  function choose(number) {
    active = number;
    for (const item of list.children) item.setAttribute("aria-selected", "false");
    const item = list.children[number];
    if (!item) { field.removeAttribute("aria-activedescendant"); return; }
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", item.id);
  }

  // The search's own page is read: each section's heading, and the first links of its rows.
  function ask() {
    const text = field.value.trim();
    if (asking) asking.abort();
    if (text.length < 2) { found = []; draw(); return; }
    const request = asking = new AbortController();
    fetch(dialog.dataset.search + "?q=" + encodeURIComponent(text), { signal: request.signal, credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (html) {
        const page = new DOMParser().parseFromString(html, "text/html");
        found = [];
        for (const section of page.querySelectorAll("main section")) {
          const group = section.querySelector("h2");
          const links = Array.from(section.querySelectorAll("tbody th[scope=row] a")).slice(0, MOST_OF_A_KIND);
          for (const link of links) {
            const beside = link.closest("tr").querySelector("td a");
            const name = beside ? words(link) + ", " + words(beside) : words(link);
            found.push({ text: name, group: words(group), href: link.getAttribute("href") });
          }
        }
        draw();
      })
      .catch(function (error) {
        if (error.name === "AbortError") return;
        found = [];
        draw();
      });
  }

  function open() {
    own = ofThePage();
    found = [];
    field.value = "";
    dialog.showModal();
    draw();
    field.focus();
  }

  document.addEventListener("keydown", function (event) {
    const isOurs = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    if (!isOurs || (!dialog.open && document.querySelector("dialog[open]"))) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-palette]")) open();
    else if (event.target === dialog) dialog.close();
  });
  field.addEventListener("input", function () {
    draw();
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE_MS);
  });
  field.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    const last = shown.length - 1;
    if (event.key === "ArrowDown") choose(active >= last ? 0 : active + 1);
    else if (event.key === "ArrowUp") choose(active <= 0 ? last : active - 1);
    else if (event.key === "Enter" && shown[active]) follow(shown[active]);
    else return;
    event.preventDefault();
  });
})();
