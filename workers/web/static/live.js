// Keeps the changing part of a study's page new; the page is whole without it.
(function () {
  "use strict";
  var live = document.getElementById("live");
  var pulse = document.getElementById("pulse");
  var pause = document.getElementById("pause");
  if (!live || !window.EventSource) { return; }
  var source = null, paused = false, held = null;

  function say(text) { if (pulse.textContent !== text) { pulse.textContent = text; } }

  function show(html) {
    var focused = document.activeElement && live.contains(document.activeElement) ? document.activeElement : null;
    var href = focused && focused.getAttribute("href"), label = focused && focused.getAttribute("aria-label");
    var places = Array.prototype.map.call(live.querySelectorAll("[role=region]"), function (one) { return one.scrollLeft; });
    var open = live.querySelector("details[open]") !== null;
    live.innerHTML = html;
    live.querySelectorAll("[role=region]").forEach(function (one, n) { one.scrollLeft = places[n] || 0; });
    if (open && live.querySelector("details")) { live.querySelector("details").open = true; }
    if (!focused) { return; }
    var again = Array.prototype.find.call(live.querySelectorAll("a, [tabindex], summary"), function (one) {
      return href ? one.getAttribute("href") === href : one.getAttribute("aria-label") === label;
    });
    if (again) { again.focus({ preventScroll: true }); }
  }

  function listen() {
    source = new EventSource(live.dataset.from);
    source.addEventListener("open", function () { say(paused ? "Paused" : "Live"); });
    source.addEventListener("error", function () { say("Connection lost, trying again"); });
    source.addEventListener("page", function (event) {
      if (paused) { held = event.data; } else { show(event.data); }
    });
  }

  pause.hidden = false;
  pause.addEventListener("click", function () {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    say(paused ? "Paused" : "Live");
    if (!paused && held !== null) { show(held); held = null; }
  });
  listen();
}());
