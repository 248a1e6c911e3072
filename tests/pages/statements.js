// What a page states of runs, districts and the fleet: a list of [subject, what, value], the subject being an address.
// It is given the page's HTML and address, or nothing for the page that is open.
([html, address]) => {
  const document = html === null ? window.document : new DOMParser().parseFromString(html, "text/html");
  const base = new URL(address ?? window.location.href);
  const found = [];
  const RUN = /^\/runs\/\d+/, DISTRICT = /^\/districts\/[^/?#]+/;
  const squeezed = text => text.replace(/\s+/g, " ").trim();
  const subject = link => {
    const path = link ? new URL(link.getAttribute("href"), base).pathname : "";
    const district = /^(\/districts\/[^/]+)(\/drift)?$/.exec(path);
    return RUN.exec(path)?.[0] ?? district?.[1] ?? "";
  };
  // A moment is the moment itself, since its words age; of a cell with a status the status is what it states.
  const value = node => {
    const status = node.querySelector(".state"), time = node.querySelector("time[datetime]");
    return squeezed(status ? status.textContent : time ? time.dateTime.slice(0, 19) : node.textContent);
  };
  const state = (about, what, said) => { if (about && said !== "") found.push([about, squeezed(what), said]); };
  const main = document.querySelector("main"), head = main.querySelector(".page-head");
  const path = base.pathname;
  const here = (RUN.exec(path) || DISTRICT.exec(path) || [""])[0];
  const district = path.startsWith("/runs/") ? subject(head.querySelector("a[href^='/districts/']")) : here;

  for (const cell of main.querySelectorAll("table.list tbody td[data-label]")) {
    const row = cell.closest("tr"), about = subject(row.querySelector("th[scope=row] a"));
    const links = [...cell.querySelectorAll("a")].map(link => [subject(link), link]);
    const run = links.find(([to]) => RUN.test(to));
    if (cell.dataset.label === "Last run") state(run ? run[0] : "", "State", value(cell));
    else if (cell.dataset.label === "District") state(about, "District", links.length ? links[0][0] : "");
    else if (cell.dataset.label === "Requested by") state(about, "Requested by", squeezed((cell.querySelector("bdi") || cell.firstChild).textContent));
    else if (path !== "/drift" || !["Resources", "Attributes"].includes(cell.dataset.label))
      state(about, cell.dataset.label, value(cell));
    else state(about, `Drifted ${cell.dataset.label.toLowerCase()}`, value(cell));
  }
  for (const fact of here ? main.querySelectorAll("dl.facts > div") : []) {
    const what = squeezed(fact.querySelector("dt").textContent), said = value(fact.querySelector("dd"));
    if (path.startsWith("/districts/") && what === "State") continue;
    if (what === "District") state(district, "State", said);
    else if (["Environment", "AWS account", "Region"].includes(what)) [here, district].forEach(one => state(one, what, said));
    else state(here, what, said);
  }
  if (path.startsWith("/runs/")) {
    state(here, "District", district);
    const asked = head.querySelector("time");
    state(here, "Requested", asked.dateTime.slice(0, 19));
    const by = / by (.+?)(?=:| \(|$)/.exec(squeezed(asked.parentElement.textContent));
    state(here, "Requested by", by ? by[1] : "");
    const counts = squeezed(main.querySelector(".counts")?.textContent ?? "");
    const count = word => /(\d+)/.exec(new RegExp(`\\d+ to ${word}`).exec(counts)?.[0] ?? "")?.[1];
    if (counts) state(here, "Changes", `+${count("add")} ~${count("change")} -${count("destroy")}`);
    const cost = /\$([\d,]+) a month, of a budget of \$([\d,]+)/.exec(squeezed(main.querySelector("#cost")?.textContent ?? ""));
    if (cost) { state(here, "Cost", cost[1]); state(here, "Budget", cost[2]); }
    const decided = / by (.+?) (?=\d|just|on )/.exec(squeezed(main.querySelector("#approval p:has(.state)")?.textContent ?? ""));
    state(here, "Approved by", decided ? decided[1] : "");
  }
  if (path.startsWith("/districts/")) {
    state(here, "State", squeezed(head.querySelector(".state")?.textContent ?? ""));
    const all = [...main.querySelectorAll("caption")].map(one => /^(\d+) resources?\b/.exec(squeezed(one.textContent)));
    const resources = all.filter(Boolean).reduce((sum, one) => sum + Number(one[1]), 0);
    if (resources) state(here, "Resources", String(resources));
    const facts = [...main.querySelectorAll(".facts dd")].map(one => squeezed(one.textContent));
    const drifted = facts.map(one => /^(\d+) attributes? of (\d+) resources?$/.exec(one)).find(Boolean);
    if (drifted) { state(here, "Drifted attributes", drifted[1]); state(here, "Drifted resources", drifted[2]); }
  }
  if (path.startsWith("/certificates/")) {
    const one = `/districts/${squeezed(head.querySelector(".mono").textContent)}`;
    for (const fact of main.querySelectorAll("#what-title ~ dl > div"))
      if (["Environment", "AWS account", "Region", "Network"].includes(fact.querySelector("dt").textContent))
        state(one, fact.querySelector("dt").textContent, value(fact.querySelector("dd")));
  }
  for (const chip of path === "/" ? main.querySelectorAll(".chips a") : []) {
    const count = chip.querySelector("span").textContent;
    state("the fleet", chip.textContent.replace(count, ""), squeezed(count));
  }
  if (path === "/overview")
    for (const row of main.querySelectorAll("#health-title ~ table tbody tr"))
      state("the fleet", value(row.querySelector("th")), value(row.querySelector("td")));
  const waiting = document.querySelector("#side a[href='/approvals'] .count")?.firstChild.textContent ?? "0";
  state("the reader", "Plans to decide on", waiting);
  if (path === "/overview")
    state("the reader", "Plans to decide on", main.querySelector(".tiles a[href='/approvals'] strong")?.textContent ?? "0");
  return found;
}
