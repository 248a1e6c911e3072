// Adds to the upload page what HTML has not: dragging, progress, and looking again by itself. All works without it.
"use strict";

function uploading(form) {
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const status = form.querySelector("[data-status]");
  const bar = form.querySelector("progress");
  form.querySelectorAll(".scripted").forEach((part) => { part.hidden = false; });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; form.requestSubmit(); }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const back = new URL(fields.get("success_action_redirect"));
    // The answer is read by us, not followed by the browser: no redirect.
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (told) => {
      if (told.lengthComputable) {
        bar.value = Math.round(100 * told.loaded / told.total);
        status.textContent = `${bar.value} % uploaded`;
      }
    });
    const done = () => {
      back.searchParams.set("key", fields.get("key").replace("${filename}", input.files[0].name));
      location.assign(back);
    };
    request.addEventListener("load", () => {
      // The bucket's redirect leads here; what the page at its end answered does not matter.
      if (request.status < 400 || request.responseURL.startsWith(location.origin)) { done(); } else { status.textContent = "The bucket refused the file. Load this page again and repeat."; }
    });
    // Where the bucket does not answer scripts, the browser sends the form itself, without a bar.
    request.addEventListener("error", () => HTMLFormElement.prototype.submit.call(form));
    request.open("POST", form.action);
    request.send(fields);
    status.textContent = "Uploading";
  });
}

function lookingAgain(part) {
  const again = async () => {
    const answer = await fetch(part.dataset.part, { headers: { accept: "text/html" } });
    if (answer.ok) { part.innerHTML = await answer.text(); }
    if (part.querySelector("[data-going]")) { setTimeout(again, 2000); }
  };
  if (part.querySelector("[data-going]")) { setTimeout(again, 2000); }
}

document.querySelectorAll("[data-upload]").forEach(uploading);
document.querySelectorAll("[data-part]").forEach(lookingAgain);
document.querySelectorAll("[data-again]").forEach((part) => setTimeout(() => location.assign(part.dataset.again), 2000));
