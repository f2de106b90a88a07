/* What links and forms cannot do: say that the line is down, keep the hand's place, copy, look one page ahead. */
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const on = (name, does) => document.addEventListener(name, does);

  htmx.config.defaultTimeout = 30_000;

  /* What looks again by itself is nobody's hand: it takes no focus and wipes no message. */
  const POLLS = "[hx-trigger*=every]";

  /* A request that failed is offered again; nothing typed is touched. Choices that save themselves go out together. */
  let failed = null;
  const unsaved = new Set();
  const save = () => unsaved.forEach((one) => { unsaved.delete(one); one.dispatchEvent(new Event("change", { bubbles: true })); });
  const bar = byId("offline"); // inside an open window, because nothing outside of it can be pressed
  const online = () => { failed = null; bar.hidden = true; document.body.append(bar); };
  const offline = (again) => { failed = again; (document.querySelector("dialog[open]") || document.body).append(bar); bar.hidden = false; };
  on("htmx:error", ({ target, detail }) => {
    if (!detail.ctx || detail.ctx.response) return;
    if (target.matches("select")) unsaved.add(target);
    offline(unsaved.size ? save : () => (target.matches("form") ? target.requestSubmit() : target.click()));
  });
  on("htmx:before:response", ({ detail: { ctx } }) => { online(); unsaved.delete(ctx.sourceElement); save(); });
  on("htmx:before:request", (event) => {
    const { sourceElement } = event.detail.ctx;
    if (!sourceElement.isConnected) return event.preventDefault(); // the second click of two: its form is gone
    if (!sourceElement.matches(`[name=city],#said *,${POLLS}`)) byId("said").replaceChildren();
  });
  on("submit", (event) => {
    if (navigator.onLine || event.defaultPrevented) return;
    event.preventDefault();
    offline(() => event.target.requestSubmit(event.submitter));
  });

  /* Focus stays where the hand was: the same element after a swap, else the swapped region. */
  let place = null;
  on("htmx:before:swap", ({ detail: { ctx } }) => {
    const here = document.activeElement;
    // The server may answer with a form for another place, which it names.
    const region = ctx.target && ctx.target.nodeType ? ctx.target : document.querySelector(`form${ctx.target}`);
    const isInside = region && here && region.contains(here);
    place = {
      ids: [here, ctx.sourceElement].map((one) => one && (one.id || one.name)).filter(Boolean),
      region: region && region.id,
      isInside: isInside || (here === document.body && !ctx.sourceElement?.matches(POLLS)) || here.closest("#said"),
    };
  });
  on("htmx:after:swap", () => {
    const { ids, region, isInside } = place || {};
    if (!place) return;
    place = null;
    const box = region && byId(region);
    const found = box && box.querySelector("caption, .found, .empty h2");
    if (found && !byId("said").firstChild) announce(found); // what was done is said before what is shown
    if (box && box.matches("dialog") && box.firstElementChild && !box.open) box.showModal();
    if (box && box.matches(".menu")) unfold(box);
    const wanted = box && box.querySelector("[autofocus], [aria-invalid]");
    if (wanted) return wanted.focus();
    if (!isInside || (document.activeElement && document.activeElement !== document.body)) return;
    const again = ids.map((id) => byId(id) || document.getElementsByName(id)[0]).find((one) => one && one.checkVisibility && one.checkVisibility());
    if (again) {
      again.focus({ preventScroll: true });
    } else if (box) {
      const link = box.matches("tbody") && box.querySelector(".i:last-of-type");
      if (!link) box.tabIndex = -1;
      (link || box).focus({ preventScroll: true });
    }
  });

  /* What a filter found, for who hears the page. */
  const announce = (found) => {
    const text = document.createElement("p");
    text.className = "sr";
    text.textContent = found.textContent;
    byId("said").replaceChildren(text);
  };

  /* The filter form is not sent with every answer: it follows the address; what is being typed stays. */
  on("htmx:after:history:push", () => {
    const asked = new URLSearchParams(location.search);
    const statuses = asked.getAll("status");
    const form = document.querySelector(".filters");
    for (const field of form ? form.elements : []) {
      const value = asked.get(field.name) || "";
      if (field.type === "checkbox") {
        field.checked = statuses.length ? statuses.includes(field.value) : field.value !== "hidden";
      } else if (field.options) field.value = value || field.options[0].value;
      else if (field.type === "hidden") field.value = value;
      else if (field.id === "q" && field !== document.activeElement) field.value = value;
    }
  });

  /* Row menus and folded rows. */
  const unfold = (menu) => {
    menu.previousElementSibling.setAttribute("aria-expanded", "true");
    const first = menu.querySelector("a, button");
    if (first) first.focus();
  };
  const fold = (except) => document.querySelectorAll(".menu").forEach((menu) => {
    if (menu === except) return;
    const isInside = menu.contains(document.activeElement);
    menu.previousElementSibling.setAttribute("aria-expanded", "false");
    if (isInside) menu.previousElementSibling.focus();
    menu.className = "";
    menu.replaceChildren();
  });
  on("keydown", (event) => event.key === "Escape" && fold());
  document.addEventListener("click", (event) => {
    const { target } = event;
    const dots = target.closest("[aria-expanded=true]:has(+ .menu)");
    fold(target.closest(".menu"));
    if (dots) { event.preventDefault(); event.stopPropagation(); }
    const arrow = target.closest("[data-fold]");
    if (arrow) {
      const row = byId(arrow.dataset.fold);
      row.hidden = !row.hidden;
      arrow.setAttribute("aria-expanded", String(!row.hidden));
      event.preventDefault();
    }
    const step = target.closest("[name=step]"); // "-" and "+" beside a number
    if (step) {
      const field = step.parentElement.querySelector("input");
      field[step.value.endsWith("-1") ? "stepDown" : "stepUp"]();
      field.dispatchEvent(new Event("input", { bubbles: true }));
      event.preventDefault();
    }
    const copy = target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      copy.textContent = "Copiado";
      setTimeout(() => { copy.textContent = "Copiar"; }, 2000);
    });
    if (failed && target.closest("#offline button")) { const again = failed; online(); again(); }
  }, true);

  /* Ticked rows: how many, and what can be done with them. */
  const count = () => {
    const bar = byId("ticked") && byId("bulk");
    if (!bar) return;
    const rows = [...document.querySelectorAll("#client-table [name=id]")];
    const all = document.querySelector("#client-table [name=all]");
    const ticked = rows.filter((row) => row.checked).length;
    const page = byId("tick-page");
    if (page) page.checked = ticked > 0 && ticked === rows.length;
    bar.hidden = !ticked && !(all && all.checked);
    const text = all && all.checked ? all.parentElement.textContent.trim() : `${ticked} selecionado${ticked === 1 ? "" : "s"}`;
    if (byId("ticked").textContent !== text) byId("ticked").textContent = text;
  };
  on("change", ({ target }) => {
    if (target.id === "tick-page") document.querySelectorAll("#client-table [name=id]").forEach((row) => { row.checked = target.checked; });
    count();
  });
  on("htmx:after:swap", count);
  window.addEventListener("pageshow", count);

  /* The next page, fetched ahead while the line is idle; it may wait half a minute. */
  let ahead = null;
  const look = () => {
    const next = document.querySelector("#client-table a[rel=next]");
    const link = navigator.connection;
    if (!next || (link && link.saveData) || document.querySelector(".htmx-request")) return;
    const url = next.getAttribute("href");
    if (ahead && ahead.url === url) return;
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial" };
    ahead = { url, at: Date.now(), answer: fetch(url, { headers, priority: "low" }) };
    ahead.answer.then((answer) => { if (!answer.ok) ahead = null; }, () => { ahead = null; });
  };
  const idle = () => (window.requestIdleCallback || setTimeout)(look, { timeout: 3000 });
  on("htmx:before:request", ({ detail: { ctx } }) => {
    if (!ahead || ctx.request.method !== "GET") { ahead = ctx.request.method === "GET" ? ahead : null; return; }
    const { url, at, answer } = ahead;
    if (ctx.request.action !== url || Date.now() - at > 30000) return;
    ahead = null;
    ctx.fetch = () => answer.catch(() => fetch(url, ctx.request));
  });
  on("htmx:after:settle", idle);
  window.addEventListener("load", idle);
})();
