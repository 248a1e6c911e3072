// Asks the browser for a passkey: to sign in, to sign in again, or to add one. Without it the other ways remain.
(function () {
  "use strict";
  const button = document.getElementById("passkey");
  if (!button || !window.PublicKeyCredential || !window.webauthnJSON) return;
  const form = button.form;
  const field = document.getElementById("passkey-credential");
  const error = document.getElementById("passkey-error");
  form.hidden = false;

  async function options() {
    const data = document.getElementById("passkey-data");
    if (data) return JSON.parse(data.textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  function created(told) {
    const selection = told.publicKey.authenticatorSelection;
    selection.residentKey = "required";
    selection.requireResidentKey = true;
    selection.userVerification = "required";
    return window.webauthnJSON.create(told);
  }

  button.addEventListener("click", async function (event) {
    event.preventDefault();
    error.textContent = "";
    try {
      const told = await options();
      const credential = button.dataset.passkey === "add"
        ? await created(told.creation_options)
        : await window.webauthnJSON.get(told.request_options);
      field.value = JSON.stringify(credential);
      form.submit();
    } catch (failure) {
      error.textContent = button.dataset.failed || "";
    }
  });
})();
