/* The log of a run that follows its newest line, until its reader scrolls up, and goes on when they come back to the
   end or press "Follow". The page works without it. */
(function () {
  "use strict";
  let following = true;

  function say() {
    const button = document.getElementById("log-follow");
    if (button) button.setAttribute("aria-pressed", following ? "true" : "false");
  }

  function follow() {
    const log = document.getElementById("log-rows");
    if (log && following) log.scrollTop = log.scrollHeight;
    say();
  }

  function dropEmptyLogNote() {
    const note = document.getElementById("log-empty");
    const log = document.getElementById("log-rows");
    if (note && log && log.children.length) note.remove();
  }

  function start() {
    const log = document.getElementById("log-rows");
    if (!log) return;
    log.addEventListener("scroll", function () {
      following = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      say();
    });
    if (window.location.hash) following = false;
    follow();
  }

  document.addEventListener("click", function (event) {
    if (!event.target.closest("#log-follow")) return;
    following = !following;
    follow();
  });
  document.addEventListener("htmx:afterSettle", function () {
    dropEmptyLogNote();
    follow();
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
