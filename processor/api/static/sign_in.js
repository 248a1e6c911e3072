// Signs a person in at the district's provider: authorization code with PKCE, as a public client, exchanged here.
// This tab keeps what the answer is known by until an answer comes, whichever. The token goes to the office's own form,
// which checks it, and is stored by no script.
// Sources: OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207; RFC 9700; OAuth 2.0 for Browser-Based Applications (IETF).
"use strict";

const KEPT = "homeroom-sign-in";
const CALLBACK = "/sign-in/callback";
const LONGEST_SIGN_IN = 600_000;
const LONGEST_WAIT = 15_000;
// What a provider's refusal may be called (RFC 6749, 4.1.2.1) of what the page has a sentence for.
const REFUSALS = ["access_denied", "temporarily_unavailable", "server_error", "invalid_scope", "unauthorized_client"];

// Why nobody is let in, by the name of the page's sentence.
class Refused extends Error {}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function chance() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

// Returns a part of a signed token as an object; throws what tells that it is none.
function partOf(token, number) {
  const text = atob(token.split(".")[number].replace(/-/g, "+").replace(/_/g, "/"));
  const part = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  if (typeof part !== "object" || part === null) { throw new TypeError("A token's part is an object."); }
  return part;
}

// Asks the provider and no other: cookies stay here, and a redirection is not followed. A browser tells no more of a
// provider that does not let this page in than of one that is away.
async function asked(address, away, more = {}) {
  try {
    return await fetch(address, {
      credentials: "omit", redirect: "error", cache: "no-store", signal: AbortSignal.timeout(LONGEST_WAIT), ...more,
    });
  } catch {
    throw new Refused(away);
  }
}

async function objectOf(answer) {
  const told = await answer.json().catch(() => null);
  return typeof told === "object" && told !== null ? told : {};
}

// Returns an address that the provider names: over TLS, or at the issuer's own address where that has none itself.
function endpoint(address, issuer) {
  let url;
  try { url = new URL(address); } catch { throw new Refused("configuration"); }
  const isHere = url.protocol === "http:" && url.origin === new URL(issuer).origin;
  if (url.protocol !== "https:" && !isHere) { throw new Refused("configuration"); }
  return url;
}

async function configurationOf(issuer) {
  const answer = await asked(`${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`, "away");
  if (!answer.ok) { throw new Refused("away"); }
  const told = await objectOf(answer);
  if (told.issuer !== issuer) { throw new Refused("another_issuer"); }
  const proofs = told.code_challenge_methods_supported;
  // Some that check proofs do not say so; one that names others alone does not.
  if (proofs !== undefined && !(Array.isArray(proofs) && proofs.includes("S256"))) { throw new Refused("no_proof"); }
  return told;
}

async function begin(office) {
  if (!window.isSecureContext) { throw new Refused("insecure"); }
  const { issuer, client, audience, scopes, then } = office.dataset;
  const told = await configurationOf(issuer);
  const address = endpoint(told.authorization_endpoint, issuer);
  const modes = told.response_modes_supported;
  const attempt = {
    state: chance(), nonce: chance(), verifier: chance(), began: Date.now(), then, issuer, client,
    exchange: endpoint(told.token_endpoint, issuer).href,
    namesItself: told.authorization_response_iss_parameter_supported === true,
    // No server sees a code behind the number sign, and no firewall finds it too long.
    mode: Array.isArray(modes) && modes.includes("fragment") ? "fragment" : "query",
  };
  const asking = {
    response_type: "code", client_id: client, redirect_uri: location.origin + CALLBACK, scope: scopes,
    state: attempt.state, nonce: attempt.nonce, code_challenge: await challengeOf(attempt.verifier),
    code_challenge_method: "S256",
    // Not of the standard: some providers make a token for an API only where it is named. Others pass it over.
    audience,
    ...(attempt.mode === "fragment" ? { response_mode: "fragment" } : {}),
  };
  for (const [name, value] of Object.entries(asking)) { address.searchParams.set(name, value); }
  try { sessionStorage.setItem(KEPT, JSON.stringify(attempt)); } catch { throw new Refused("keeps_nothing"); }
  location.assign(address);
}

// Returns what this tab kept of the sign-in that it began, once.
function taken() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT));
    sessionStorage.removeItem(KEPT);
    return kept;
  } catch {
    return null;
  }
}

// Returns the code of an answer to this very attempt; throws Refused for every other.
function codeOf(answer, attempt) {
  const names = [...answer.keys()];
  if (new Set(names).size !== names.length) { throw new Refused("twice"); }
  if (answer.get("state") !== attempt.state) { throw new Refused("state"); }
  if (!(Math.abs(Date.now() - attempt.began) <= LONGEST_SIGN_IN)) { throw new Refused("late"); }
  const issuer = answer.get("iss");
  if (issuer === null && attempt.namesItself) { throw new Refused("no_issuer"); }
  if (issuer !== null && issuer !== attempt.issuer) { throw new Refused("answer_issuer"); }
  const error = answer.get("error");
  if (error !== null) { throw new Refused(REFUSALS.includes(error) ? error : "refused"); }
  if (!answer.get("code")) { throw new Refused("empty"); }
  return answer.get("code");
}

async function exchanged(code, attempt) {
  const answer = await asked(attempt.exchange, "exchange_away", {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams({
      grant_type: "authorization_code", code, redirect_uri: location.origin + CALLBACK, client_id: attempt.client,
      code_verifier: attempt.verifier,
    }),
  });
  const told = await objectOf(answer);
  if (answer.status >= 500) { throw new Refused("server_error"); }
  if (!answer.ok) { throw new Refused(told.error === "invalid_grant" ? "used" : "exchange"); }
  const kind = typeof told.token_type === "string" ? told.token_type.toLowerCase() : "";
  if (typeof told.access_token !== "string" || kind !== "bearer") { throw new Refused("no_token"); }
  return told;
}

// The signature of a token that came from the provider itself, over TLS, need not be checked (OpenID Connect Core 1.0,
// 3.1.3.7); what lets a person in is the access token, which the office checks.
function checkIdentity(token, attempt) {
  let claims;
  try { claims = partOf(token, 1); } catch { throw new Refused("identity"); }
  if (claims.nonce !== attempt.nonce) { throw new Refused("nonce"); }
  const audiences = [claims.aud].flat();
  const party = claims.azp ?? (audiences.length === 1 ? attempt.client : "");
  const isOurs = claims.iss === attempt.issuer && audiences.includes(attempt.client) && party === attempt.client;
  if (!isOurs || !(claims.exp * 1000 > Date.now() - 60_000)) { throw new Refused("identity"); }
}

function checkReadable(token) {
  try {
    if (token.split(".").length === 3 && partOf(token, 0).alg && partOf(token, 1)) { return; }
  } catch { /* It is none: said below. */ }
  throw new Refused("opaque");
}

// A form made here is filled in anew by no browser that comes back to the page.
function handOver(token, then) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/sign-in";
  for (const [name, value] of Object.entries({ token, then })) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  form.hidden = true;
  document.body.append(form);
  form.submit();
}

async function finish(office) {
  const attempt = taken();
  const told = attempt !== null && attempt.mode === "fragment" ? location.hash.slice(1) : location.search;
  // Neither the history nor a page that is asked for from here keeps the code.
  history.replaceState(null, "", CALLBACK);
  if (attempt === null || attempt.issuer !== office.dataset.issuer || attempt.client !== office.dataset.client) {
    throw new Refused("not_begun");
  }
  office.dataset.then = attempt.then;
  const tokens = await exchanged(codeOf(new URLSearchParams(told), attempt), attempt);
  if (tokens.id_token !== undefined) { checkIdentity(String(tokens.id_token), attempt); }
  checkReadable(tokens.access_token);
  handOver(tokens.access_token, attempt.then);
}

function shown(office) {
  const wrong = document.querySelector("[data-wrong]");
  const button = office.querySelector("[data-begin]");
  // It stands there for who has no scripts, and where this one did not come.
  office.querySelector("[data-without]").remove();
  const finishing = document.querySelector("[data-finishing]");
  const sentences = document.querySelector("[data-errors]").content;
  const said = (name) => sentences.querySelector(`[data-error="${name}"]`).textContent;
  // Does what leads away from this page; where that fails, says why and offers to begin.
  const trying = async (step) => {
    button.disabled = true;
    wrong.hidden = true;
    try {
      await step(office);
    } catch (error) {
      wrong.textContent = said(error instanceof Refused ? error.message : "failed");
      wrong.hidden = false;
      button.disabled = false;
      button.hidden = false;
      if (finishing) { finishing.hidden = true; }
      if (!(error instanceof Refused)) { throw error; }
    }
  };
  button.addEventListener("click", () => trying(begin));
  // Whoever comes back from the provider by the browser's own button may find the page as it was left.
  addEventListener("pageshow", (event) => { if (event.persisted) { button.disabled = false; } });
  if (finishing) {
    finishing.hidden = false;
    trying(finish);
  } else {
    button.hidden = false;
  }
}

shown(document.querySelector("[data-client]"));
