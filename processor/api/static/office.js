// Adds to the upload page what HTML has not: dragging, progress, and looking again by itself. All works without it.
"use strict";

const AGAIN = 2000;

// Sends one file to the bucket, which must let this page's origin in (CORS); `told` takes the part that was sent.
function send(made, file, told) {
  return new Promise((resolve) => {
    const fields = new FormData();
    for (const [name, value] of Object.entries(made.fields)) { fields.append(name, value); }
    fields.append("file", file);
    const request = new XMLHttpRequest();
    let began = false;
    request.upload.addEventListener("progress", (event) => {
      began = began || event.loaded > 0;
      if (event.lengthComputable) { told(event.loaded / event.total); }
    });
    request.addEventListener("load", () => resolve(request.status < 300 ? "sent" : "refused"));
    request.addEventListener("error", () => resolve(began ? "cut off" : "not let in"));
    request.open("POST", made.url);
    request.send(fields);
  });
}

function uploading(form) {
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const status = form.querySelector("[data-status]");
  const bar = form.querySelector("progress");
  const button = form.querySelector("button");
  const say = (text) => { status.textContent = text; };
  form.querySelectorAll(".scripted").forEach((part) => { part.hidden = false; });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length && !button.disabled) { input.files = event.dataTransfer.files; form.requestSubmit(); }
  });
  const upload = async (file) => {
    if (!file.size) { return "The file is empty."; }
    if (file.size > Number(form.dataset.largest)) { return "The file is larger than 5 GB. Send it as a zip, or in parts."; }
    // The form's own fields lead a browser on to the next page; a script may not follow there, so it asks for others.
    const answer = await fetch(form.dataset.upload || "/v1/uploads", { method: "POST" });
    if (answer.status === 401) { location.assign("/sign-in"); return ""; }
    if (!answer.ok) { return "No upload could be begun. Try again in a minute."; }
    const made = await answer.json();
    const ended = await send(made, file, (part) => {
      bar.value = Math.round(100 * part);
      say(`${bar.value} % uploaded`);
    });
    if (ended === "sent") { location.assign(`/uploaded?key=${encodeURIComponent(made.folder + file.name)}`); return ""; }
    // Where the bucket lets no script in, the browser sends the form itself, without a bar.
    if (ended === "not let in") { HTMLFormElement.prototype.submit.call(form); return ""; }
    return ended === "refused" ? "The bucket refused the file. Load this page again and repeat." : "The upload was cut off. Try again.";
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say("Uploading");
    let wrong = "The upload was cut off. Try again.";
    try { wrong = await upload(input.files[0]); } catch { /* The network is away: said below. */ }
    if (wrong) { say(wrong); bar.value = 0; button.disabled = false; }
  });
}

function lookingAgain(part) {
  const again = async () => {
    try {
      const answer = await fetch(part.dataset.part, { headers: { accept: "text/html" } });
      if (answer.ok) {
        const text = await answer.text();
        // What is the same stays, and with it the focus.
        if (text !== part.dataset.shown) { part.innerHTML = text; part.dataset.shown = text; }
      }
    } catch { /* The network is away: asked again. */ }
    if (part.querySelector("[data-going]")) { setTimeout(again, AGAIN); }
  };
  if (part.querySelector("[data-going]")) { setTimeout(again, AGAIN); }
}

document.querySelectorAll("[data-upload]").forEach(uploading);
document.querySelectorAll("[data-part]").forEach(lookingAgain);
document.querySelectorAll("[data-again]").forEach((part) => setTimeout(() => location.assign(part.dataset.again), AGAIN));
