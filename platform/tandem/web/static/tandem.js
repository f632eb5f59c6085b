// Small comforts. Every page works without this file.
(() => {
  "use strict";

  // "/" goes to the search field, unless someone is typing.
  document.addEventListener("keydown", (event) => {
    const field = document.querySelector("[data-focus-key='/']");
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && field && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    }
  });

  // A letter follows the link that names it, unless someone is typing.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[a-z]$/.test(event.key)) return;
    if (event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]")) return;
    document.querySelector(`a[aria-keyshortcuts='${event.key}']`)?.click();
  });

  // Characters left, as they are typed.
  const number = new Intl.NumberFormat(document.documentElement.lang);
  document.addEventListener("input", (event) => {
    const area = event.target;
    const max = Number(area.dataset?.count);
    const note = max ? document.getElementById(`${area.id}-count`) : null;
    if (!note) return;
    // Counted as the server counts: code points, a line break as one.
    const left = max - [...area.value].length;
    const sentence = left >= 0 ? area.dataset.countLeft : area.dataset.countOver;
    note.textContent = sentence.replace("{n}", number.format(Math.abs(left))).replace("{max}", number.format(max));
  });

  // The weekday of a day that is typed in numbers, so that a slip is seen before anybody is told.
  const weekdays = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", timeZone: "UTC" });
  const sayWeekday = (note) => {
    const part = (name) => Number(note.closest("fieldset").querySelector(`[name="${note.dataset.weekday}-${name}"]`).value);
    const [year, month, day] = [part("year"), part("month"), part("day")];
    const found = new Date(Date.UTC(year, month - 1, day));
    note.hidden = !(year > 1999 && found.getUTCMonth() === month - 1 && found.getUTCDate() === day);
    note.textContent = note.hidden ? "" : weekdays.format(found);
  };
  for (const note of document.querySelectorAll("[data-weekday]")) {
    sayWeekday(note);
    note.closest("fieldset").addEventListener("input", () => sayWeekday(note));
  }

  // On a phone the links lie in a row that scrolls: the present one comes into sight.
  const here = document.querySelector(".td-rail [aria-current]");
  const rail = here?.closest(".td-rail");
  if (rail) rail.scrollLeft = here.offsetLeft - (rail.clientWidth - here.offsetWidth) / 2;

  // A form that is under way is not sent a second time by a double press. Whoever comes back to the page may send it again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 3000);
  });

  // What stands half-typed in one form of a page (data-keep) is there again after another of its forms was sent. Only what was
  // changed is kept, in this window, and the first page without such forms forgets it. A page that answers with what was sent names
  // the fields that it filled in again (data-keep="reason outcome"): these count as changed.
  const TYPED = "tandem.typed";
  const kept = () => [...document.querySelectorAll("form[data-keep]")];
  const isBox = (field) => field.type === "radio" || field.type === "checkbox";
  const wasTyped = (field) =>
    field.matches("textarea, input:not([type=hidden])") &&
    (field.form.dataset.keep.split(" ").includes(field.name) ||
      (isBox(field) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue));
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const typed = kept()
      .filter((form) => form !== event.target)
      .flatMap((form) => [...form.elements].filter(wasTyped))
      .map(({ form, name, value, checked }) => ({ action: form.action, name, value, checked }));
    if (typed.length) sessionStorage.setItem(TYPED, JSON.stringify(typed));
  });
  const waiting = JSON.parse(sessionStorage.getItem(TYPED) ?? "[]").filter(({ action, name, value, checked }) => {
    const forms = kept().filter((form) => form.action === action);
    for (const field of forms.flatMap((form) => [...form.elements])) {
      if (field.name !== name || (isBox(field) && field.value !== value)) continue;
      if (isBox(field)) field.checked = checked;
      else field.value = value;
      field.closest("details")?.setAttribute("open", "");
    }
    return !forms.length && kept().length;
  });
  sessionStorage.removeItem(TYPED);
  if (waiting.length) sessionStorage.setItem(TYPED, JSON.stringify(waiting));

  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // A link to pass on goes to the clipboard, where the browser has one for this page.
  for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const status = button.parentElement.querySelector("[role=status]");
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        status.textContent = button.dataset.copied;
      } catch {
        // The browser refuses its clipboard: the address is shown, to be copied by hand.
        status.textContent = button.dataset.refused;
      }
    });
  }

  // What was typed is kept: whoever comes back to this answer gets the page as it is then, and is not asked to send the form again.
  if (document.querySelector("form[data-kept]")) history.replaceState(null, "", location.href);

  // After a part was swapped, the errors in it are where reading goes on.
  document.addEventListener("htmx:after:swap", () => {
    document.querySelector(".td-errors")?.focus();
  });
})();
